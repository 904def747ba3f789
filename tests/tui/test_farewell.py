"""Leaving says where the session is and by which command it goes on, if there is anything in it."""

import os
import shlex
from pathlib import Path

from prune_tui.core.session.decisions import LoadDense, Scan
from prune_tui.core.session.session import Session
from prune_tui.core.workflow.step import Step
from prune_tui.tui.resumption import farewell
from tests.runner.helpers import opened, perform
from tests.tui.helpers import open_desk
from tests.tui.test_run import begun, drawn


async def test_nothing_is_said_without_a_session_or_before_its_first_decision(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        assert farewell(desk.state) == ""
        desk.script.hold("load")
        await desk.press("enter")
        await desk.to(Step.SCAN)
        assert farewell(desk.state) == ""


async def test_where_it_is_and_how_it_goes_on_quoted_for_a_shell(tmp_path: Path) -> None:
    folder = tmp_path / "my sessions' folder"
    async with open_desk(folder) as desk:
        await desk.to_plan()
        words = farewell(desk.state)
    where, command = words.splitlines()
    assert where == f"session lenet5-digits is in {desk.file()}"
    _, _, command = command.partition(": ")
    assert shlex.split(command) == [
        "prune-tui",
        "--resume",
        str(desk.file()),
        "--sessions-dir",
        str(folder / "sessions"),
        "--data-dir",
        str(folder / "data"),
        "--threads",
        "1",
    ]


def test_it_is_printed_once_the_terminal_is_as_it_was(tmp_path: Path) -> None:
    session = Session(name="s", model="lenet5", dataset="digits", device="cpu")
    runner = opened(tmp_path / "sessions", session=session)
    perform(runner, LoadDense(), Scan(sparsities=(0.5,)))
    path = tmp_path / "sessions" / "s.json"
    with begun(tmp_path, "--resume", str(path), until=b"predicted") as (process, outer, _inner):
        os.write(outer, b"q")
        left = b""
        while b"--resume" not in left.partition(b"\x1b[?1049l")[2]:
            more = drawn(outer)
            assert more, f"the app ended: {left!r}"
            left += more
        assert process.wait() == 0
    said = left.partition(b"\x1b[?1049l")[2].decode()
    assert f"session s is in {path}" in said
    assert f"prune-tui --resume {path} --sessions-dir {tmp_path / 'sessions'}" in said
