"""Looks at paths that a person typed, without ever raising an error."""

import errno
import os
import stat
from pathlib import Path


def expanded(text: str) -> Path:
    """Return a path with `~` or `~user` replaced by a home folder, or unchanged if there is no such user."""
    path = Path(text)
    try:
        return path.expanduser()
    except RuntimeError:
        return path


def why_no_folder(path: Path) -> str:
    """Say in the system's words why there is no folder at a path; empty if there is one."""
    return _why_not(path, stat.S_IFDIR, errno.ENOTDIR)


def is_folder(path: Path) -> bool:
    """Say whether there is a folder at a path."""
    return not why_no_folder(path)


def is_file(path: Path) -> bool:
    """Say whether there is a regular file at a path."""
    return not _why_not(path, stat.S_IFREG, errno.EINVAL)


def _why_not(path: Path, kind: int, wrong_kind: int) -> str:
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        return getattr(error, "strerror", None) or str(error)
    return "" if stat.S_IFMT(mode) == kind else os.strerror(wrong_kind)
