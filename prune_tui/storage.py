"""Reads session files and writes any file atomically: a reader sees the old file or the new one, whole."""

import os
import tempfile
import traceback
from datetime import UTC, datetime
from pathlib import Path

from platformdirs import user_log_path

from prune_tui.core.errors import SessionError, StorageError
from prune_tui.core.session.json import from_json, to_json
from prune_tui.core.session.session import Session


def write_atomically(path: Path, content: bytes) -> None:
    """Write `content` to `path` by way of a temporary file beside it.

    Raises:
        StorageError: the disk is full or the place is not writable; the old file, if any, is untouched.
    """
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        temporary = Path(name)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        reason = error.strerror or str(error)
        raise StorageError(f"can't write {path}: {reason}; what was there before is untouched") from error


def read_session(path: Path) -> Session:
    """Read a session file.

    Raises:
        SessionError: there is no such file, or it is not a session.
    """
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        raise SessionError(f"{path}: no such session file") from None
    except OSError as error:
        raise SessionError(f"{path}: can't be read: {error.strerror}") from None
    return from_json(text, source=str(path))


def write_session(path: Path, session: Session) -> None:
    """Write a session file atomically."""
    write_atomically(path, to_json(session).encode())


def session_path(folder: Path, name: str) -> Path:
    """Return the file of the session called `name`."""
    return folder / f"{name}.json"


def checkpoints_folder(path: Path) -> Path:
    """Return the folder of a session file's checkpoints: `sessions/x.json` has `sessions/x/`."""
    return path.with_suffix("")


def unused_name(folder: Path, wanted: str) -> str:
    """Return `wanted`, or `wanted-2`, `wanted-3` … where a session of that name is already there."""
    name, number = wanted, 1
    while session_path(folder, name).exists() or (folder / name).exists():
        number += 1
        name = f"{wanted}-{number}"
    return name


def recorded_sessions(folder: Path) -> list[Path]:
    """Return the session files in a folder, newest first; none if there is no such folder."""
    return sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)


def append_lines(path: Path, lines: list[bytes]) -> None:
    """Append lines to a log file.

    Raises:
        StorageError: the disk is full or the place is not writable.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            file.writelines(line + b"\n" for line in lines)
    except OSError as error:
        raise StorageError(f"can't write {path}: {error.strerror or error}") from error


def write_traceback(error: BaseException) -> Path:
    """Append an error's traceback to the log file in the user's log folder; return that file."""
    path = user_log_path("prune-tui") / "errors.log"
    lines = "".join(traceback.format_exception(error)).encode().splitlines()
    append_lines(path, [f"--- {datetime.now(UTC).isoformat(timespec='seconds')}".encode(), *lines])
    return path
