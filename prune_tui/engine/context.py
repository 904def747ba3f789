"""What every decision is given, and what it returns."""

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
    """One training run within a decision: its place there, for events, and when to stop.

    `should_stop` is called before each batch with the number of epochs that the decision has completed. The
    first `epochs_skipped` epochs of the recipe are left out, with their learning rates.
    """

    decision: int
    round: int
    num_rounds: int
    epochs_before: int
    should_stop: Callable[[int], bool]
    epochs_skipped: int = 0


@dataclass(frozen=True, slots=True)
class Context:
    """What every decision is given.

    `should_stop` says whether the user wants to stop. `free_name` turns a name such as `pruned` into the name
    of a file that the session does not have yet, such as `pruned-2.safetensors`.
    """

    index: int
    random_state: torch.Generator
    clock: Clock
    should_stop: Callable[[], bool]
    free_name: Callable[[str], str]

    def should_stop_after(self, limit: int | None) -> Callable[[int], bool]:
        """Return a predicate of the amount done: the user wants to stop, or the recorded run stopped."""
        return lambda done: self.should_stop() or (limit is not None and done >= limit)

    def phase(
        self, limit: int | None, *, round: int = 1, num_rounds: int = 1, epochs_before: int = 0
    ) -> TrainingPhase:
        """Return a training run of this decision; `limit` is where the recorded run stopped, in epochs."""
        return TrainingPhase(self.index, round, num_rounds, epochs_before, self.should_stop_after(limit))


@dataclass(frozen=True, slots=True)
class CheckpointToSave:
    """A network to be saved; `accuracy` is on the validation split."""

    name: str
    stage: Stage
    content: bytes
    accuracy: float | None = None


@dataclass(frozen=True, slots=True)
class DecisionResult:
    """The decision as it was carried out, and the checkpoints to save.

    `stopped_after` counts epochs, evaluations or points; None if it was not stopped.
    """

    decision: Decision
    to_save: tuple[CheckpointToSave, ...] = ()
    stopped_after: int | None = None


Execution = Generator[Event, None, DecisionResult]
"""A decision being carried out: it yields events and returns the result."""
