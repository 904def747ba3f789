"""A session's files: the session itself, its checkpoints, and the log of its events."""

from pathlib import Path
from typing import Final

from pydantic import TypeAdapter

from prune_tui.core.run.events import BatchEvaluated, BatchTrained, Event
from prune_tui.core.session.session import Session
from prune_tui.storage import (
    append_lines,
    check_place,
    checkpoints_folder,
    log_path,
    session_path,
    write_atomically,
    write_session,
)

_EVENT_JSON: Final[TypeAdapter[Event]] = TypeAdapter(Event)


class SessionFiles:
    """Where a session is written, and what is not written yet; `sessions_dir` None writes nothing."""

    def __init__(self, sessions_dir: Path | None, name: str) -> None:
        self.path = session_path(sessions_dir, name) if sessions_dir is not None else None
        self.folder = checkpoints_folder(self.path) if self.path is not None else None
        self.is_saved = True
        self._checkpoints: dict[str, bytes] = {}
        self._log: list[bytes] = []

    def check(self) -> None:
        """Check that the session can be written where it is to be.

        Raises:
            StorageError: its file or its folder is a link, or no regular one.
        """
        if self.path is not None:
            check_place(self.path)

    def note(self, event: Event) -> None:
        """Keep an event for the log; those of single batches are left out."""
        if self.path is not None and not isinstance(event, BatchTrained | BatchEvaluated):
            name = type(event).__name__.encode()
            self._log.append(b'{"event":"' + name + b'",' + _EVENT_JSON.dump_json(event)[1:])

    @property
    def num_events(self) -> int:
        """How many events are not logged yet."""
        return len(self._log)

    def forget_events(self, after: int) -> None:
        """Leave the events since there were so many out of the log: their decision was abandoned."""
        del self._log[after:]

    def keep(self, name: str, content: bytes) -> None:
        """Keep a checkpoint's bytes until they are saved."""
        if self.folder is not None:
            self._checkpoints[name] = content

    def save(self, session: Session) -> None:
        """Write what is not written yet: checkpoints first, then the session that names them, then the log.

        Raises:
            StorageError: the disk is full or the folder not writable; nothing is lost, and it may be retried.
        """
        if self.path is None or self.folder is None:
            return
        self.is_saved = False
        check_place(self.path)
        for name in list(self._checkpoints):
            write_atomically(self.folder / name, self._checkpoints[name])
            del self._checkpoints[name]
        write_session(self.path, session)
        append_lines(log_path(self.path), self._log)
        self._log.clear()
        self.is_saved = True
