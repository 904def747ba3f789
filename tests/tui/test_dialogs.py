"""Leaving asks while work runs; errors are shown whole; help and palette come from the table of actions."""

from pathlib import Path

import pytest
from textual.command import CommandPalette
from textual.widgets import TextArea

from prune_tui.core.session.decisions import Measure
from prune_tui.core.workflow.step import Step
from prune_tui.storage import read_session
from prune_tui.tui.actions import ACTIONS, actions_of
from prune_tui.tui.dialogs.error import ErrorDialog
from prune_tui.tui.dialogs.help import HelpDialog, help_text
from prune_tui.tui.dialogs.quit import QuitDialog
from prune_tui.tui.palette import DARK, palette_of
from tests.tui.fake_runner import Script, user_error
from tests.tui.helpers import Desk, open_desk


async def _asked_to_leave(desk: Desk) -> Path:
    desk.script.hold("prune", after=20)
    await desk.to_train()
    await desk.until(lambda: desk.state.running and desk.state.running.batch)
    await desk.press("q")
    await desk.until(lambda: isinstance(desk.app.screen, QuitDialog))
    assert desk.state.path is not None
    return desk.state.path


async def test_idle_leaves_at_once(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.press("ctrl+q")
        await desk.until(lambda: not desk.app.is_running)


async def test_stop_and_save(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        path = await _asked_to_leave(desk)
        await desk.press("enter")
        await desk.until(lambda: not desk.app.is_running)
        assert [decision.kind for decision in read_session(path).decisions][-1] == "prune"


async def test_discard(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        path = await _asked_to_leave(desk)
        await desk.press("d")
        await desk.until(lambda: not desk.app.is_running)
        desk.script.let_go("prune")
        desk.app.release()
        assert [decision.kind for decision in read_session(path).decisions][-1] == "scan"


async def test_stay(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _asked_to_leave(desk)
        await desk.press("down", "down", "enter")
        await desk.to(Step.TRAIN)
        desk.script.let_go("prune")
        await desk.idle()
        assert desk.state.view.num_decisions == 3


async def test_another_session_asks_too(tmp_path: Path) -> None:
    script = Script()
    script.hold("scan", after=5)
    async with open_desk(tmp_path, script) as desk:
        await desk.press("enter")
        await desk.to(Step.SCAN)
        await desk.until(lambda: desk.num_cells_done == 5)
        await desk.press("1", "n", "enter")
        await desk.until(lambda: isinstance(desk.app.screen, QuitDialog))
        script.let_go("scan")
        await desk.press("d")
        await desk.until(lambda: desk.state.session and desk.state.session.name == "lenet5-digits-2")
        await desk.until(lambda: desk.state.view.num_decisions == 2)


async def test_a_users_error_is_one_line_and_the_session_is_kept(tmp_path: Path) -> None:
    script = Script(errors={"measure": user_error("no such [/x] thing in /tmp/[a: try [b]")})
    async with open_desk(tmp_path, script) as desk:
        await desk.to_train()
        await desk.idle()
        await desk.press("enter")
        await desk.until(lambda: isinstance(desk.app.screen, ErrorDialog))
        await desk.pilot.pause()
        assert "no such [/x] thing in /tmp/[a: try [b]" in desk.screen_text()
        await desk.press("escape")
        await desk.to(Step.SAVE)
        assert desk.state.view.num_decisions == 3
        await desk.press("enter")
        await desk.idle()
        assert isinstance(script.performed[-1], Measure)
        assert desk.state.view.report.pruned is not None


async def test_a_bug_shows_its_whole_traceback_and_is_logged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = Script(errors={"scan": RuntimeError("boom [/red] [")})
    async with open_desk(tmp_path, script) as desk:
        copied: list[str] = []
        monkeypatch.setattr(desk.app, "copy_to_clipboard", copied.append)
        await desk.press("enter")
        await desk.until(lambda: isinstance(desk.app.screen, ErrorDialog))
        trace = desk.app.screen.query_one(TextArea).text
        assert trace.startswith("Traceback")
        assert "boom [/red] [" in trace
        await desk.press("c")
        assert copied == [trace]
        logs = list((tmp_path / "state").rglob("errors.log"))
        assert trace in logs[0].read_text()
        await desk.press("enter")
        await desk.to(Step.SCAN)
        await desk.press("r")
        await desk.until(lambda: desk.state.view.num_decisions == 2)


async def test_an_engine_that_cannot_open_says_so_and_the_picker_is_there(tmp_path: Path) -> None:
    script = Script(errors={"open": user_error("the data folder is empty")})
    async with open_desk(tmp_path, script) as desk:
        await desk.press("enter")
        await desk.until(lambda: isinstance(desk.app.screen, ErrorDialog))
        await desk.press("enter")
        await desk.to(Step.SCAN)
        assert "esc goes back" in desk.next_label
        await desk.press("escape")
        await desk.to(Step.PICK)
        await desk.press("enter")
        await desk.to(Step.SCAN)
        await desk.until(lambda: desk.state.view.num_decisions == 2)


async def test_a_session_file_that_is_none_is_an_error_and_not_the_end(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        desk.app._resume(tmp_path / "no[/such].json")
        await desk.until(lambda: isinstance(desk.app.screen, ErrorDialog))
        await desk.until(lambda: desk.app.screen.query(".message"))
        assert "no[/such].json" in desk.text(".message")


async def test_help_lists_every_action(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.press("question_mark")
        await desk.until(lambda: isinstance(desk.app.screen, HelpDialog))
        await desk.press("j", "k", "escape")
        await desk.to(Step.PICK)
        text = help_text(Step.PLAN, palette_of(desk.app)).plain
        for action in ACTIONS:
            assert action.help in text
            assert action.shown_keys in text


async def test_the_palette_has_the_steps_actions(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_plan()
        offered = {command.title for command in desk.app.get_system_commands(desk.app.screen)}
        hidden = {"command_palette", "say_how_to_leave"}
        for place in (Step.PLAN, "anywhere"):
            for action in actions_of(place):
                assert action.name in hidden or action.help in offered
        await desk.press("ctrl+p")
        await desk.until(lambda: isinstance(desk.app.screen, CommandPalette))
        await desk.press("escape")
        await desk.to(Step.PLAN)


async def test_themes_can_be_changed(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        assert desk.app.theme_variables["primary"].casefold() == DARK.primary
        await desk.to_plan()
        for theme in ("prune-light", "ansi-dark", "nord", "prune-dark"):
            desk.app.theme = theme
            await desk.pilot.pause()
            assert "conv1" in desk.screen_text()
        await desk.press("ctrl+t")
        assert desk.app.theme == "prune-light"


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
