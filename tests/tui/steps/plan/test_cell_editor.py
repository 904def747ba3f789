"""A sparsity is edited in place: what may be typed, what is refused, and where Enter leads."""

from pathlib import Path

import pytest
from textual.events import AppBlur, AppFocus

from prune_tui.core.workflow.step import Step
from tests.tui.fake_runner import Script
from tests.tui.helpers import Desk, open_desk
from tests.tui.made_up_network import DEEP


async def first_row(desk: Desk) -> None:
    """Go to the plan, and to its first row."""
    await desk.to_plan()
    await desk.press("up", "g")


async def test_a_cell_is_edited_by_keyboard_and_priced_at_every_key(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await first_row(desk)
        before = desk.drawn("#totals")
        await desk.press("j", "j", "enter", "9")
        assert "a sparsity is below 1" in desk.drawn("#explain")
        await desk.press("home", ".")
        assert desk.cell("[/x]", "kept") == "40,000"
        assert desk.drawn("#totals") != before
        await desk.press("escape")
        assert desk.drawn("#totals") == before
        assert desk.cell("[/x]", "sparsity") == "0.70"


@pytest.mark.parametrize(
    ("typed", "shown"),
    [("0.65", "0.65"), (".6", "0.60"), ("60%", "0.60"), ("97.5%", "0.975"), ("99.9%", "0.999")],
)
async def test_what_may_be_typed(tmp_path: Path, typed: str, shown: str) -> None:
    async with open_desk(tmp_path) as desk:
        await first_row(desk)
        await desk.press("enter", *typed, "enter")
        assert desk.cell("conv1", "sparsity") == shown
        assert desk.layer_in_sight == "conv2"


@pytest.mark.parametrize("last", ["enter", "tab", "down"])
async def test_the_last_cell_and_the_end_of_the_table_never_lead_to_what_trains(
    tmp_path: Path, last: str
) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_plan()
        assert desk.drawn("#next").endswith("enter ⏎")
        await desk.press("up", "G", "enter", *".7", last)
        assert desk.cell("fc[", "sparsity") == "0.70"
        assert "enter ⏎" not in desk.screen_text()
        await desk.press("j", "down", "j", "enter", *".8")
        assert desk.cell("fc[", "sparsity") == ".8"
        await desk.press("enter", "enter", "enter")
        assert desk.step is Step.PLAN
        assert desk.cell("fc[", "sparsity") == "0.80"
        await desk.press("tab")
        assert desk.drawn("#next").endswith("enter ⏎")
        await desk.press("enter")
        await desk.to(Step.TRAIN)


async def test_the_keys_say_that_enter_edits_only_where_it_does(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_plan()
        assert desk.drawn("#next").endswith("enter ⏎")
        assert "edit" not in desk.drawn("KeyBar")
        await desk.press("up")
        assert desk.drawn("KeyBar").startswith("enter edit")
        await desk.press("tab")
        assert desk.drawn("#next").endswith("enter ⏎")
        assert "edit" not in desk.drawn("KeyBar")


async def test_invalid_text_says_why_and_stays(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await first_row(desk)
        await desk.press("enter", *"60", "enter")
        assert desk.cell("conv1", "sparsity") == "60"
        assert "60%" in desk.drawn("#explain")
        await desk.press("backspace", "backspace", *"x", "tab")
        assert desk.cell("conv1", "sparsity") == "x"
        assert "0.6" in desk.drawn("#explain")
        await desk.press("escape")
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
        await first_row(desk)
        await desk.press("enter", *".9")
        await desk.pilot.click("#layers", offset=(3, 3))
        assert desk.cell("conv1", "sparsity") == "0.50"
        assert desk.layer_in_sight == "[/x]"


async def test_digits_go_into_the_cell_and_not_to_the_steps(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await first_row(desk)
        await desk.press("enter", *".12345", "enter")
        assert desk.step is Step.PLAN
        assert desk.cell("conv1", "sparsity") == "0.1235"


async def test_the_editor_lies_over_its_cell_also_when_scrolled(tmp_path: Path) -> None:
    async with open_desk(tmp_path, Script(layers=DEEP)) as desk:
        await desk.to_plan()
        await desk.press("up", "k", "k")
        await desk.press("enter", *".123")
        lines = desk.screen_text().splitlines()
        heading = next(line for line in lines if "sparsity" in line).index("sparsity")
        row = next(line for line in lines if line.startswith(" layer57"))
        assert heading - 1 <= row.index(".123") < heading + len("sparsity")
