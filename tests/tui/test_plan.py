"""The plan is edited in place, priced at every keystroke, and can be taken back."""

import re
import time
from pathlib import Path

import pytest
from textual.coordinate import Coordinate
from textual.events import AppBlur, AppFocus

from prune_tui.core.network import LayerInfo
from prune_tui.core.session.decisions import Prune
from prune_tui.core.session.rounds import Iterative
from prune_tui.core.workflow.step import Step
from prune_tui.tui.steps.plan.cell_editor import CellEditor, place_of_cell
from prune_tui.tui.steps.plan.screen import PlanScreen
from tests.tui.fake_runner import Script
from tests.tui.helpers import Desk, open_desk


async def _first_row(desk: Desk) -> None:
    await desk.to_plan()
    await desk.press("up", "g")


async def test_a_cell_is_edited_by_keyboard_and_priced_at_every_key(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _first_row(desk)
        before = desk.text("#totals")
        await desk.press("j", "j", "enter", "9")
        assert desk.app.screen.query_one(CellEditor).has_class("-wrong")
        await desk.press("home", ".")
        assert desk.cell("[/x]", "kept") == "40,000"
        assert desk.text("#totals") != before
        await desk.press("escape")
        assert desk.text("#totals") == before
        assert desk.cell("[/x]", "sparsity") == "0.70"


@pytest.mark.parametrize(
    ("typed", "shown"),
    [("0.65", "0.65"), (".6", "0.60"), ("60%", "0.60"), ("97.5%", "0.975"), ("99.9%", "0.999")],
)
async def test_what_may_be_typed(tmp_path: Path, typed: str, shown: str) -> None:
    async with open_desk(tmp_path) as desk:
        await _first_row(desk)
        await desk.press("enter", *typed, "enter")
        assert desk.cell("conv1", "sparsity") == shown
        assert desk.table.current == "conv2"


@pytest.mark.parametrize("last", ["enter", "tab", "down"])
async def test_the_last_cell_and_the_end_of_the_table_never_lead_to_what_trains(
    tmp_path: Path, last: str
) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_plan()
        assert desk.drawn("#next").endswith("enter ⏎")
        await desk.press("up", "G", "enter", *".7", last)
        assert desk.drawn_cell("fc[", "sparsity") == "0.70"
        assert "enter ⏎" not in desk.screen_text()
        await desk.press("j", "down", "j", "enter", *".8")
        assert desk.drawn_cell("fc[", "sparsity") == ".8"
        await desk.press("enter", "enter", "enter")
        assert desk.step is Step.PLAN
        assert desk.drawn_cell("fc[", "sparsity") == "0.80"
        await desk.press("tab")
        assert desk.drawn("#next").endswith("enter ⏎")
        await desk.press("enter")
        await desk.to(Step.TRAIN)


async def test_what_enter_does_is_said_of_where_the_focus_is(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_plan()
        assert "enter prunes" in desk.drawn("#explain")
        await desk.press("tab")
        assert "enter prunes" not in desk.drawn("#explain")
        await desk.press("tab")
        assert "enter prunes" in desk.drawn("#explain")


async def test_invalid_text_says_why_and_stays(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _first_row(desk)
        await desk.press("enter", *"60", "enter")
        editor = desk.app.screen.query_one(CellEditor)
        assert editor.display
        assert "60%" in desk.text("#explain")
        await desk.press("backspace", "backspace", *"x", "tab")
        assert editor.display
        assert "0.6" in desk.text("#explain")
        await desk.press("escape")
        assert editor.edited is None
        assert desk.cell("conv1", "sparsity") == "0.50"


@pytest.mark.parametrize(
    ("keys", "room"), [(("up", "enter", "."), "#editor"), (("b", "1"), "#budget")], ids=["cell", "budget"]
)
async def test_what_is_typed_stays_while_another_window_has_the_focus(
    tmp_path: Path, keys: tuple[str, ...], room: str
) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_plan()
        await desk.press(*keys)
        for event in (AppBlur(), AppFocus()):
            desk.app.post_message(event)
            await desk.pilot.pause()
        await desk.press("9")
        assert desk.drawn(room) == keys[-1] + "9"


async def test_a_click_elsewhere_leaves_the_cell_and_keeps_the_focus_there(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _first_row(desk)
        await desk.press("enter", *".9")
        await desk.pilot.click("#layers", offset=(3, 3))
        assert desk.drawn_cell("conv1", "sparsity") == "0.50"
        assert desk.table.current == "[/x]"


async def test_digits_go_into_the_cell_and_not_to_the_steps(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _first_row(desk)
        await desk.press("enter", *".12345", "enter")
        assert desk.step is Step.PLAN
        assert desk.cell("conv1", "sparsity") == "0.1235"


async def test_the_editor_lies_over_its_cell_also_when_scrolled(tmp_path: Path) -> None:
    layers = tuple(LayerInfo(f"layer{at}.conv", "conv", 1000 + at, 10, 1000) for at in range(60))
    async with open_desk(tmp_path, Script(layers=layers)) as desk:
        await desk.to_plan()
        await desk.press("up", "k", "k", "enter")
        editor = desk.app.screen.query_one(CellEditor)
        await desk.pilot.pause()
        lines = desk.screen_text().splitlines()
        assert "layer57" in lines[editor.region.y]
        heading = next(line for line in lines if "sparsity" in line)
        assert editor.region.x <= heading.index("sparsity") < editor.region.right
        row, column = desk.table.cursor_row, desk.table.get_column_index("sparsity")
        x, y, width = place_of_cell(desk.table, Coordinate(row, column))
        assert (x, y, width) == (editor.region.x, editor.region.y, editor.region.width)


@pytest.mark.parametrize("width", [80, 120, 200])
async def test_the_accuracy_is_said_to_be_that_before_fine_tuning(tmp_path: Path, width: int) -> None:
    async with open_desk(tmp_path, size=(width, 30)) as desk:
        await desk.to_plan()
        assert re.search(r"est acc [0-9.]+ ±[0-9.]+ before fine-tuning", desk.drawn("#totals"))
        for budget in ("1 point", "20x", "2x MACs", "0.5 MB"):
            await desk.press("b", *budget, "enter")
            assert re.search(r"est acc [0-9.]+( ±[0-9.]+)? before fine-tuning", desk.drawn("#totals"))
            assert "goal" in desk.drawn("#totals")


async def test_undo_and_redo(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _first_row(desk)
        await desk.press("+", "+")
        assert desk.cell("conv1", "sparsity") == "0.60"
        await desk.press("u")
        assert desk.cell("conv1", "sparsity") == "0.55"
        await desk.press("u", "u")
        assert desk.cell("conv1", "sparsity") == "0.50"
        await desk.press("ctrl+r", "U")
        assert desk.cell("conv1", "sparsity") == "0.60"
        await desk.press("r")
        assert desk.cell("conv1", "sparsity") == "0.50"


async def test_a_locked_row_stays_as_it_is(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _first_row(desk)
        await desk.press("=")
        assert "locked" in desk.cell("conv1", "note")
        await desk.press("+", "enter")
        assert desk.cell("conv1", "sparsity") == "0.50"
        assert "unlocks" in desk.text("#explain")
        assert not desk.app.screen.query_one(CellEditor).is_open
        await desk.press("=", "minus")
        assert desk.cell("conv1", "sparsity") == "0.45"


async def test_copy_down_leaves_locked_rows_alone(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _first_row(desk)
        await desk.press("j", "j", "=", "g", "y")
        shown = [desk.cell(name, "sparsity") for name in desk.table.shown_keys]
        assert shown == ["0.50", "0.50", "0.70", "0.50"]


async def test_copy_down_changes_only_rows_on_show(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _first_row(desk)
        await desk.press("slash", *"c", "enter", "g", "+", "y")
        assert "[/x]" not in desk.screen_text()
        await desk.press("slash", "escape")
        shown = [desk.drawn_cell(name, "sparsity") for name in desk.table.shown_keys]
        assert shown == ["0.55", "0.55", "0.70", "0.55"]


async def test_one_number_is_not_copied_down(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _first_row(desk)
        await desk.press("s", "down", "down", "right", "enter")
        await desk.to(Step.PLAN)
        before = desk.drawn("#settings")
        await desk.press("y")
        assert desk.drawn("#settings") == before
        assert "nothing to copy" in desk.drawn("#explain")


async def test_rows_are_clicked_and_filtered(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _first_row(desk)
        await desk.pilot.click("#layers", offset=(3, 3))
        assert desk.table.current == "[/x]"
        await desk.press("slash", *"conv")
        assert desk.table.shown_keys == ["conv1", "conv2"]
        await desk.press("enter", "j", "+")
        assert desk.cell("conv2", "sparsity") == "0.65"
        await desk.press("slash", "escape")
        assert len(desk.table.shown_keys) == 4


async def test_the_line_below_prunes_when_clicked(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_plan()
        await desk.pilot.click("#next")
        await desk.to(Step.TRAIN)


async def test_settings_make_the_decision(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_plan()
        await desk.press("s", "right", "down", "down", "down", "right", "down", "right", "down")
        await desk.press("end", "backspace", "2", "down", "down", "down")
        await desk.press("end", "backspace", "backspace", "0", "enter")
        await desk.to(Step.PLAN)
        assert "2 rounds" in desk.next_label
        assert "no estimate" in desk.text("#explain")
        await desk.press("p")
        await desk.to(Step.TRAIN)
        await desk.idle()
        prune = desk.script.performed[-1]
        assert isinstance(prune, Prune)
        assert prune.criterion == "l2"
        assert prune.schedule == Iterative(steps="linear", num_rounds=2)
        assert prune.finetune is None


async def test_wrong_settings_say_why(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_plan()
        await desk.press("s", *["down"] * 6, "end", "backspace", "x", "enter")
        assert desk.step is None
        assert "whole number" in desk.text("#reason")
        await desk.press("escape")
        await desk.to(Step.PLAN)


async def test_global_is_one_number(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _first_row(desk)
        await desk.press("s", "down", "down", "right", "enter")
        await desk.to(Step.PLAN)
        assert desk.cell("conv1", "sparsity").startswith("≈")
        await desk.press("enter", *".8", "enter")
        assert "global 0.8" in desk.text("#settings")
        await desk.press("u")
        assert "global 0.8" not in desk.text("#settings")
        await desk.press("U", "p")
        await desk.to(Step.TRAIN)
        prune = desk.script.performed[-1]
        assert isinstance(prune, Prune)
        assert (prune.scope, prune.plan) == ("global", 0.8)


async def test_a_locked_row_is_spared_by_one_threshold(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _first_row(desk)
        await desk.press("=", "s", "down", "down", "right", "enter")
        await desk.to(Step.PLAN)
        assert "spared" in desk.cell("conv1", "note")
        assert desk.cell("conv1", "kept") == "500"
        await desk.press("enter", *".8", "enter")
        assert "global 0.8, 1 spared" in desk.text("#settings")
        await desk.press("p")
        await desk.to(Step.TRAIN)
        prune = desk.script.performed[-1]
        assert isinstance(prune, Prune)
        assert (prune.plan, prune.spared) == (0.8, ("conv1",))


async def test_units_that_cannot_be_removed_are_locked_with_the_reason(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_plan()
        await desk.press("up", "s", "down", "right", "enter")
        await desk.to(Step.PLAN)
        assert "locked" in desk.cell("fc[", "note")
        await desk.press("enter")
        assert "classes" in desk.text("#explain")
        await desk.press("p")
        await desk.to(Step.TRAIN)
        prune = desk.script.performed[-1]
        assert isinstance(prune, Prune)
        assert isinstance(prune.plan, dict)
        assert "fc[" not in prune.plan


async def test_a_plan_of_nothing_says_so(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _first_row(desk)
        await desk.press("enter", "0", "enter", "g", "y", "p")
        assert desk.step is Step.PLAN
        assert "nothing to prune" in desk.text("#explain")


async def test_a_keystroke_is_priced_in_time(tmp_path: Path) -> None:
    layers = tuple(LayerInfo(f"layer{at}.conv", "conv", 1000 + at, 10, 1000) for at in range(60))
    async with open_desk(tmp_path, Script(layers=layers), size=(120, 40)) as desk:
        await desk.to_plan()
        screen = desk.app.screen
        assert isinstance(screen, PlanScreen)
        screen.action_enter_table()
        times = []
        for by in (0.05, -0.05) * 5:
            began = time.perf_counter()
            screen.action_nudge(by)
            times.append(time.perf_counter() - began)
        assert sorted(times)[5] < 0.05
