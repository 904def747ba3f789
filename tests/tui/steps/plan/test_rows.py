"""Many rows: sorted, marked, filtered and folded; what a key will change is said, and nothing else is."""

from pathlib import Path

import pytest

from prune_tui.core.session.decisions import Prune
from prune_tui.core.workflow.step import Step
from tests.tui.fake_runner import Script
from tests.tui.helpers import Desk, open_desk
from tests.tui.made_up_network import DEEP, LAYERS, RESIDUAL, VAST
from tests.tui.steps.plan.test_cell_editor import first_row

NAMES = [layer.name for layer in LAYERS]
PRUNED = ["0.50", "0.60", "0.70", "0.50"]


def _sparsities(desk: Desk) -> list[str]:
    return [desk.cell(name, "sparsity") for name in NAMES]


def _first(desk: Desk) -> str:
    return desk.rows[0].lstrip("*")


async def test_rows_are_sorted_by_keys_and_the_header_says_how(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await first_row(desk)
        await desk.press(">")
        assert desk.rows == ["[/x]", "conv2", "fc[", "conv1"]
        assert "weights▼" in desk.drawn("#layers").splitlines()[0]
        assert "sorted by weights, the most first" in desk.drawn("#explain")
        assert desk.layer_in_sight == "[/x]"
        await desk.press("<")
        assert desk.rows == ["conv1", "fc[", "conv2", "[/x]"]
        assert "weights▲" in desk.drawn("#layers").splitlines()[0]
        await desk.press(">")
        assert desk.rows == ["conv2", "[/x]", "conv1", "fc["]  # by MACs, which no column shows here
        assert "by MACs, the most first" in desk.drawn("#explain")
        assert "▼" not in desk.drawn("#layers")
        await desk.press(">")
        assert "by sparsity" in desk.drawn("#explain")
        assert _first(desk) == "[/x]"
        await desk.press(">", ">")
        assert "by safe sparsity" in desk.drawn("#explain")
        await desk.press(">")
        assert desk.rows == NAMES
        assert "in the order of the network" in desk.drawn("#explain")


async def test_a_click_on_a_heading_sorts_and_a_second_one_turns(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await first_row(desk)
        heading = desk.drawn("#layers").splitlines()[0].index("weights") + 3
        await desk.pilot.click("#layers", offset=(heading, 0))
        assert desk.rows == ["[/x]", "conv2", "fc[", "conv1"]
        await desk.pilot.click("#layers", offset=(heading, 0))
        assert desk.rows == ["conv1", "fc[", "conv2", "[/x]"]
        await desk.pilot.click("#layers", offset=(2, 0))
        assert desk.rows == NAMES
        await desk.pilot.click("#layers", offset=(heading, 0), times=2)
        await desk.press("+")
        assert desk.step is Step.PLAN
        assert desk.cell(_first(desk), "layer") == _first(desk)


async def test_a_row_that_is_edited_stays_where_it_is(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await first_row(desk)
        await desk.press(">", ">", ">")
        before = desk.rows
        await desk.press("enter", *".01", "enter")
        assert desk.cell(before[0], "sparsity") == "0.01"
        assert desk.rows == before
        await desk.press("<", "<")
        assert desk.rows != before


async def test_what_is_marked_is_nudged_set_locked_and_reset_as_one(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await first_row(desk)
        await desk.press("*", "j", "*")
        assert desk.rows == ["*conv1", "conv2", "*[/x]", "fc["]
        assert "change 2 marked rows: conv1, [/x]" in desk.drawn("#explain")
        await desk.press("+")
        assert [_sparsities(desk)[at] for at in (1, 3)] == ["0.60", "0.50"]
        assert _sparsities(desk)[0] != "0.50"
        assert _sparsities(desk)[2] != "0.70"
        await desk.press("-")
        assert _sparsities(desk) == PRUNED
        await desk.press("enter", *".33")
        assert _sparsities(desk)[0] == ".33" or desk.cell("[/x]", "sparsity") == ".33"
        await desk.press("enter")
        assert _sparsities(desk) == ["0.33", "0.60", "0.33", "0.50"]
        await desk.press("=")
        assert "2 marked rows (2 locked)" in desk.drawn("#explain")
        await desk.press("+")
        assert _sparsities(desk) == ["0.33", "0.60", "0.33", "0.50"]
        assert "all are locked" in desk.drawn("#explain")
        await desk.press("=", "R")
        assert _sparsities(desk) == PRUNED
        await desk.press("u")
        assert _sparsities(desk) == ["0.33", "0.60", "0.33", "0.50"]
        await desk.press("escape")
        assert desk.step is Step.PLAN
        assert "*" not in desk.drawn("#layers")
        await desk.press("escape")
        await desk.to(Step.SCAN)


async def test_one_sparsity_is_copied_to_the_marked_rows(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await first_row(desk)
        await desk.press("*", "G", "*", "g", "j", "y")
        assert _sparsities(desk) == ["0.60", "0.60", "0.70", "0.60"]


async def test_all_rows_on_show_are_marked_and_unmarked(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await first_row(desk)
        await desk.press("slash", *"conv", "enter", "ctrl+a")
        assert desk.rows == ["*conv1", "*conv2"]
        await desk.press("escape")
        assert desk.rows == ["*conv1", "*conv2", "[/x]", "fc["]
        await desk.press("ctrl+a")
        assert all(row.startswith("*") for row in desk.rows)
        await desk.press("ctrl+a")
        assert desk.rows == NAMES


async def test_what_a_filter_shows_is_changed_as_one_and_nothing_else(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await first_row(desk)
        await desk.press("slash", *"conv")
        assert "change 2 rows shown: conv1, conv2" in desk.drawn("#explain")
        await desk.press("enter", "enter", *".4", "enter")
        assert [desk.cell(name, "sparsity") for name in ("conv1", "conv2")] == ["0.40", "0.40"]
        await desk.press("+")
        assert [desk.cell(name, "sparsity") for name in ("conv1", "conv2")] == ["0.45", "0.45"]
        await desk.press("escape")
        assert _sparsities(desk) == ["0.45", "0.45", "0.70", "0.50"]
        assert desk.step is Step.PLAN


async def test_marks_that_a_filter_hides_are_not_changed(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await first_row(desk)
        await desk.press("*", "*", "*", "slash", *"conv", "enter")
        assert "2 marked rows" in desk.drawn("#explain")
        await desk.press("enter", *".4", "enter", "escape")
        assert _sparsities(desk) == ["0.40", "0.40", "0.70", "0.50"]
        await desk.press("slash", *"fc", "enter", "+")
        assert "nothing" in desk.drawn("#explain") or "none" in desk.drawn("#explain")
        await desk.press("escape")
        assert _sparsities(desk) == ["0.40", "0.40", "0.70", "0.50"]


async def test_a_stage_is_folded_into_a_row_that_is_edited_whole(tmp_path: Path) -> None:
    async with open_desk(tmp_path, Script(layers=VAST), size=(120, 40)) as desk:
        await first_row(desk)
        await desk.press("z")
        assert desk.rows[:2] == ["layer1.*", "layer2.0.conv1"]
        assert desk.cell("layer1.*", "sparsity") == ".50–.60"
        assert "stands for 9 rows: 0.conv1, 0.conv2, 0.attn and 6 more" in desk.drawn("#explain")
        await desk.press("enter", *".42", "enter")
        assert desk.cell("layer1.*", "sparsity") == "0.42"
        await desk.press("Z")
        assert desk.rows == ["layer1.*", "layer2.*", "layer3.*", "layer4.*"]
        await desk.press(">")
        assert _first(desk) == "layer3.*"
        await desk.press("Z", ">", ">", ">", ">", ">")
        assert desk.rows[0] == "layer1.0.conv1"
        assert desk.cell("layer1.0.conv1", "sparsity") == "0.42"
        assert desk.cell("layer1.2.conv2", "sparsity") == "0.42"
        assert desk.cell("layer1.0.attn", "sparsity") == "0.00"
        assert desk.cell("layer2.0.conv1", "sparsity") == "0.60"


async def test_a_filter_looks_into_folded_stages(tmp_path: Path) -> None:
    async with open_desk(tmp_path, Script(layers=VAST), size=(120, 40)) as desk:
        await first_row(desk)
        await desk.press("Z", "slash", *"1.conv2", "enter")
        assert "layer1.1.conv2" in desk.rows
        assert all("1.conv2" in row for row in desk.rows)
        await desk.press("escape")
        assert desk.rows == ["layer1.*", "layer2.*", "layer3.*", "layer4.*"]


async def test_a_marked_stage_is_its_rows(tmp_path: Path) -> None:
    async with open_desk(tmp_path, Script(layers=VAST), size=(120, 40)) as desk:
        await first_row(desk)
        await desk.press("z", "*")
        assert desk.rows[:2] == ["*layer1.*", "layer2.0.conv1"]
        assert "6 marked rows" in desk.drawn("#explain")
        await desk.press("=", "k", "z")
        assert desk.rows[:3] == ["*layer1.0.conv1", "*layer1.0.conv2", "layer1.0.attn"]
        assert "locked" in desk.cell("layer1.2.conv2", "note")
        assert "locked" not in desk.cell("layer2.0.conv1", "note")
        await desk.press("j", "*")
        assert desk.rows[:2] == ["*layer1.0.conv1", "layer1.0.conv2"]
        await desk.press("z")
        assert desk.rows[0] == "layer1.*"


async def test_the_plan_drawn_is_the_plan_that_runs(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await first_row(desk)
        await desk.press("*", "+", ">", "j", "*", "-", "y", "escape", "z", "=")
        await desk.press("enter", *".8", "enter", "u", "<", "+")
        drawn = {name: desk.cell(name, "sparsity") for name in NAMES}
        await desk.press("p")
        await desk.to(Step.TRAIN)
        prune = desk.last
        assert isinstance(prune, Prune)
        assert isinstance(prune.plan, dict)
        assert {name: float(text) for name, text in drawn.items()} == prune.plan


async def test_everything_about_a_row_lists_all_that_goes_with_it(tmp_path: Path) -> None:
    async with open_desk(tmp_path, Script(layers=RESIDUAL), size=(120, 40)) as desk:
        await desk.to_plan()
        await desk.press("up", "s", "down", "right", "enter")
        await desk.to(Step.PLAN)
        await desk.press("g", "i")
        await desk.until_drawn("together", "+ block1.conv2", "+ block2.conv2", "5,040", "5,240,000")
        await desk.press("i")
        await desk.to(Step.PLAN)


@pytest.mark.parametrize("size", [(40, 12), (60, 16), (80, 24), (120, 40), (200, 60)])
async def test_the_sparsity_stays_in_sight_at_any_size(tmp_path: Path, size: tuple[int, int]) -> None:
    async with open_desk(tmp_path, Script(layers=DEEP)) as desk:
        await first_row(desk)
        await desk.resize(*size)
        await desk.until(lambda: "sparsity" in desk.drawn("#layers").splitlines()[0])
        await desk.press("enter", *".42", "enter")
        assert desk.cell("layer0.conv", "sparsity") == "0.42"
        assert len(desk.rows) >= 4
        heading = desk.drawn("#layers").splitlines()[0]
        assert ("MACs" in heading) == (size[0] >= 200)


async def test_macs_and_shapes_are_shown_where_there_is_room(tmp_path: Path) -> None:
    async with open_desk(tmp_path, size=(200, 40)) as desk:
        await first_row(desk)
        assert desk.cell("conv2", "macs") == "1.6 M"
        assert desk.cell("conv2", "shape") == "50×8×8"
        assert desk.cell("fc[", "macs") == "5,000"
        assert desk.cell("fc[", "shape") == "10"
        await desk.press("2")
        await desk.to(Step.SCAN)
        assert desk.cell("conv2", "macs") == "1.6 M"
        assert desk.cell("conv2", "shape") == "50×8×8"


async def test_a_layers_lock_is_seen_where_no_column_says_so(tmp_path: Path) -> None:
    async with open_desk(tmp_path, size=(40, 12)) as desk:
        await desk.press("enter")
        await desk.to(Step.SCAN)
        await desk.idle()
        await desk.press("3")
        await desk.to(Step.PLAN)
        await desk.press("up", "g", "=")
        assert desk.cell("conv1", "sparsity") == "=0.50"


async def test_nudges_get_finer_towards_the_cliff_and_lead_back(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await first_row(desk)
        await desk.press("enter", *".3", "enter", "g")
        seen = []
        for _ in range(16):
            await desk.press("+")
            seen.append(float(desk.cell("conv1", "sparsity")))
        steps = [round(after - before, 6) for before, after in zip([0.3, *seen], seen, strict=False)]
        assert steps == sorted(steps, reverse=True)
        assert set(steps) == {0.05, 0.01, 0.001}
        await desk.press(*["-"] * 16)
        assert desk.cell("conv1", "sparsity") == "0.30"


async def test_rows_that_were_not_scanned_say_so(tmp_path: Path) -> None:
    script = Script(layers=DEEP)
    script.hold("scan", after=12)
    async with open_desk(tmp_path, script) as desk:
        await desk.press("enter")
        await desk.to(Step.SCAN)
        await desk.until_drawn("so far")
        await desk.press("enter")
        await desk.to(Step.PLAN)
        await desk.idle()
        assert desk.cell("layer0.conv", "ruler") != "unscanned"
        assert desk.cell("layer5.conv", "ruler") == "unscanned"
        assert desk.cell("layer5.conv", "loss") == "—"
        await desk.press("up", "g", "j", "j", "j")
        assert "layer3.conv: " in desk.drawn("#explain")
        assert "not scanned" in desk.drawn("#explain")


@pytest.mark.parametrize(
    ("score", "chance", "what"), [("accuracy", 0.1, "guessing"), ("R²", 0.0, "the mean")]
)
async def test_a_baseline_at_chance_is_flagged_and_suggests_nothing(
    tmp_path: Path, score: str, chance: float, what: str
) -> None:
    script = Script(score_name=score, chance=chance, dense_accuracy=chance + 0.004)
    async with open_desk(tmp_path, script, size=(120, 40)) as desk:
        await desk.press("enter")
        await desk.to(Step.SCAN)
        await desk.performed(2)
        assert "at chance" in desk.drawn("#facts")
        assert {desk.cell(name, "safe") for name in NAMES} == {""}
        await desk.press("enter")
        await desk.to(Step.PLAN)
        assert "at chance" in desk.drawn("#explain")
        assert what in desk.drawn("#explain")
        assert set(_sparsities(desk)) == {"0.00"}
        await desk.press("enter")
        assert desk.step is Step.PLAN
        assert "nothing to prune" in desk.drawn("#explain")
