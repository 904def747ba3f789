"""What every decision is given: its index, its random state, a clock, and whether to stop."""

from collections.abc import Callable, Generator
from dataclasses import dataclass

import torch

from prune_tui.core.run.events import Event
from prune_tui.engine.measure.evaluate import Clock
from prune_tui.engine.training.loop import Stint

Performance = Generator[Event, None, int | None]
"""Events, and at the end the epochs (or cells, or points) after which the user stopped, or None."""


@dataclass(frozen=True, slots=True)
class Context:
    """What every decision is given: its index, its random state, a clock, and whether to stop."""

    index: int
    random_state: torch.Generator
    clock: Clock
    should_stop: Callable[[], bool]

    def stopping(self, limit: int | None) -> Callable[[int], bool]:
        """Return whether to stop with so much done: because the user says so, or the session did."""
        return lambda done: self.should_stop() or (limit is not None and done >= limit)

    def stint(
        self, limit: int | None, *, round: int = 1, num_rounds: int = 1, epochs_before: int = 0
    ) -> Stint:
        """Return a stretch of this decision's training."""
        return Stint(self.index, round, num_rounds, epochs_before, self.stopping(limit))
