"""A terminal for a program under test: sends keys, and times what is written."""

import errno
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).parent.parent
SIZE = (80, 24)
"""Columns and rows, unless told otherwise."""

QUIT = b"\x11"
DISCARD = b"d"
_SYNC_QUERY, _SYNC_REPLY = b"\x1b[?2026$p", b"\x1b[?2026;2$y"
FRAME_END = rb"\x1b\[\?2026l"
"""The end of a frame, for a terminal that supports synchronized output, as this one claims to."""


def environment() -> dict[str, str]:
    """Return this process's environment, with bytecode caching on, as users have it."""
    unwanted = ("COLUMNS", "LINES", "PYTHONDONTWRITEBYTECODE")
    return {name: value for name, value in os.environ.items() if name not in unwanted}


class TerminalTimeoutError(Exception):
    """The expected bytes were not written in time."""


class Terminal:
    """Runs a program on a pseudo-terminal; leaving the context quits and reaps it."""

    def __init__(self, command: Sequence[str], folder: Path = ROOT, *, size: tuple[int, int] = SIZE) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        self._seen = bytearray()
        self._answered = False
        self.is_open = True
        self.started_at = time.perf_counter()
        self._process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=folder,
            env={**environment(), "TERM": "xterm-256color"},
            start_new_session=True,
        )
        os.close(slave)

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.quit()

    def press(self, keys: bytes) -> float:
        """Forget what has been written so far, send keys, and return when they were sent."""
        self.read_for(0.0)
        self._seen.clear()
        sent_at = time.perf_counter()
        os.write(self._master, keys)
        return sent_at

    def wait_for(self, pattern: bytes, *, timeout: float = 30.0) -> tuple[float, re.Match[bytes]]:
        """Read until `pattern` has been written since the last press; return when it was, and the match.

        Raises:
            TerminalTimeoutError: it was not written in time, or the program ended.
        """
        wanted = re.compile(pattern, re.DOTALL)
        deadline = time.perf_counter() + timeout
        while (match := wanted.search(self._seen)) is None:
            left = deadline - time.perf_counter()
            if left <= 0 or not self.is_open:
                why = f"not written within {timeout:g} s" if self.is_open else "not written before the end"
                raise TerminalTimeoutError(f"{pattern!r} was {why}; the last lines:\n{self._last_words()}")
            self._read(left)
        return time.perf_counter(), match

    def has_written(self, text: bytes) -> bool:
        """Say whether a text has been written since the last press."""
        return text in self._seen

    def read_for(self, seconds: float) -> None:
        """Read whatever is written for so long."""
        deadline = time.perf_counter() + seconds
        while self.is_open and self._read(max(0.0, deadline - time.perf_counter())):
            pass

    def wait_for_end(self, *, timeout: float) -> bool:
        """Read until the program has ended by itself; say whether it has."""
        deadline = time.perf_counter() + timeout
        while self._process.poll() is None and time.perf_counter() < deadline:
            if self.is_open:
                self._read(0.05)
            else:
                time.sleep(0.01)
        return self._process.poll() is not None

    def quit(self) -> None:
        """Press ctrl+q; discard what runs if asked; end it by force if it does not leave; reap it."""
        for keys, patience in ((QUIT, 1.0), (DISCARD, 5.0)):
            if self._process.poll() is None and self.is_open:
                os.write(self._master, keys)
                self.wait_for_end(timeout=patience)
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        os.close(self._master)
        self.is_open = False

    def _last_words(self) -> str:
        """Return the last of what was written, without the sequences that colour and place it."""
        text = re.sub(rb"\x1b(\[[0-9;?<>=]*[ -/]*[@-~]|.)", b" ", bytes(self._seen[-4000:]))
        return re.sub(r"[ \r\n]*\n\s*| {3,}", "\n", text.decode(errors="replace"))[-800:]

    def _read(self, timeout: float) -> bool:
        """Read once, waiting no longer than `timeout`; say whether anything came."""
        if not select.select([self._master], [], [], timeout)[0]:
            return False
        try:
            read = os.read(self._master, 1 << 16)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            read = b""  # Linux's way to say that the other end is closed
        if not read:
            self.is_open = False
            return False
        self._seen += read
        if not self._answered and _SYNC_QUERY in self._seen:
            self._answered = True
            os.write(self._master, _SYNC_REPLY)
        return True
