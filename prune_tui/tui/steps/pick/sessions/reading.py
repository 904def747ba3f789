"""Reads the sessions of a folder, some at a time, in a thread: large ones must not hold up the screen."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from prune_tui.catalog.paths import is_file
from prune_tui.core.errors import SessionError
from prune_tui.reports.summaries import Summary, summary_of
from prune_tui.runner.shelf import is_read_only
from prune_tui.storage import read_session, recorded_sessions

AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Found:
    """A session file, and when it last changed: its summary, or why it can't be read, or neither yet."""

    path: Path
    modified: datetime | None = None
    summary: Summary | None = None
    problem: str = ""


async def found_in(folder: Path) -> AsyncIterator[list[Found]]:
    """Yield all session files of a folder, newest first and unread; then some at a time, read."""
    paths = await asyncio.to_thread(recorded_sessions, folder)
    yield [Found(path) for path in paths]
    for at in range(0, len(paths), AT_ONCE):
        yield await asyncio.to_thread(_read_all, paths[at : at + AT_ONCE])


def _read_all(paths: Sequence[Path]) -> list[Found]:
    return [read(path) for path in paths]


def read(path: Path) -> Found:
    """Read one session file."""
    # Reading a pipe or a device may never end.
    if not is_file(path):
        return Found(path, problem=f"{path} is not a file that can be read")
    try:
        modified = datetime.fromtimestamp(path.stat().st_mtime)
    except OSError:
        modified = None
    try:
        session = read_session(path)
    except SessionError as error:
        return Found(path, modified, problem=str(error))
    return Found(path, modified, summary_of(session, is_read_only=is_read_only(session, path)))
