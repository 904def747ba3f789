"""Errors are shown whole, and the session is kept; of a bug there is a traceback in a log."""

from pathlib import Path

import pytest

from prune_tui.core.session.decisions import Measure
from prune_tui.core.workflow.step import Step
from tests.tui.fake_runner import Script, user_error
from tests.tui.helpers import open_desk


async def test_a_users_error_is_one_line_and_the_session_is_kept(tmp_path: Path) -> None:
    script = Script(errors={"measure": user_error("no such [/x] thing in /tmp/[a: try [b]")})
    async with open_desk(tmp_path, script) as desk:
        await desk.to_pruned()
        await desk.press("enter")
        await desk.until_drawn("no such [/x] thing in /tmp/[a: try [b]")
        assert "Traceback" not in desk.screen_text()
        await desk.press("escape")
        await desk.to(Step.SAVE)
        assert desk.kinds_saved() == ["load_dense", "scan", "prune"]
        await desk.press("enter")
        await desk.idle()
        assert isinstance(desk.last, Measure)
        assert "pruned" in desk.drawn("#figures").splitlines()[0]


async def test_a_bug_shows_its_whole_traceback_and_is_logged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = Script(errors={"scan": RuntimeError("boom [/red] [")})
    async with open_desk(tmp_path, script, size=(160, 60)) as desk:
        copied: list[str] = []
        monkeypatch.setattr(desk.app, "copy_to_clipboard", copied.append)
        await desk.press("enter")
        await desk.until_drawn("Traceback (most recent call last)", "RuntimeError: boom [/red] [")
        await desk.press("c")
        (trace,) = copied
        assert trace.startswith("Traceback")
        assert "boom [/red] [" in trace
        logs = list((tmp_path / "state").rglob("errors.log"))
        assert trace in logs[0].read_text()
        await desk.press("enter")
        await desk.to(Step.SCAN)
        await desk.press("r")
        await desk.until_drawn("36 cells settled")


async def test_an_engine_that_cannot_open_says_so_and_the_picker_is_there(tmp_path: Path) -> None:
    script = Script(errors={"open": user_error("the data folder is empty")})
    async with open_desk(tmp_path, script) as desk:
        await desk.press("enter")
        await desk.until_drawn("the data folder is empty")
        await desk.press("enter")
        await desk.to(Step.SCAN)
        assert "esc goes back" in desk.drawn("#next")
        await desk.press("escape")
        await desk.to(Step.PICK)
        await desk.scan()


async def test_a_session_file_that_is_none_is_an_error_and_not_the_end(tmp_path: Path) -> None:
    async with open_desk(tmp_path, resume=Path("no[/such].json")) as desk:
        await desk.until_drawn("no[/such].json")
        await desk.press("escape")
        await desk.to(Step.PICK)
        assert "scan lenet5 on digits" in desk.drawn("#next")


async def test_a_bug_on_a_screen_leaves_with_one_line_and_a_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> None:
        raise ZeroDivisionError("a [/bug]")

    async def meet_it() -> None:
        async with open_desk(tmp_path) as desk:
            desk.app.call_later(broken)
            await desk.pilot.pause()

    with pytest.raises(ZeroDivisionError):
        await meet_it()
    shown = capsys.readouterr().err
    assert "internal error: ZeroDivisionError: a [/bug]" in shown
    assert "Traceback" not in shown
    (log,) = (tmp_path / "state").rglob("errors.log")
    assert "Traceback (most recent call last)" in log.read_text()
