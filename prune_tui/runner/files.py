"""A session's files: the session itself, its checkpoints, and the log of its events."""

from pathlib import Path
from typing import Final

from pydantic import TypeAdapter

from prune_tui.core.run.events import BatchEvaluated, BatchTrained, Event, StepBegun
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
    """The files of one session, and what is not yet written to them; without `sessions_dir`, nothing is."""

    def __init__(self, sessions_dir: Path | None, name: str) -> None:
        self.path = session_path(sessions_dir, name) if sessions_dir is not None else None
        self.folder = checkpoints_folder(self.path) if self.path is not None else None
        self.is_saved = True
        self._checkpoints: dict[str, bytes] = {}
        self._log: list[bytes] = []

    def check(self) -> None:
        """Check that the session's file and folder can be written.

        Raises:
            StorageError: one of them is a link, or neither a regular file nor a folder.
        """
        if self.path is not None:
            check_place(self.path)

    def note(self, event: Event) -> None:
        """Keep an event for the log, except events of single batches and steps."""
        if self.path is not None and not isinstance(event, BatchTrained | BatchEvaluated | StepBegun):
            name = type(event).__name__.encode()
            self._log.append(b'{"event":"' + name + b'",' + _EVENT_JSON.dump_json(event)[1:])

    @property
    def num_events(self) -> int:
        """How many events are not logged yet."""
        return len(self._log)

    def forget_events(self, after: int) -> None:
        """Drop the events after the first `after` from the log: their decision was abandoned."""
        del self._log[after:]

    def keep(self, name: str, content: bytes) -> None:
        """Keep a checkpoint's bytes until they are saved."""
        if self.folder is not None:
            self._checkpoints[name] = content

    def rewrite(self, session: Session) -> None:
        """Write the session alone, if its file is there and all else is written.

        Raises:
            StorageError: the disk is full or the folder not writable; what was there before is untouched.
        """
        if self.path is not None and self.is_saved and not self._checkpoints and self.path.exists():
            check_place(self.path)
            write_session(self.path, session)

    def save(self, session: Session) -> None:
        """Write what is not written yet: checkpoints first, then the session that names them, then the log.

        Raises:
            StorageError: the disk is full or the folder not writable; nothing is lost, so save again later.
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
