"""What the kernels of a network take at several densities, and what a plan is predicted to take by them."""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

NS_PER_MS = 1_000_000

Examples = Literal["one", "batch"]
"""One example alone, or a batch of so many as the table was measured for."""


@dataclass(frozen=True, slots=True)
class LayerLatency:
    """What one layer takes with so many nonzero weights, in ns for one example and for a whole batch.

    `nonzeros` rise; the times don't fall.
    """

    name: str
    nonzeros: tuple[int, ...]
    one_ns: tuple[int, ...]
    batch_ns: tuple[int, ...]

    def ns_at(self, nonzero: int, examples: Examples = "one") -> int:
        """Return the time with so many nonzeros: on the line between the nearest two that were measured.

        Beyond those it is that of the nearest.
        """
        times = self.one_ns if examples == "one" else self.batch_ns
        above = bisect_left(self.nonzeros, nonzero)
        if above == len(self.nonzeros):
            return times[-1]
        if above == 0 or self.nonzeros[above] == nonzero:
            return times[above]
        low, high = self.nonzeros[above - 1], self.nonzeros[above]
        return times[above - 1] + (times[above] - times[above - 1]) * (nonzero - low) // (high - low)


@dataclass(frozen=True, slots=True)
class LatencyTable:
    """What the layers and everything else of one network take, measured on one thread of this machine.

    The errors are the largest relative deviations of predictions from `num_checked` whole plans, drawn at
    random and timed: for one example, and for a batch of `batch_size`.
    """

    layers: tuple[LayerLatency, ...]
    other_one_ns: int
    other_batch_ns: int
    batch_size: int
    num_checked: int
    one_error: float
    batch_error: float

    def ns_of(self, nonzero: Mapping[str, int], examples: Examples = "one") -> int:
        """Return what a network takes whose layers have so many nonzeros; layers left out are dense.

        What layers take adds up, as one runs after the other.
        """
        other = self.other_one_ns if examples == "one" else self.other_batch_ns
        return other + sum(
            layer.ns_at(nonzero.get(layer.name, layer.nonzeros[-1]), examples) for layer in self.layers
        )

    def layer(self, name: str) -> LayerLatency | None:
        return next((layer for layer in self.layers if layer.name == name), None)


def not_falling(times: Mapping[int, float]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the numbers of nonzeros, rising, and their times: a time above a later one is lowered to it.

    More nonzeros never take less, but for noise and for kernels that compute zeros, too: these are as fast
    with fewer.
    """
    nonzeros = sorted(times)
    falling = accumulate((round(times[nonzero]) for nonzero in reversed(nonzeros)), min)
    return tuple(nonzeros), tuple(reversed(list(falling)))
