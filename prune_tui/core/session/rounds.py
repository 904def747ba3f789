"""Pruning in rounds: how many there are, and how the network is rewound between them."""

from dataclasses import dataclass
from typing import Annotated, Literal

from prune_tui.core.fields import Count, Data, Positive, TaggedBy


@dataclass(frozen=True, slots=True, kw_only=True)
class OneShot(Data):
    """Prune to the target in one round."""

    name: Literal["one_shot"] = "one_shot"

    @property
    def num_rounds(self) -> int:
        return 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Iterative(Data):
    """Prune to the target over several rounds, and retrain after each."""

    name: Literal["iterative"] = "iterative"
    steps: str = "cubic"
    num_rounds: Positive = 3


Schedule = Annotated[OneShot | Iterative, TaggedBy("name")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewinding(Data):
    """Retrain as the dense baseline was trained, from the end of one of its epochs (Renda et al. 2020).

    `weights` also resets the remaining weights to their values at that epoch; epoch 0 has the fresh weights
    (Frankle & Carbin 2019). `learning_rate` keeps the final weights and only rewinds the schedule.
    """

    to: Literal["weights", "learning_rate"] = "weights"
    epoch: Count = 0

    @property
    def description(self) -> str:
        """The kind of rewinding and its epoch: `weights rewinding to epoch 1`."""
        return f"{self.to.replace('_', '-')} rewinding to epoch {self.epoch}"
