"""Looks at paths that a person typed: none of these raises, whatever the path."""

import errno
import os
import stat
from pathlib import Path


def expanded(text: str) -> Path:
    """Return a path with `~` and `~user` written out; as it is where there is no such user."""
    path = Path(text)
    try:
        return path.expanduser()
    except RuntimeError:
        return path


def why_no_folder(path: Path) -> str:
    """Say why there is no folder at a path, in the system's words; nothing if there is one."""
    return _why_not(path, stat.S_IFDIR, errno.ENOTDIR)


def is_folder(path: Path) -> bool:
    """Say whether there is a folder at a path that can be looked at."""
    return not why_no_folder(path)


def is_file(path: Path) -> bool:
    """Say whether there is a regular file at a path that can be looked at."""
    return not _why_not(path, stat.S_IFREG, errno.EINVAL)


def _why_not(path: Path, kind: int, otherwise: int) -> str:
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        return getattr(error, "strerror", None) or str(error)
    return "" if stat.S_IFMT(mode) == kind else os.strerror(otherwise)
