"""Which of a session's checkpoints its state is restored from."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from prune_tui.core.session.session import Checkpoint, Session
from prune_tui.core.terms import Stage


@dataclass(frozen=True, slots=True)
class Restorable:
    """The checkpoints of a session's state: its networks, and its early weights by epoch."""

    dense: Checkpoint
    early: Mapping[int, Checkpoint] = field(default_factory=dict)
    pruned: Checkpoint | None = None
    shrunk: Checkpoint | None = None

    @property
    def all(self) -> tuple[Checkpoint, ...]:
        """All of them."""
        networks = (self.dense, self.pruned, self.shrunk)
        return (*(each for each in networks if each is not None), *self.early.values())


def restorable(session: Session) -> Restorable | None:
    """Return the checkpoints that a session is restored from; None if it records no dense baseline."""
    checkpoints = session.record.checkpoints if session.record is not None else ()
    dense = _last(checkpoints, "dense")
    if dense is None:
        return None
    at = checkpoints.index(dense)
    before, after = checkpoints[:at], checkpoints[at + 1 :]
    pruned, shrunk = _last(after, "pruned"), _last(after, "shrunk")
    if pruned is not None and shrunk is not None and after.index(shrunk) < after.index(pruned):
        shrunk = None
    return Restorable(dense, _early(before), pruned, shrunk)


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
