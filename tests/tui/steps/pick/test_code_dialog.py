"""A session that runs code of the user's own is opened only once that was allowed; it is asked for once."""

from pathlib import Path

import pytest

from prune_tui.catalog.code.permission import hash_of
from prune_tui.core.session.session import CodeFile, Session
from prune_tui.core.workflow.step import Step
from prune_tui.storage import write_session
from tests.tui.fake_runner import FakeRunner, Script
from tests.tui.helpers import Desk, open_desk

SOURCE = b"def small(num_classes): ...\n"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A session that recorded its code; it has not been begun."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.py").write_bytes(SOURCE)
    session = Session(
        name="mine",
        model="net.py:small",
        dataset="digits",
        code=(CodeFile(path="net.py", sha256=hash_of(SOURCE)),),
    )
    path = tmp_path / "sessions" / "mine.json"
    write_session(path, session)
    return path


@pytest.fixture(autouse=True)
def allowed(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """What each opening was allowed."""
    seen: list[bool] = []
    begin = FakeRunner.__init__

    def noted(self: FakeRunner, opening, script: Script, *, sessions_dir: Path | None) -> None:  # type: ignore[no-untyped-def]
        seen.append(opening.allow_code)
        begin(self, opening, script, sessions_dir=sessions_dir)

    monkeypatch.setattr(FakeRunner, "__init__", noted)
    return seen


async def _asked(desk: Desk) -> None:
    await desk.until_drawn("Run this session's own code?")
    assert f"{hash_of(SOURCE)[:12]}  net.py" in desk.drawn("#files")
    assert desk.is_drawn("there is no sandbox", "with your rights")


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_enter_runs_it(file: Path, allowed: list[bool], size: tuple[int, int]) -> None:
    async with open_desk(file.parent.parent, resume=file, size=size) as desk:
        await _asked(desk)
        assert not allowed
        await desk.press("enter")
        await desk.to(Step.SCAN)
        await desk.performed(2)
        assert allowed == [True]


async def test_escape_does_not(file: Path, allowed: list[bool]) -> None:
    async with open_desk(file.parent.parent, resume=file) as desk:
        await _asked(desk)
        await desk.press("escape")
        await desk.to(Step.PICK)
        assert "lenet5 on digits" in desk.drawn("#next")
        assert not allowed


async def test_it_is_asked_once(file: Path, allowed: list[bool]) -> None:
    async with open_desk(file.parent.parent) as desk:
        await desk.press("o")
        await desk.until_drawn("Earlier sessions", "net.py:small on digits")
        await desk.press("enter")
        await _asked(desk)
        await desk.press("enter")
        await desk.to(Step.SCAN)
        await desk.performed(2)
        await desk.press("1")
        await desk.to(Step.PICK)
        await desk.press("o")
        await desk.until_drawn("Earlier sessions", "net.py:small on digits")
        await desk.press("enter")
        await desk.until(lambda: len(allowed) == 2)
        assert allowed == [True, True]


async def test_what_was_allowed_on_the_command_line_is_not_asked_for(file: Path, allowed: list[bool]) -> None:
    async with open_desk(file.parent.parent, resume=file, allow_code=True) as desk:
        await desk.to(Step.SCAN)
        assert allowed == [True]


async def test_a_file_that_has_changed_is_refused_in_a_line(file: Path, allowed: list[bool]) -> None:
    (file.parent.parent / "net.py").write_bytes(SOURCE + b"\n")
    async with open_desk(file.parent.parent, resume=file, size=(120, 40)) as desk:
        await desk.until_drawn("That did not work", "net.py: changed since the session recorded it")
        assert not allowed


async def test_code_that_is_named_and_was_not_recorded_is_asked_for_too(
    file: Path, allowed: list[bool]
) -> None:
    write_session(file, Session(name="mine", model="net.py:small", dataset="digits"))
    async with open_desk(file.parent.parent, resume=file) as desk:
        await _asked(desk)
        assert not allowed


async def test_code_that_the_person_picks_is_not_asked_for(file: Path, allowed: list[bool]) -> None:
    async with open_desk(file.parent.parent, model="net.py:small") as desk:
        await desk.press("enter")
        await desk.to(Step.SCAN)
        await desk.performed(2)
        assert allowed == [True]


async def test_a_session_without_code_is_not_allowed_any(file: Path, allowed: list[bool]) -> None:
    write_session(file, Session(name="mine", model="lenet5", dataset="digits"))
    async with open_desk(file.parent.parent, resume=file) as desk:
        await desk.to(Step.SCAN)
        assert allowed == [False]
