"""The app begins only with what there is, and ends with the terminal as it was."""

import fcntl
import os
import pty
import select
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from prune_tui.configuration.configuration import Configuration
from prune_tui.core.errors import PruneTuiError
from prune_tui.tui import run
from prune_tui.tui.options import Options
from tests.tui.helpers import options_for


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": "lenet6"}, "unknown model"),
        ({"dataset": "imagefolder:~nosuchuser/x"}, "no image folder ~nosuchuser/x"),
        ({"dataset": "imagefolder:" + "n" * 5000}, "no image folder"),
        ({"data_dir": None}, "no such user"),
    ],
)
def test_what_is_not_there_is_told_before_the_app_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, str | None], message: str
) -> None:
    def begun(_options: Options) -> None:
        raise AssertionError("the app has begun")

    monkeypatch.setattr(run, "PruneApp", begun)
    monkeypatch.setenv("PRUNE_TUI_DATA", "~nosuchuser/x")
    with pytest.raises(PruneTuiError, match=message):
        run.run(options_for(tmp_path, **changes), Configuration(tmp_path / "none.toml"))


SECONDS_OF_SILENCE = 60.0
LEFT = (b"\x1b[?1000l", b"\x1b[?1003l", b"\x1b[?2004l", b"\x1b[?1049l", b"\x1b[?25h")


@contextmanager
def begun(
    folder: Path, *options: str, until: bytes = b"lenet-300-100"
) -> Iterator[tuple[subprocess.Popen[bytes], int, int]]:
    """Begin the app in a terminal of its own, and wait for a word; give the terminal's two ends too."""
    outer, inner = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "prune_tui", "--sessions-dir", str(folder / "sessions"), *options],
        stdin=inner,
        stdout=inner,
        stderr=inner,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        env={**os.environ, "TERM": "xterm-256color", "LINES": "24", "COLUMNS": "80"},
    )
    try:
        seen = b""
        while until not in seen:
            more = drawn(outer)
            assert more, f"the app ended: {seen!r}"
            seen += more
        yield process, outer, inner
    finally:
        process.kill()
        process.wait()


def drawn(outer: int) -> bytes:
    """Return what was drawn since; nothing once the terminal has been closed from within."""
    assert select.select([outer], [], [], SECONDS_OF_SILENCE)[0], "nothing more is drawn"
    try:
        return os.read(outer, 1 << 16)
    except OSError:
        return b""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_the_terminal_as_it_was(tmp_path: Path, number: signal.Signals) -> None:
    with begun(tmp_path) as (process, outer, inner):
        during = termios.tcgetattr(inner)
        process.send_signal(number)
        left = b""
        # The other end is kept open, so that its modes can be looked at once the app has ended.
        while b"\x1b[?1049l" not in left or b"\x1b[?25h" not in left:
            left += drawn(outer)
        assert process.wait() == 128 + number
        after = termios.tcgetattr(inner)
    assert all(sequence in left for sequence in LEFT)
    assert b"Traceback" not in left
    assert not during[3] & (termios.ECHO | termios.ICANON)
    assert after[3] & termios.ECHO
    assert after[3] & termios.ICANON


def test_ctrl_z_gives_the_terminal_back_and_going_on_draws_it_all_again(tmp_path: Path) -> None:
    with begun(tmp_path) as (process, outer, inner):
        os.write(outer, b"\x1a")
        left = b""
        while b"\x1b[?1049l" not in left:
            left += drawn(outer)
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        assert termios.tcgetattr(inner)[3] & termios.ECHO
        process.send_signal(signal.SIGCONT)
        again = b""
        while b"lenet-300-100" not in again:
            again += drawn(outer)
        assert not termios.tcgetattr(inner)[3] & termios.ECHO


def test_a_terminal_that_is_gone_ends_the_app(tmp_path: Path) -> None:
    with begun(tmp_path) as (process, outer, inner):
        os.close(inner)
        os.close(outer)
        assert process.wait() == 128 + signal.SIGHUP


def test_a_signal_that_is_ignored_stays_so() -> None:
    ignored = (
        "import asyncio, signal\n"
        "from textual.app import App\n"
        "from prune_tui.tui.signals import leaving_on_signals\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "async def run():\n"
        "    with leaving_on_signals(App()):\n"
        "        signal.raise_signal(signal.SIGHUP)\n"
        "        print(repr(signal.Handlers(signal.getsignal(signal.SIGHUP))))\n"
        "asyncio.run(run())\n"
    )
    ran = subprocess.run([sys.executable, "-c", ignored], capture_output=True, text=True, check=True)
    assert "SIG_IGN" in ran.stdout
