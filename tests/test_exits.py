"""A command whose output nobody reads, or that can't print it, ends in order and says what it must."""

import os
import pty
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from prune_tui.cli.exits import READER_LEFT

QUICKSTART = str(Path(__file__).parents[1] / "sessions" / "quickstart.json")
COMMAND = [sys.executable, "-m", "prune_tui"]


def unread() -> int:
    """Return the writing end of a pipe whose reader has left."""
    reading, writing = os.pipe()
    os.close(reading)
    return writing


@pytest.mark.parametrize(
    "arguments",
    [
        ["show", QUICKSTART],
        ["show", QUICKSTART, "--json"],
        ["list", "models"],
        ["list", "models", "--json"],
        ["--help"],
        ["show", "--help"],
        ["--version"],
        ["config"],
    ],
)
def test_a_reader_that_leaves_ends_a_command_quietly_and_not_as_a_difference(arguments: list[str]) -> None:
    writing = unread()
    ran = subprocess.run([*COMMAND, *arguments], stdout=writing, stderr=subprocess.PIPE, text=True)
    os.close(writing)
    assert ran.stderr == ""
    assert ran.returncode == READER_LEFT


@pytest.mark.parametrize("arguments", [["show", "nowhere.json"], ["show", "--nothing"], []])
def test_an_error_that_nobody_reads_ends_a_command_as_quietly(arguments: list[str]) -> None:
    writing = unread()
    ran = subprocess.run([*COMMAND, *arguments], stdout=writing, stderr=writing)
    os.close(writing)
    assert ran.returncode == READER_LEFT


def test_a_reader_that_has_read_enough_ends_a_command_quietly() -> None:
    piped = f"set -o pipefail; {sys.executable} -m prune_tui show {QUICKSTART} | head -n 1"
    ran = subprocess.run(["bash", "-c", piped], capture_output=True, text=True)
    assert ran.stdout.startswith("quickstart")
    assert ran.stderr == ""
    assert ran.returncode in (0, READER_LEFT)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device here")
def test_what_can_not_be_printed_is_one_line_and_exit_2() -> None:
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run([*COMMAND, "show", QUICKSTART], stdout=full, stderr=subprocess.PIPE, text=True)
        silent = subprocess.run([*COMMAND, "show", "nowhere.json"], stdout=full, stderr=full)
    assert ran.stderr == "prune-tui: can't print: No space left on device\n"
    assert (ran.returncode, silent.returncode) == (2, 2)


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_streams_that_are_closed_are_no_terminal(closed: str) -> None:
    ran = subprocess.run(["bash", "-c", f"exec {sys.executable} -m prune_tui {closed}"], capture_output=True)
    assert ran.returncode == 2
    assert b"internal" not in ran.stderr


def test_a_path_that_would_break_the_line_is_written_out() -> None:
    ran = subprocess.run([*COMMAND, "show", "a\nb\x1b[2J.json"], capture_output=True, text=True)
    assert ran.stderr == "prune-tui: a\\nb\\x1b[2J.json: no such session file\n"


def test_a_bug_is_one_line_even_where_the_log_can_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    broken = (
        "import sys; import prune_tui.storage as storage; from prune_tui.cli.app import main\n"
        "def read_session(path): raise ZeroDivisionError('a\\nbug')\n"
        "storage.read_session = read_session\n"
        "sys.argv = ['prune-tui', 'show', 'x.json']; main()"
    )
    ran = subprocess.run(
        [sys.executable, "-c", broken],
        capture_output=True,
        text=True,
        env={**os.environ, "XDG_STATE_HOME": str(tmp_path / "file")},
    )
    assert ran.stderr == "prune-tui: internal error: a bug\n"
    assert ran.returncode == 1


def test_a_command_that_is_told_to_end_gives_the_cursor_back() -> None:
    outer, inner = pty.openpty()
    process = subprocess.Popen([*COMMAND, "replay", QUICKSTART], stdout=subprocess.DEVNULL, stderr=inner)
    os.close(inner)
    seen = b""
    while b"\x1b[?25l" not in seen:
        seen += os.read(outer, 1 << 16)
    process.send_signal(signal.SIGTERM)
    with suppress(OSError):
        while more := os.read(outer, 1 << 16):
            seen += more
    assert process.wait() == -signal.SIGTERM
    assert seen.rindex(b"\x1b[?25h") > seen.rindex(b"\x1b[?25l")
    assert b"Traceback" not in seen
