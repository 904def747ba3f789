"""The plan: priced at every keystroke, locked, copied, undone, and carried out as it says."""

import re
from pathlib import Path

import pytest

from prune_tui.core.planning import planner
from prune_tui.core.planning.price import num_weights_kept
from prune_tui.core.session.decisions import Prune, Scan
from prune_tui.core.session.rounds import Iterative
from prune_tui.core.workflow.step import Step
from tests.tui.fake_runner import Script
from tests.tui.helpers import open_desk
from tests.tui.made_up_network import DEEP, RESIDUAL, VAST
from tests.tui.steps.plan.test_cell_editor import first_row

PREDICTED = r"predicted ≈\d+ % \(\d+–\d+\) before fine-tuning"


async def test_what_enter_does_is_said_of_where_the_focus_is(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_plan()
        assert "enter prunes" in desk.drawn("#explain")
        await desk.press("tab")
        assert "enter prunes" not in desk.drawn("#explain")
        await desk.press("tab")
        assert "enter prunes" in desk.drawn("#explain")


@pytest.mark.parametrize("width", [80, 120, 200])
async def test_the_accuracy_is_said_to_be_that_before_fine_tuning(tmp_path: Path, width: int) -> None:
    async with open_desk(tmp_path, size=(width, 30)) as desk:
        await desk.to_plan()
        assert re.search(PREDICTED, desk.drawn("#accuracy"))
        for budget in ("1 point", "20x", "2x MACs", "0.5 MB"):
            await desk.press("b", *budget, "enter")
            assert re.search(PREDICTED, desk.drawn("#accuracy"))
            assert "goal" in desk.drawn("#totals") + desk.drawn("#accuracy")


async def test_undo_and_redo(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await first_row(desk)
        await desk.press("+", "+")
        assert desk.cell("conv1", "sparsity") == "0.60"
        await desk.press("u")
        assert desk.cell("conv1", "sparsity") == "0.55"
        await desk.press("u", "u")
        assert desk.cell("conv1", "sparsity") == "0.50"
        await desk.press("ctrl+r", "U")
        assert desk.cell("conv1", "sparsity") == "0.60"
        await desk.press("R")
        assert desk.cell("conv1", "sparsity") == "0.50"


async def test_a_locked_row_stays_as_it_is(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await first_row(desk)
        await desk.press("=")
        assert "locked" in desk.cell("conv1", "note")
        await desk.press("+", "enter")
        assert desk.cell("conv1", "sparsity") == "0.50"
        assert "unlocks" in desk.drawn("#explain")
        await desk.press("=", "minus")
        assert desk.cell("conv1", "sparsity") == "0.45"


async def test_copy_down_leaves_locked_rows_alone(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await first_row(desk)
        await desk.press("j", "j", "=", "g", "y")
        shown = [desk.cell(name, "sparsity") for name in desk.rows]
        assert shown == ["0.50", "0.50", "0.70", "0.50"]


async def test_copy_down_changes_only_rows_on_show(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await first_row(desk)
        await desk.press("slash", *"c", "enter", "g", "+", "y")
        assert "[/x]" not in desk.screen_text()
        await desk.press("slash", "escape")
        shown = [desk.cell(name, "sparsity") for name in desk.rows]
        assert shown == ["0.55", "0.55", "0.70", "0.55"]


async def test_one_number_is_not_copied_down(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await first_row(desk)
        await desk.press("s", "down", "down", "right", "enter")
        await desk.to(Step.PLAN)
        before = desk.drawn("#settings")
        await desk.press("y")
        assert desk.drawn("#settings") == before
        assert "nothing to copy" in desk.drawn("#explain")


async def test_rows_are_clicked_and_filtered(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await first_row(desk)
        await desk.pilot.click("#layers", offset=(3, 3))
        assert desk.layer_in_sight == "[/x]"
        await desk.press("slash", *"conv")
        assert desk.rows == ["conv1", "conv2"]
        await desk.press("enter", "j", "+")
        assert desk.cell("conv2", "sparsity") == "0.65"
        await desk.press("slash", "escape")
        assert len(desk.rows) == 4


async def test_the_line_below_prunes_when_clicked(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_plan()
        await desk.pilot.click("#next")
        await desk.to(Step.TRAIN)


async def test_settings_make_the_decision(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_plan()
        await desk.press("s", "right", "down", "down", "down", "right", "down", "right", "down")
        await desk.press("end", "backspace", "2", "down", "down", "down", "down")
        await desk.press("end", "backspace", "backspace", "0", "enter")
        await desk.to(Step.PLAN)
        assert "2 rounds" in desk.drawn("#next")
        assert "no prediction" in desk.drawn("#explain")
        await desk.press("p")
        await desk.to(Step.TRAIN)
        await desk.idle()
        prune = desk.last
        assert isinstance(prune, Prune)
        assert prune.criterion == "l2"
        assert prune.schedule == Iterative(steps="linear", num_rounds=2)
        assert prune.finetune is None


async def test_wrong_settings_say_why(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_plan()
        await desk.press("s", *["down"] * 7, "end", "backspace", "x", "enter")
        assert desk.step is None
        assert "whole number" in desk.drawn("#reason")
        await desk.press("escape")
        await desk.to(Step.PLAN)


async def test_global_is_one_number(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await first_row(desk)
        await desk.press("s", "down", "down", "right", "enter")
        await desk.to(Step.PLAN)
        assert desk.cell("conv1", "sparsity").startswith("≈")
        await desk.press("enter", *".8", "enter")
        assert "global 0.80" in desk.drawn("#settings")
        await desk.press("u")
        assert "global 0.80" not in desk.drawn("#settings")
        await desk.press("U", "p")
        await desk.to(Step.TRAIN)
        prune = desk.last
        assert isinstance(prune, Prune)
        assert (prune.scope, prune.plan) == ("global", 0.8)


async def test_a_locked_row_takes_no_part_in_one_threshold(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await first_row(desk)
        await desk.press("=", "s", "down", "down", "right", "enter")
        await desk.to(Step.PLAN)
        assert "locked" in desk.cell("conv1", "note")
        assert desk.cell("conv1", "kept") == "500"
        await desk.press("enter", *".8", "enter")
        assert "global 0.80, 1 locked" in desk.drawn("#settings")
        await desk.press("p")
        await desk.to(Step.TRAIN)
        prune = desk.last
        assert isinstance(prune, Prune)
        assert (prune.plan, prune.locked) == (0.8, ("conv1",))


async def test_units_that_cannot_be_removed_are_locked_with_the_reason(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_plan()
        await desk.press("up", "s", "down", "right", "enter")
        await desk.to(Step.PLAN)
        assert "locked" in desk.cell("fc[", "note")
        await desk.press("enter")
        assert "classes" in desk.drawn("#explain")
        await desk.press("p")
        await desk.to(Step.TRAIN)
        prune = desk.last
        assert isinstance(prune, Prune)
        assert isinstance(prune.plan, dict)
        assert "fc[" not in prune.plan


async def test_a_plan_of_nothing_says_so(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await first_row(desk)
        await desk.press("enter", "0", "enter", "g", "y", "p")
        assert desk.step is Step.PLAN
        assert "nothing to prune" in desk.drawn("#explain")


async def test_no_key_has_the_predictor_fitted_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_desk(tmp_path, Script(layers=DEEP), size=(120, 40)) as desk:
        await first_row(desk)
        monkeypatch.setattr(planner, "fitted_predictor", None)
        for key, sparsity in (("+", "0.55"), ("+", "0.60"), ("-", "0.55")):
            await desk.press(key)
            assert desk.cell("layer0.conv", "sparsity") == sparsity
            assert "predicted" in desk.drawn("#accuracy")
        before = desk.drawn("#totals")
        await desk.press("enter", *".98")
        assert desk.drawn("#totals") != before


async def test_layers_that_cannot_be_pruned_say_why_and_count(tmp_path: Path) -> None:
    async with open_desk(tmp_path, Script(layers=VAST)) as desk:
        await first_row(desk)
        await desk.press("j", "j")
        row = "layer1.0.attn"
        assert desk.cell(row, "sparsity") == "0.00"
        assert desk.cell(row, "kept") == desk.cell(row, "parameters") == "16,384"
        assert desk.cell(row, "note") == "locked"
        assert "layer1.0.attn stays whole: its weights are read inside attention" in desk.drawn("#explain")
        for keys in ("enter", "+", "-", "R"):
            await desk.press(*keys)
            assert desk.cell(row, "sparsity") == "0.00"
            assert "stays whole" in desk.drawn("#explain")
        await desk.press("G")
        assert desk.cell("layer4.2.attn", "note") == "locked"
        whole = 4 * (sum(layer.parameters for layer in VAST) + 580) / 1e6
        assert f"size {whole:.2f}" in desk.drawn("#totals")
        await desk.press("tab", "p")
        await desk.to(Step.TRAIN)
        await desk.idle()
        assert isinstance(desk.last, Prune)
        assert isinstance(desk.last.plan, dict)
        assert not any("attn" in name for name in desk.last.plan)


async def test_the_score_has_the_name_that_the_task_gives_it(tmp_path: Path) -> None:
    async with open_desk(tmp_path, Script(score_name="mIoU"), size=(120, 40)) as desk:
        await desk.scan()
        assert "±mIoU" in desk.drawn("#layers")
        assert "mIoU, %" in desk.drawn("#curve-title")
        await desk.press("enter")
        await desk.to(Step.PLAN)
        assert "ΔmIoU" in desk.drawn("#layers")
        assert "predicted mIoU" in desk.drawn("#accuracy")
        await desk.press("enter")
        await desk.to(Step.TRAIN)
        await desk.idle()
        assert "mIoU now" in desk.drawn("#now")
        assert "validation mIoU" in desk.drawn("#log")
        await desk.to_save()
        assert "test mIoU" in desk.drawn("#figures")
        assert "accuracy" not in desk.drawn("#figures")


async def test_coupled_layers_are_one_row_priced_whole(tmp_path: Path) -> None:
    async with open_desk(tmp_path, Script(layers=RESIDUAL), size=(120, 40)) as desk:
        await desk.scan()
        await desk.press("w", "r")
        await desk.performed(3)
        await desk.press("enter")
        await desk.to(Step.PLAN)
        assert desk.rows == ["stem", "block1.conv1", "block2.conv1", "fc"]
        assert desk.cell("stem", "layer") == "stem +2"
        assert desk.cell("stem", "parameters") == "5,040"
        assert desk.cell("stem", "kept") == "8 of 16"
        assert desk.cell("fc", "note").startswith("locked")
        assert "predicted —" not in desk.drawn("#accuracy")
        await desk.press("up", "g", "enter", *".25", "enter")
        assert desk.cell("stem", "kept") == "12 of 16"
        kept, total = 3780 + 1152 + 1152 + 160 + 580, 5040 + 2304 + 2304 + 160 + 580
        assert f"{total / kept:.1f}×" in desk.drawn("#totals")
        await desk.press("k")
        assert "with block1.conv2" in desk.drawn("#explain")
        await desk.press("p")
        await desk.performed(4)
        assert isinstance(desk.last, Prune)
        assert desk.last.plan == {"stem": 0.25, "block1.conv1": 0.5, "block2.conv1": 0.5}


async def test_blocks_are_planned_layer_by_layer_and_named_where_they_are_pruned(tmp_path: Path) -> None:
    async with open_desk(tmp_path, size=(120, 40)) as desk:
        await desk.scan()
        await desk.press("w", "w")
        assert "scan by l1, each 4×1 block" in desk.drawn("#meter")
        await desk.press("r")
        await desk.performed(3)
        scan = desk.last
        assert isinstance(scan, Scan)
        assert (scan.granularity, scan.sparsities) == ("block_4", Scan().sparsities)
        await desk.press("enter")
        await desk.to(Step.PLAN)
        await desk.press("up", "g", "enter", *".5", "enter", "up")
        name = desk.state.planner.groups[0].name
        assert f"{name} |w|  50 % pruned, a 4×1 block at a time" in desk.screen_text()
        assert "4×1 block" in desk.drawn("#settings")
        whole = desk.state.planner.groups[0].leader
        assert desk.cell(name, "kept") == f"{num_weights_kept(whole, 0.5, 'block_4'):,}"
        await desk.press("p")
        await desk.performed(4)
        assert isinstance(desk.last, Prune)
        assert desk.last.granularity == "block_4"


async def test_two_of_four_is_on_or_off(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.scan()
        await desk.press("w", "w", "w", "w", "r")
        await desk.performed(3)
        scan = desk.last
        assert isinstance(scan, Scan)
        assert (scan.granularity, scan.sparsities) == ("n_m", (0.5,))
        await desk.press("enter")
        await desk.to(Step.PLAN)
        assert "locked" in desk.cell("conv1", "note")
        assert {desk.cell(name, "sparsity") for name in ("conv2", "[/x]")} == {"0.50"}
        await desk.press("up", "g")
        assert "its 25 inputs" in desk.drawn("#explain")
        await desk.press("j", "enter")
        assert desk.cell("conv2", "sparsity") == "0.00"
        await desk.press("+", "j", "-")
        assert desk.cell("conv2", "sparsity") == "0.50"
        assert desk.cell("[/x]", "sparsity") == "0.00"
        await desk.press("u", "p")
        await desk.performed(4)
        prune = desk.last
        assert isinstance(prune, Prune)
        assert prune.granularity == "n_m"
        assert isinstance(prune.plan, dict)
        assert set(prune.plan.values()) == {0.5}


async def test_which_units_go_together_is_found_when_units_are_asked_for(tmp_path: Path) -> None:
    script = Script(layers=RESIDUAL, hides_units=True)
    async with open_desk(tmp_path, script, size=(120, 40)) as desk:
        await desk.to_plan()
        rows = len(desk.rows)
        await desk.press("up", "s", "down", "right", "enter")
        await desk.to(Step.PLAN)
        await desk.until(lambda: len(desk.rows) < rows)
        assert "locked" in desk.cell("fc", "note")
        assert not any(isinstance(decision, Prune) for decision in script.performed)


@pytest.mark.solved_suggestions
async def test_the_plan_that_is_suggested_is_solved_for_the_tolerance(tmp_path: Path) -> None:
    async with open_desk(tmp_path, size=(120, 40)) as desk:
        await desk.to_plan()
        found = re.search(r"predicted ≈(\d+)", desk.drawn("#accuracy"))
        assert found is not None
        assert float(found[1]) >= 97  # dense 98.5, at most a point is lost
        suggested = desk.cell("[/x]", "sparsity")
        assert float(suggested) > 0.5
        await desk.press("up", "home", "j", "j", "minus", "R")
        assert desk.cell("[/x]", "sparsity") == suggested
