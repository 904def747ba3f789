"""What could not be saved is said on every screen, can be saved again, and is not lost without a question."""

from pathlib import Path

import pytest

from prune_tui.core.errors import StorageError
from prune_tui.core.workflow.step import Step
from prune_tui.storage import read_session
from tests.tui.helpers import Desk, open_desk

NOT_SAVED = "✗ not saved: ctrl+s"


def _full() -> StorageError:
    return StorageError("can't write x.json: No space left on device")


async def _told(desk: Desk) -> None:
    """Wait for the error, see what it says, and close it."""
    await desk.until_drawn("No space left on device", "Not saved yet")
    await desk.idle()
    await desk.press("escape")
    await desk.pilot.pause()


async def _unsaved(desk: Desk) -> Path:
    """Go to a result of which the last decision could not be saved; return the session's file."""
    await desk.to_pruned()
    assert "engine ready" in desk.header
    desk.script.errors["save"] = _full()
    await desk.press("enter")
    await _told(desk)
    await desk.to(Step.SAVE)
    return desk.file()


async def _asked(desk: Desk) -> None:
    await desk.until_drawn("could not be saved")
    await desk.until(lambda: desk.app.screen.is_current)
    await desk.pilot.pause()


async def test_what_is_not_saved_is_said_and_enter_tries_again(tmp_path: Path) -> None:
    async with open_desk(tmp_path, size=(120, 60)) as desk:
        path = await _unsaved(desk)
        assert NOT_SAVED in desk.header
        assert "not saved: enter tries again" in desk.drawn("#next")
        assert "all is saved" not in desk.screen_text()
        assert "not all of it is written" in desk.words("#where")
        desk.script.errors["save"] = _full()
        await desk.press("enter")
        await _told(desk)
        assert NOT_SAVED in desk.header
        assert len(read_session(path).decisions) == 3
        await desk.press("enter")
        await desk.idle()
        assert "engine ready" in desk.header
        assert "all is saved" in desk.drawn("#next")
        assert "not all of it is written" not in desk.words("#where")
        assert len(read_session(path).decisions) == 4


async def test_it_is_said_and_saved_on_other_steps_too(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        path = await _unsaved(desk)
        await desk.press("1")
        await desk.to(Step.PICK)
        assert NOT_SAVED in desk.header
        await desk.press("ctrl+s")
        await desk.idle()
        assert "engine ready" in desk.header
        assert len(read_session(path).decisions) == 4


@pytest.mark.parametrize(("key", "num_decisions"), [("s", 4), ("d", 3)])
async def test_leaving_asks_whether_to_save(tmp_path: Path, key: str, num_decisions: int) -> None:
    async with open_desk(tmp_path) as desk:
        path = await _unsaved(desk)
        await desk.press("q")
        await _asked(desk)
        await desk.press("escape")
        await desk.to(Step.SAVE)
        await desk.press("q")
        await _asked(desk)
        await desk.press(key)
        await desk.until(lambda: not desk.app.is_running)
        assert len(read_session(path).decisions) == num_decisions


async def test_a_save_that_fails_again_does_not_leave(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _unsaved(desk)
        desk.script.errors["save"] = _full()
        await desk.press("q")
        await _asked(desk)
        await desk.press("enter")
        await _told(desk)
        await desk.to(Step.SAVE)
        assert NOT_SAVED in desk.header


async def test_stop_and_save_does_not_leave_when_it_cannot_save(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        desk.script.hold("prune", after=20)
        await desk.to_train()
        await desk.until_drawn("epoch 2/")
        desk.script.errors["save"] = _full()
        await desk.press("q")
        await desk.until_drawn("Leave prune-tui?")
        await desk.press("enter")
        await _told(desk)
        await desk.to(Step.TRAIN)
        assert NOT_SAVED in desk.header


async def test_discarding_what_runs_does_not_discard_what_is_not_saved(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        path = await _unsaved(desk)
        desk.script.hold("prune", after=20)
        await desk.press("f")
        await desk.to(Step.TRAIN)
        await desk.until_drawn("epoch 2/")
        await desk.press("q")
        await desk.until_drawn("Leave prune-tui?")
        await desk.press("d")
        desk.script.let_go("prune")
        await _asked(desk)
        await desk.press("s")
        await desk.until(lambda: not desk.app.is_running)
        assert len(read_session(path).decisions) == 4


async def test_another_session_asks_too(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        path = await _unsaved(desk)
        await desk.press("n")
        await desk.to(Step.PICK)
        await desk.press("enter")
        await _asked(desk)
        await desk.press("s")
        await desk.to(Step.SCAN)
        await desk.until(desk.file("lenet5-digits-2").exists, "the other session's file")
        assert len(read_session(path).decisions) == 4


async def test_a_decision_that_can_be_saved_saves_what_could_not(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        path = await _unsaved(desk)
        await desk.press("f")
        await desk.to(Step.TRAIN)
        await desk.idle()
        assert "engine ready" in desk.header
        assert len(read_session(path).decisions) == 5
