"""Reads checkpoint files, and checks that they are those that were saved."""

import os
from pathlib import Path

from prune_tui.core.errors import CheckpointError
from prune_tui.core.session.session import Checkpoint
from prune_tui.engine.network.hashes import sha256
from prune_tui.storage import read_regular


def read_checkpoint(folder: Path, checkpoint: Checkpoint) -> bytes:
    """Return the bytes of a session's checkpoint, after checking that they are those that were saved.

    Raises:
        CheckpointError: it is missing, truncated or altered, or leads out of the session's folder.
    """
    path = file_inside(folder, checkpoint.path)
    content = read_weights(path)
    if len(content) != checkpoint.file_bytes:
        raise CheckpointError(
            f"{path}: has {len(content):,} bytes, the session says {checkpoint.file_bytes:,}: "
            "truncated or replaced; copy the file again"
        )
    if sha256(content) != checkpoint.sha256:
        raise CheckpointError(
            f"{path}: altered since it was saved: its SHA-256 is not the session's; copy the file again"
        )
    return content


def file_inside(folder: Path, name: str) -> Path:
    """Return the path of a file in a folder; links that lead elsewhere are errors.

    Raises:
        CheckpointError: it leads out of that folder.
    """
    path = folder / name
    if Path(os.path.realpath(path)) != Path(os.path.realpath(folder)) / name:
        raise CheckpointError(
            f"{path}: leads out of the session's folder {folder}; put the file itself there"
        )
    return path


def read_weights(path: Path) -> bytes:
    """Return a file's bytes.

    Raises:
        CheckpointError: it is missing or can't be read.
    """
    try:
        return read_regular(path)
    except FileNotFoundError:
        raise CheckpointError(f"{path}: no such checkpoint") from None
    except OSError as error:
        raise CheckpointError(f"{path}: can't be read: {error.strerror}") from None
