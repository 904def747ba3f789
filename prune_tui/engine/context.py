"""What every decision is given, and what it ends with."""

from collections.abc import Callable, Generator
from dataclasses import dataclass

import torch

from prune_tui.core.run.events import Event
from prune_tui.core.session.decisions import Decision
from prune_tui.core.terms import Stage

Clock = Callable[[], float]
"""Seconds since the decision began."""


@dataclass(frozen=True, slots=True)
class TrainingPhase:
    """Which part of a decision's training this is, for its events, and when to stop.

    `should_stop` is asked before each batch with the epochs completed in this decision so far. The recipe's
    first `epochs_skipped` are left out, its learning rates with them.
    """

    decision: int
    round: int
    num_rounds: int
    epochs_before: int
    should_stop: Callable[[int], bool]
    epochs_skipped: int = 0


@dataclass(frozen=True, slots=True)
class Context:
    """What every decision is given: its index, its random state, a clock, whether to stop, and free names.

    `free_name` returns the file name, such as `pruned-2.safetensors`, that no checkpoint of the session has.
    """

    index: int
    random_state: torch.Generator
    clock: Clock
    should_stop: Callable[[], bool]
    free_name: Callable[[str], str]

    def stopping(self, limit: int | None) -> Callable[[int], bool]:
        """Return whether to stop with so much done: because the user says so, or the session did."""
        return lambda done: self.should_stop() or (limit is not None and done >= limit)

    def phase(
        self, limit: int | None, *, round: int = 1, num_rounds: int = 1, epochs_before: int = 0
    ) -> TrainingPhase:
        """Return a part of this decision's training."""
        return TrainingPhase(self.index, round, num_rounds, epochs_before, self.stopping(limit))


@dataclass(frozen=True, slots=True)
class CheckpointToSave:
    """A network to be saved: its file's name, its bytes, and its accuracy on the validation split."""

    name: str
    stage: Stage
    content: bytes
    accuracy: float | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """What a decision ends with: itself as it went, where it was stopped, and what is to be saved.

    `stopped_after` counts epochs (or evaluations, or points); None if it was not stopped.
    """

    decision: Decision
    to_save: tuple[CheckpointToSave, ...] = ()
    stopped_after: int | None = None


Work = Generator[Event, None, Ending]
"""A decision being carried out: events, and at the end what it ends with."""
