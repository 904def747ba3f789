"""Reads session files, and writes files atomically: a reader sees the whole old file or the whole new one."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import tempfile
import traceback
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from platformdirs import user_log_path

from prune_tui.core.errors import SessionError, StorageError
from prune_tui.core.session.names import name_like

if TYPE_CHECKING:
    from prune_tui.core.session.session import Session

_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_NO_WAITING = getattr(os, "O_NONBLOCK", 0)

_REAL = "prune-tui writes only to regular files and folders: move it away, or put a regular one there"


def write_atomically(path: Path, content: bytes) -> None:
    """Write `content` to a temporary file beside `path`, and rename it to `path`.

    Raises:
        StorageError: the disk is full, the folder is not writable, or `path` is not a regular file; an old
            file is untouched.
    """
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _demand_kind(path, stat.S_ISREG)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        temporary = Path(name)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except (OSError, ValueError) as error:
        raise StorageError(
            f"can't write {path}: {_why(error)}; what was there before is untouched"
        ) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def write_folder(path: Path, files: Mapping[str, bytes]) -> None:
    """Write files by name into a temporary folder beside `path`, and rename it to `path`.

    Raises:
        StorageError: the disk is full, the folder around it is not writable, or there is something at `path`.
    """
    temporary: Path | None = None
    try:
        temporary = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part"))
        for name, content in files.items():
            with (temporary / name).open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        temporary.chmod(0o755)
        check_new(path)
        temporary.replace(path)
    except (OSError, ValueError) as error:
        raise StorageError(f"can't write {path}: {_why(error)}") from error
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)


def check_new(path: Path) -> None:
    """Check that a file or folder can be made at this path, where there is nothing yet.

    Raises:
        StorageError: something is there already, or its folder is missing or not writable.
    """
    if os.path.lexists(path):
        raise StorageError(f"{path} is there already: choose another name, or delete it first")
    if not path.parent.is_dir():
        raise StorageError(f"can't write {path}: no folder {path.parent}; make it first")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise StorageError(f"can't write {path}: the folder {path.parent} is not writable")


def read_regular(path: Path) -> bytes:
    """Return the bytes of a regular file, or of one that a link leads to.

    Raises:
        OSError: there is no such file, it can't be read, or it is a folder, or a pipe or device, which might
            never end.
    """
    try:
        mode = path.stat().st_mode
    except ValueError as error:
        raise OSError(errno.EINVAL, str(error)) from None
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "it is no regular file")
    return path.read_bytes()


def read_session(path: Path) -> Session:
    """Read a session file.

    Raises:
        SessionError: there is no such file, or it is not a session.
    """
    try:
        text = read_regular(path)
    except FileNotFoundError:
        raise SessionError(f"{path}: no such session file") from None
    except OSError as error:
        raise SessionError(f"{path}: can't be read: {_why(error)}") from None
    # Imported late because pydantic is slow to import, and the app shows its first screen before it.
    from prune_tui.core.session.json import from_json

    return from_json(text, source=str(path))


def write_session(path: Path, session: Session) -> None:
    """Write a session file atomically."""
    from prune_tui.core.session.json import to_json

    write_atomically(path, to_json(session).encode())


def session_path(folder: Path, name: str) -> Path:
    """Return the file of the session called `name`."""
    return folder / f"{name}.json"


def checkpoints_folder(path: Path) -> Path:
    """Return the folder of a session file's checkpoints: `sessions/x.json` has `sessions/x/`."""
    return path.with_suffix("")


def log_path(path: Path) -> Path:
    """Return the log of a session file's events, beside its checkpoints."""
    return checkpoints_folder(path) / "events.jsonl"


def unused_name(folder: Path, wanted: str) -> str:
    """Return `wanted`, or `wanted-2`, `wanted-3` … if the folder already has a session of that name.

    If `wanted` is not a valid name, a similar one is used.
    """
    name, number = name_like(wanted), 1
    while any(os.path.lexists(path) for path in (session_path(folder, name), folder / name)):
        number += 1
        name = name_like(wanted, ending=f"-{number}")
    return name


def resumed_name(path: Path) -> str:
    """Return the name under which the session in a file is resumed.

    It is the file's name, so that a copy is a session of its own. If the file's name is not a valid session
    name, it is a similar one that no other session has.
    """
    name = name_like(path.stem)
    return name if session_path(path.parent, name) == path else unused_name(path.parent, name)


def recorded_sessions(folder: Path) -> list[Path]:
    """Return the session files in a folder, newest first; none if there is no such folder.

    Only regular files and links to regular files count.
    """
    try:
        modified = {path: _modified(path) for path in folder.iterdir() if path.name.endswith(".json")}
    except (OSError, ValueError):
        return []
    found = [(seconds, path) for path, seconds in modified.items() if seconds is not None]
    return [path for _, path in sorted(found, reverse=True)]


def _modified(path: Path) -> float | None:
    """Return when a regular file was last modified; None for anything else."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime if stat.S_ISREG(found.st_mode) else None


def check_place(path: Path) -> None:
    """Check that a session can be written to this file, and its checkpoints and log to the folder beside it.

    The folder of sessions may be a link, but nothing in it may be: in a shared folder, someone else's link
    could make the session overwrite any of the user's files.

    Raises:
        StorageError: the file, the folder or a file in it is a link, or of the wrong kind.
    """
    folder = checkpoints_folder(path)
    try:
        _demand_kind(path, stat.S_ISREG)
        _demand_kind(folder, stat.S_ISDIR)
        for inside in (log_path(path), *folder.glob("*.safetensors")):
            _demand_kind(inside, stat.S_ISREG)
    except (OSError, ValueError) as error:
        raise StorageError(f"can't write the session {path}: {_why(error)}") from None


def append_lines(path: Path, lines: list[bytes]) -> None:
    """Append lines to a log file.

    Raises:
        StorageError: the disk is full, the folder is not writable, or `path` is not a regular file.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _demand_kind(path, stat.S_ISREG)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | _NO_LINK | _NO_WAITING
        with os.fdopen(os.open(path, flags, 0o666), "ab") as file:
            file.writelines(line + b"\n" for line in lines)
    except (OSError, ValueError) as error:
        raise StorageError(f"can't write {path}: {_why(error)}") from error


def _demand_kind(path: Path, is_right: Callable[[int], bool]) -> None:
    """Raise OSError if there is something of the wrong kind at the path; a link always is."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not is_right(mode):
        what = "a link" if stat.S_ISLNK(mode) else "no file" if is_right is stat.S_ISREG else "no folder"
        raise OSError(errno.EINVAL, f"{path.name} is {what}, and {_REAL}")


def _why(error: OSError | ValueError) -> str:
    return getattr(error, "strerror", None) or str(error)


def write_traceback(error: BaseException) -> Path:
    """Append an error's traceback to `errors.log` in the user's log folder; return that file."""
    path = user_log_path("prune-tui") / "errors.log"
    lines = "".join(traceback.format_exception(error)).encode().splitlines()
    append_lines(path, [f"--- {datetime.now(UTC).isoformat(timespec='seconds')}".encode(), *lines])
    return path


def logged(error: BaseException) -> Path | None:
    """Write the traceback to the log file, and return that file; None if it can't be written."""
    try:
        return write_traceback(error)
    except StorageError:
        return None
