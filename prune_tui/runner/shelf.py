"""Keeps sessions: branches, renames and deletes one, with the files that are its own, and no others."""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from prune_tui.catalog.paths import is_file
from prune_tui.core.errors import SessionError, StorageError
from prune_tui.core.session.decisions import CHECKPOINT_PATTERN, LoadDense
from prune_tui.core.session.names import NAME_PATTERN
from prune_tui.core.session.restorable import restorable
from prune_tui.core.session.session import Session
from prune_tui.runner.past import session_after
from prune_tui.storage import (
    check_place,
    checkpoints_folder,
    log_path,
    read_regular,
    read_session,
    session_path,
    write_atomically,
    write_session,
)


def own_files(path: Path) -> list[Path]:
    """Return the checkpoints and the log of a session file, which are in the folder beside it."""
    log = log_path(path)
    with suppress(OSError):
        inside = sorted(checkpoints_folder(path).iterdir())
        return [file for file in inside if file == log or re.match(CHECKPOINT_PATTERN, file.name)]
    return []


def is_read_only(session: Session, path: Path) -> bool:
    """Return whether a session has decisions, but not the checkpoints to go on from."""
    if not session.decisions:
        return False
    saved, folder = restorable(session), checkpoints_folder(path)
    return saved is None or not all(is_file(folder / checkpoint.path) for checkpoint in saved.all)


def why_no_name(folder: Path, name: str) -> str:
    """Return why a session in a folder can't be given this name; empty if it can."""
    if not re.fullmatch(NAME_PATTERN, name):
        return "letters, digits, . _ and -, at most 64, beginning with a letter or digit"
    if any(os.path.lexists(place) for place in (session_path(folder, name), folder / name)):
        return f"there is a session {name} already"
    return ""


def branch(path: Path, name: str, *, num_decisions: int | None = None) -> Path:
    """Copy a session under another name, with its own files, and return the copy's file.

    With `num_decisions`, the copy has only the first decisions and what came of them, as far as the log
    tells; else it is the whole session, with the plan that was being made.

    Raises:
        SessionError: it can't be read, or the name can't be used.
        StorageError: a file can't be read or written; nothing of the copy is left.
    """
    target = _new_place(path, name)
    session = read_session(path)
    log: Sequence[bytes] = _lines(log_path(path))
    if num_decisions is not None and num_decisions < len(session.decisions):
        session, log = session_after(session, log, num_decisions)
    try:
        for file in _named_files(session, path):
            write_atomically(checkpoints_folder(target) / file.name, read_regular(file))
        if log:
            write_atomically(log_path(target), b"".join(line + b"\n" for line in log))
        write_session(target, replace(session, name=name))
    except (OSError, StorageError) as error:
        with suppress(StorageError):
            delete(target)
        if isinstance(error, OSError):
            raise StorageError(f"can't copy {path}: {error.strerror or error}") from None
        raise
    return target


def rename(path: Path, name: str) -> Path:
    """Give a session another name, with its checkpoints and its log, and return its new file.

    Raises:
        SessionError: it can't be read, or the name can't be used.
        StorageError: a file can't be written or moved; what was moved until then has the new name.
    """
    target = _new_place(path, name)
    session = read_session(path)
    check_place(path)
    with _explained(f"can't rename {path}"):
        times = path.stat()
        # The new file first, and the old one last: whenever this is cut short, no checkpoint is lost.
        write_session(target, replace(session, name=name))
        if files := own_files(path):
            checkpoints_folder(target).mkdir()
            for file in files:
                file.rename(checkpoints_folder(target) / file.name)
            _remove_if_empty(checkpoints_folder(path))
        path.unlink()
        os.utime(target, ns=(times.st_atime_ns, times.st_mtime_ns))
    return target


def delete(path: Path) -> None:
    """Delete a session's file, checkpoints and log; anything else in its folder stays, and the folder then.

    Raises:
        StorageError: one of them is a link, or can't be deleted; the session's file goes last.
    """
    check_place(path)
    with _explained(f"can't delete {path}"):
        for file in own_files(path):
            file.unlink()
        _remove_if_empty(checkpoints_folder(path))
        path.unlink(missing_ok=True)


def _new_place(path: Path, name: str) -> Path:
    """Return the file of a session's new name."""
    if why := why_no_name(path.parent, name):
        raise SessionError(f"{name!r} is no name for a session: {why}")
    return session_path(path.parent, name)


def _named_files(session: Session, path: Path) -> list[Path]:
    """Return the checkpoints that a session names, and that are there."""
    recorded = session.record.checkpoints if session.record is not None else ()
    loaded = [decision.weights for decision in session.decisions if isinstance(decision, LoadDense)]
    names = {*(checkpoint.path for checkpoint in recorded), *loaded}
    return [file for file in own_files(path) if file.name in names]


def _lines(path: Path) -> list[bytes]:
    """Return the lines of a log; none if there is none. A line that is still being written is left out."""
    try:
        return read_regular(path).split(b"\n")[:-1]
    except OSError:
        return []


def _remove_if_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()


@contextmanager
def _explained(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(f"{what}: {error.strerror or error}") from None
