"""The picker never strands: the open session stays in sight, and keys lead back to it."""

from pathlib import Path

from prune_tui.core.workflow.step import Step
from tests.tui.helpers import Desk, open_desk


async def _to_pick(desk: Desk) -> None:
    await desk.to_plan()
    await desk.press("1")
    await desk.to(Step.PICK)


async def test_without_an_open_session_there_is_no_way_back(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        assert "open:" not in desk.screen_text()


async def test_another_choice_keeps_the_way_back_in_sight(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _to_pick(desk)
        assert "lenet5-digits is open: 2 Scan 3 Plan" in desk.words("#way-back")
        for keys in (("j",), ("T",), ("n",)):
            await desk.press(*keys)
            await desk.pilot.pause()
            assert "lenet5-digits is still open: esc picks it again 2 Scan 3 Plan" in desk.words("#way-back")
            await desk.press("escape")
            await desk.pilot.pause()
            assert "go on with lenet5-digits" in desk.drawn("#next")
            assert desk.drawn("#name") == "lenet5-digits"
        await desk.press("j", "3")
        await desk.to(Step.PLAN)


async def test_a_number_typed_into_a_field_is_text_and_the_line_says_how_to_leave_it(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _to_pick(desk)
        await desk.press("tab", "tab", "tab", "end", "2")
        assert desk.step is Step.PICK
        assert desk.drawn("#seed") == "02"
        assert "esc leaves the field, then 2 Scan 3 Plan" in desk.words("#way-back")
        await desk.press("escape", "2")
        await desk.to(Step.SCAN)


async def test_esc_shows_all_rows_before_it_picks_the_open_session_again(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _to_pick(desk)
        await desk.press("slash", *"resnet", "enter", "escape")
        await desk.pilot.pause()
        assert "lenet5" in desk.drawn("#models")
        assert "still open" in desk.drawn("#way-back")
        await desk.press("escape")
        await desk.pilot.pause()
        assert "go on with lenet5-digits" in desk.drawn("#next")
