"""A budget to be solved: what its target counts, what may be left of that, and what a plan costs."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import assert_never

from prune_tui.core.planning.groups import PruningGroup, by_layer
from prune_tui.core.planning.price import Price, price
from prune_tui.core.planning.target import Target, TargetKind
from prune_tui.core.report import ScanFigures
from prune_tui.core.run.latency_table import NS_PER_MS, LatencyTable
from prune_tui.core.scanning.predictor import Predictor, predicted_accuracy
from prune_tui.core.shrinking import NetworkShape, ShrunkCounts


@dataclass(frozen=True, slots=True)
class Problem:
    """A network with its scan, and the sparsities of the groups `locked`; all other free groups may move.

    `shape` gives what units leave; None for other granularities. `overhead_bytes` are those of a dense
    checkpoint beside its parameters. `kernels` give what layers take; None where none were measured.
    """

    groups: tuple[PruningGroup, ...]
    scan: ScanFigures
    predictor: Predictor
    locked: Mapping[str, float]
    other_parameters: int
    other_macs: int
    shape: NetworkShape | None = None
    overhead_bytes: int = 0
    kernels: LatencyTable | None = None

    def price(self, plan: Mapping[str, float]) -> Price:
        """Price a plan together with the locked groups."""
        whole = {**self.locked, **plan}
        counted = price(
            [layer for group in self.groups for layer in group.layers],
            by_layer(self.groups, whole),
            other_parameters=self.other_parameters,
            other_macs=self.other_macs,
            granularity=self.scan.granularity,
            shape=self.shape,
            overhead_bytes=self.overhead_bytes,
            kernels=self.kernels,
        )
        return replace(counted, accuracy=predicted_accuracy(self.predictor, whole))


def amount(kind: TargetKind, counts: Price | ShrunkCounts) -> int:
    """Return how much is left of what a target counts: bytes, MACs, parameters, weights or ns."""
    match kind:
        case "file_size":
            return counts.file_bytes
        case "theoretical_speedup":
            return counts.nonzero_macs
        case "sparsity":
            return counts.nonzero_weights
        case "latency":
            assert isinstance(counts, Price), "units have no latency to be predicted"
            assert counts.latency_ns is not None, "no kernels were measured"
            return counts.latency_ns
        case "compression_ratio" | "nonzero_parameters" | "accuracy_drop" | "accuracy":
            return counts.nonzero
        case _:
            assert_never(kind)


def most_allowed(target: Target, paid: Price) -> int:
    """Return the largest amount that meets a target of size or speed; `paid` gives the dense totals."""
    match target.kind:
        case "file_size" | "nonzero_parameters":
            return math.floor(target.value)
        case "compression_ratio":
            return _most_left(paid.parameters, target.value)
        case "theoretical_speedup":
            return _most_left(paid.macs, target.value)
        case "sparsity":
            return math.floor(paid.weights * (1 - target.value / 100) + 1e-6)
        case "latency":
            return math.floor(target.value * NS_PER_MS + 1e-6)
        case "accuracy_drop" | "accuracy":
            return 0
        case _:
            assert_never(target.kind)


def accuracy_floor(target: Target, dense_accuracy: float) -> float:
    """Return the least accuracy that a target of accuracy allows."""
    floor = dense_accuracy - target.value / 100 if target.kind == "accuracy_drop" else target.value / 100
    return floor - 1e-9


def best_target(kind: TargetKind, paid: Price) -> Target:
    """Return the hardest target of size or speed that a plan of this price meets, as a round number."""
    match kind:
        case "file_size":
            step = 10 ** max(2, len(str(paid.file_bytes)) - 3)
            return Target(kind, float(-(-paid.file_bytes // step) * step))
        case "compression_ratio":
            return Target(kind, math.floor(paid.compression_ratio * 100) / 100)
        case "theoretical_speedup":
            return Target(kind, math.floor(paid.theoretical_speedup * 100) / 100)
        case "sparsity":
            return Target(kind, math.floor(paid.sparsity * 10_000) / 100)
        case "latency":
            ns = amount(kind, paid)
            step = 10 ** max(0, len(str(ns)) - 3)
            return Target(kind, -(-ns // step) * step / NS_PER_MS)
        case "nonzero_parameters" | "accuracy_drop" | "accuracy":
            step = 10 ** max(0, len(str(paid.nonzero)) - 3)
            return Target("nonzero_parameters", float(-(-paid.nonzero // step) * step))
        case _:
            assert_never(kind)


def _most_left(total: int, ratio: float) -> int:
    """Return the largest count for which `total` / count, in floating point, is at least `ratio`."""
    left = max(1, math.floor(total / ratio))
    if total / (left + 1) >= ratio:
        return left + 1
    return left if total / left >= ratio else left - 1
