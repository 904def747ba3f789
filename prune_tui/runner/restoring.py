"""Restores the engine to the end of a recorded session, from its checkpoints."""

from collections.abc import Iterator
from pathlib import Path

from prune_tui.core.errors import CheckpointError
from prune_tui.core.run.events import Event, SessionRestored
from prune_tui.core.session.restorable import restorable
from prune_tui.core.session.session import Session
from prune_tui.core.workflow.baselines import trained_baseline
from prune_tui.engine.engine import Engine
from prune_tui.engine.network.checkpoint_files import read_checkpoint
from prune_tui.engine.restoring import restore


def restored(engine: Engine, session: Session, folder: Path | None) -> Iterator[Event]:
    """Restore the state at the end of a session's record; ends with `SessionRestored`.

    Raises:
        CheckpointError: there are no checkpoints, or one is missing, altered or for another model.
    """
    record, saved = session.record, restorable(session)
    if record is None or folder is None or saved is None:
        raise CheckpointError(
            f"session {session.name} has no checkpoints to resume from: replay it with --out first"
        )
    trained = trained_baseline(session)
    yield from restore(
        engine.state,
        dense=read_checkpoint(folder, saved.dense),
        training=trained.training if trained is not None else None,
        fresh=engine.fresh_weights(trained.seed) if trained is not None else None,
        early={epoch: read_checkpoint(folder, early) for epoch, early in saved.early.items()},
        pruned=read_checkpoint(folder, saved.pruned) if saved.pruned else None,
        shrunk=read_checkpoint(folder, saved.shrunk) if saved.shrunk else None,
        test_reads=record.report.test_reads,
        source=str(folder),
    )
    yield SessionRestored(record.report, record.checkpoints, len(session.decisions))
