"""Loads each checkpoint of a session, and compares its accuracy with the recorded one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from prune_tui.catalog.code.permission import check_code
from prune_tui.catalog.names import check_names
from prune_tui.commands.replay import recorded_threads
from prune_tui.core.errors import SessionError
from prune_tui.core.session.json import json_data
from prune_tui.core.session.session import Checkpoint
from prune_tui.engine.device import prepare_process
from prune_tui.runner.runner import Runner
from prune_tui.storage import checkpoints_folder, read_session


@dataclass(frozen=True, slots=True)
class Verified:
    """A checkpoint, and its present accuracy on the validation split."""

    checkpoint: Checkpoint
    accuracy: float

    def holds(self, tolerance_points: float) -> bool:
        """Whether the accuracy is within tolerance of the recorded one, if one was recorded."""
        recorded = self.checkpoint.accuracy
        return recorded is None or abs(self.accuracy - recorded) <= tolerance_points / 100 + 1e-12


def verify(
    path: Path, *, data_dir: Path | None = None, num_threads: int | None = None, allow_code: bool = False
) -> list[Verified]:
    """Evaluate every checkpoint that the session in a file names.

    `allow_code` lets the session run the user's own files that it names.

    Raises:
        PruneTuiError: the session, a checkpoint, the data or the device can't be used.
    """
    session = read_session(path)
    check_names(session, source=str(path))
    check_code(session, allow_code=allow_code, source=str(path))
    record = session.record
    if record is None or not record.checkpoints:
        raise SessionError(f"{path}: has no checkpoints: replay it with --out first")
    prepare_process(num_threads or recorded_threads(record.report))
    runner = Runner(
        replace(session, decisions=(), record=None),
        sessions_dir=None,
        data_dir=data_dir,
        allow_code=allow_code,
    )
    for _ in runner.open():
        pass
    folder = checkpoints_folder(path)
    return [Verified(checkpoint, runner.accuracy_of(folder, checkpoint)) for checkpoint in record.checkpoints]


def document(path: Path, found: Sequence[Verified], tolerance_points: float) -> dict[str, object]:
    """Return what `verify --json` prints."""
    rows = [
        {
            **json_data(each.checkpoint),
            "accuracy_now": each.accuracy,
            "holds": each.holds(tolerance_points),
        }
        for each in found
    ]
    return {"session": str(path), "checkpoints": rows}
