"""Audits a session's checkpoints: whether they are unchanged, and how accurate they are now."""

from collections.abc import Iterable
from pathlib import Path

from prune_tui.core.returning import drained
from prune_tui.core.session.session import Checkpoint
from prune_tui.engine import restoring
from prune_tui.engine.engine import Engine
from prune_tui.engine.network.checkpoint_files import read_checkpoint


def check_checkpoints(engine: Engine, folder: Path, checkpoints: Iterable[Checkpoint]) -> None:
    """Check that checkpoints are unchanged since they were saved, and fit this model.

    Raises:
        CheckpointError: one is missing, truncated, altered or for another model.
    """
    for checkpoint in checkpoints:
        content, source = read_checkpoint(folder, checkpoint), str(folder / checkpoint.path)
        restoring.check_checkpoint(engine.state, content, checkpoint.stage, source=source)


def accuracy_of(engine: Engine, folder: Path, checkpoint: Checkpoint) -> float:
    """Load a checkpoint and evaluate it on the validation split.

    Raises:
        CheckpointError: it is missing, truncated, altered or for another model.
    """
    content, source = read_checkpoint(folder, checkpoint), str(folder / checkpoint.path)
    return drained(restoring.accuracy_of(engine.state, content, checkpoint.stage, source=source))
