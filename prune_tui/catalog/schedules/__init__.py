"""How the sparsity rises over the rounds of an iterative schedule: one function and one line to add one."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from prune_tui.catalog.lookup import entry_named

Steps = Callable[[float, int, int], float]
"""(final sparsity, round from 1, number of rounds) → the target sparsity of that round."""


def linear(final: float, round: int, num_rounds: int) -> float:
    """Rise by the same share of all weights each round."""
    return final * round / num_rounds


def cubic(final: float, round: int, num_rounds: int) -> float:
    """Rise fast at first, slowly at the end (Zhu & Gupta 2017): final · (1 − (1 − t)³)."""
    return final * (1 - (1 - round / num_rounds) ** 3)


def geometric(final: float, round: int, num_rounds: int) -> float:
    """Prune the same share of what is left each round: 1 − (1 − final)^t."""
    return 1 - math.pow(1 - final, round / num_rounds)


@dataclass(frozen=True, slots=True)
class StepsEntry:
    """How the sparsity rises over the rounds, by name."""

    name: str
    description: str
    target: Steps


STEPS: Final[Mapping[str, StepsEntry]] = {
    entry.name: entry
    for entry in (
        StepsEntry("cubic", "fast at first, slow at the end (Zhu & Gupta 2017)", cubic),
        StepsEntry("linear", "the same share of all weights each round", linear),
        StepsEntry("geometric", "the same share of what is left each round", geometric),
    )
}

SCHEDULES: Final[Mapping[str, str]] = {
    "one_shot": "to the target in one round",
    "iterative": f"over several rounds, fine-tuning after each; steps: {', '.join(STEPS)}",
}


def steps_entry(name: str) -> StepsEntry:
    """Return the steps called `name`, or raise `UnknownNameError`."""
    return entry_named("steps", name, STEPS)
