"""Restores the engine to the end of a recorded session, from its checkpoints."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from prune_tui.core.errors import CheckpointError
from prune_tui.core.run.events import Event, SessionRestored
from prune_tui.core.session.session import Checkpoint, Session
from prune_tui.core.terms import Stage
from prune_tui.core.workflow.baselines import trained_baseline
from prune_tui.engine.engine import Engine
from prune_tui.engine.network.checkpoint_files import read_checkpoint
from prune_tui.engine.restoring import restore


def restored(engine: Engine, session: Session, folder: Path | None) -> Iterator[Event]:
    """Restore the state at the end of a session's record; ends with `SessionRestored`.

    Raises:
        CheckpointError: there are no checkpoints, or one is missing, altered or for another model.
    """
    record = session.record
    checkpoints = record.checkpoints if record else ()
    dense = _last(checkpoints, "dense")
    if record is None or folder is None or dense is None:
        raise CheckpointError(
            f"session {session.name} has no checkpoints to resume from: replay it with --out first"
        )
    at = checkpoints.index(dense)
    before, after = checkpoints[:at], checkpoints[at + 1 :]
    pruned, shrunk = _last(after, "pruned"), _last(after, "shrunk")
    if pruned is not None and shrunk is not None and after.index(shrunk) < after.index(pruned):
        shrunk = None
    trained = trained_baseline(session)
    yield from restore(
        engine.state,
        dense=read_checkpoint(folder, dense),
        training=trained.training if trained is not None else None,
        fresh=engine.fresh_weights(trained.seed) if trained is not None else None,
        early={epoch: read_checkpoint(folder, saved) for epoch, saved in _early(before).items()},
        pruned=read_checkpoint(folder, pruned) if pruned else None,
        shrunk=read_checkpoint(folder, shrunk) if shrunk else None,
        test_reads=record.report.test_reads,
        source=str(folder),
    )
    yield SessionRestored(record.report, checkpoints, len(session.decisions))


def _last(checkpoints: Sequence[Checkpoint], stage: Stage) -> Checkpoint | None:
    return next((saved for saved in reversed(checkpoints) if saved.stage == stage), None)


def _early(checkpoints: Sequence[Checkpoint]) -> dict[int, Checkpoint]:
    """Return the early checkpoints of the newest dense baseline by epoch; they are saved right before it."""
    found: dict[int, Checkpoint] = {}
    for checkpoint in reversed(checkpoints):
        number = re.match(r"dense-epoch-(\d+)", checkpoint.path)
        if checkpoint.stage != "early" or number is None:
            break
        found[int(number[1])] = checkpoint
    return found
