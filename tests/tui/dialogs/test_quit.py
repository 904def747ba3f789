"""Leaving asks while work runs, and nothing that is done is lost."""

from pathlib import Path

from prune_tui.core.workflow.step import Step
from prune_tui.storage import read_session
from tests.tui.fake_runner import Script
from tests.tui.helpers import Desk, open_desk

QUESTION = "Leave prune-tui?"


async def _asked_to_leave(desk: Desk) -> Path:
    """Ask to leave while a plan is carried out; return the session's file."""
    desk.script.hold("prune", after=20)
    await desk.to_train()
    await desk.until_drawn("epoch 2/")
    await desk.press("q")
    await desk.until_drawn(QUESTION)
    return desk.file()


def _kinds(path: Path) -> list[str]:
    return [decision.kind for decision in read_session(path).decisions]


async def test_idle_leaves_at_once(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.press("ctrl+q")
        await desk.until(lambda: not desk.app.is_running)


async def test_stop_and_save(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        path = await _asked_to_leave(desk)
        await desk.press("enter")
        await desk.until(lambda: not desk.app.is_running)
        assert _kinds(path) == ["load_dense", "scan", "prune"]


async def test_discard(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        path = await _asked_to_leave(desk)
        await desk.press("d")
        await desk.until(lambda: not desk.app.is_running)
        desk.script.let_go("prune")
        desk.app.release()
        assert _kinds(path) == ["load_dense", "scan"]


async def test_stay(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        path = await _asked_to_leave(desk)
        await desk.press("down", "down", "enter")
        await desk.to(Step.TRAIN)
        desk.script.let_go("prune")
        await desk.idle()
        assert "read the test set once" in desk.drawn("#next")
        assert _kinds(path) == ["load_dense", "scan", "prune"]


async def test_another_session_asks_too(tmp_path: Path) -> None:
    script = Script()
    script.hold("scan", after=5)
    async with open_desk(tmp_path, script) as desk:
        await desk.press("enter")
        await desk.to(Step.SCAN)
        await desk.until_drawn("5/36 cells")
        await desk.press("1", "n", "enter")
        await desk.until_drawn("Begin another session?")
        await desk.press("d")
        script.let_go("scan")
        await desk.until(desk.file("lenet5-digits-2").exists, "the other session's file")
        await desk.idle()
        assert desk.kinds_saved("lenet5-digits-2") == ["load_dense", "scan"]
        assert desk.kinds_saved() == ["load_dense"]


async def test_ctrl_c_does_not_kill(tmp_path: Path) -> None:
    async with open_desk(tmp_path, notifications=True) as desk:
        await desk.press("ctrl+c")
        await desk.until_drawn("q leaves prune-tui")
        assert desk.app.is_running
