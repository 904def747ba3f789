"""How layers pruned together strain the network more than each alone, and what accuracy that leaves."""

import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from prune_tui.core.report import ScanFigures
from prune_tui.core.scanning.distortion import Rising, strain, strains_of

POWERS = tuple(2.0 ** (eighth / 8) for eighth in range(-4, 13))
WORST_POWER = 1.0
"""Errors that all point the same way add up: assumed where no plan was evaluated whole."""

PRIOR_WEIGHT = 1e-5
"""What a power twice or half as large must gain, in squares of accuracy: so that noise teaches nothing."""

BEYOND = 4.0
"""How many times the largest strain seen leaves nothing but chance."""

Point = tuple[float, float, float]
"""A network's strain, the accuracy it leaves, and how much that weighs."""

Miss = tuple[float, float]
"""The accuracy that a plan evaluated whole has, and by how many points its forecast misses that."""

Falling = tuple[tuple[float, ...], tuple[float, ...]]
"""A curve as strains that rise from 0 and accuracies that never rise."""


@dataclass(frozen=True, slots=True)
class Forecaster:
    """A scan made ready to foresee: each layer's strains, how they add up, and what accuracy they leave.

    Layers with strains a strain the network by (Σ a^p)^(1/p), p being the `power`: 1 if their errors point
    the same way, 2 if they have nothing to do with each other. What accuracy a strain leaves is one falling
    curve for all layers and plans, the `response`: the nearest by least squares to every cell of the scan and
    every plan evaluated whole, which weigh as much as all cells (isotonic regression by pooling adjacent
    violators, Ayer et al. 1955). p is that of POWERS under which they lie nearest to one such curve.
    """

    dense_accuracy: float
    power: float
    strains: Mapping[str, Rising]
    response: Falling


def joint_accuracy(scan: ScanFigures | None, plan: Mapping[str, float]) -> float | None:
    """Predict the accuracy of a whole plan right after pruning, before any fine-tuning, as `Forecaster` says.

    None if a pruned layer has no curve.
    """
    if scan is None or scan.dense_accuracy <= 0:
        return None
    return foreseen(forecaster(scan), plan)


def misses(scan: ScanFigures) -> tuple[Miss, ...]:
    """Return by how much forecasts miss each plan evaluated whole, ordered by its accuracy.

    Each is foreseen by what the cells and the other plans teach (leave-one-out). Empty with fewer than two.
    """
    if scan.dense_accuracy <= 0 or len(scan.joint) < 2:
        return ()
    found = []
    for at, point in enumerate(scan.joint):
        others = replace(scan, joint=(*scan.joint[:at], *scan.joint[at + 1 :]))
        accuracy = joint_accuracy(others, point.plan)
        if accuracy is not None:
            found.append((point.accuracy, abs(accuracy - point.accuracy) * 100))
    return tuple(sorted(found))


def error_at(known: Sequence[Miss], accuracy: float | None) -> float | None:
    """Return how far a forecast of this accuracy may be off, in points: straight between the misses.

    None where no plan was tried that lost as much.
    """
    if accuracy is None or not known or accuracy < known[0][0]:
        return None
    for (low, below), (high, above) in pairwise(known):
        if accuracy <= high:
            share = (accuracy - low) / (high - low) if high > low else 1.0
            return below + (above - below) * share
    return known[-1][1]


def forecaster(scan: ScanFigures) -> Forecaster:
    """Make a scan ready to foresee."""
    strains = strains_of(scan)
    cells = _cells(scan, strains)
    parts = [(_parts(strains, point.plan), point.accuracy) for point in scan.joint]
    whole = [(known, accuracy) for known, accuracy in parts if known]
    weight = max(1.0, len(cells) / max(1, len(whole)))
    fits = []
    for power in POWERS if whole else (WORST_POWER,):
        points = [*cells, *((together(known, power), accuracy, weight) for known, accuracy in whole)]
        response, squares = _fitted(scan.dense_accuracy, points)
        squares = squares / sum(weight for _, _, weight in points) if points else 0.0
        fits.append((squares + PRIOR_WEIGHT * math.log2(power / WORST_POWER) ** 2, power, response))
    _, power, response = min(fits, key=lambda fit: fit[0])
    return Forecaster(scan.dense_accuracy, power, strains, response)


def foreseen(ready: Forecaster, plan: Mapping[str, float]) -> float | None:
    """Predict the accuracy of a whole plan right after pruning; None if a pruned layer has no curve."""
    parts = _parts(ready.strains, plan)
    return None if parts is None else _read(ready.response, together(parts, ready.power))


def together(strains: Iterable[float], power: float) -> float:
    """Return how much several layers' strains strain the network."""
    return float(sum([one**power for one in strains]) ** (1 / power))


def _cells(scan: ScanFigures, strains: Mapping[str, Rising]) -> list[Point]:
    """Return each cell's strain and accuracy."""
    return [
        (strain(strains[curve.name], sparsity), accuracy, 1.0)
        for curve in scan.layers
        if curve.name in strains
        for sparsity, accuracy in zip(scan.sparsities, curve.accuracies, strict=True)
        if accuracy is not None
    ]


def _parts(strains: Mapping[str, Rising], plan: Mapping[str, float]) -> list[float] | None:
    """Return each pruned layer's strain, or None if one has no curve."""
    pruned = [(strains.get(name), sparsity) for name, sparsity in plan.items() if sparsity > 0]
    known = [strain(curve, sparsity) for curve, sparsity in pruned if curve is not None]
    return known if len(known) == len(pruned) else None


def _fitted(dense_accuracy: float, points: Sequence[Point]) -> tuple[Falling, float]:
    """Return the falling curve that is nearest to points, and the weighted squares of what it misses.

    It begins with the dense accuracy, and ends with the lowest accuracy seen, far beyond all points.
    """
    blocks: list[tuple[float, float, float, list[float]]] = []
    for at, accuracy, weight in sorted(points):
        mean, total, squares, strains = accuracy, weight, 0.0, [at]
        while blocks and blocks[-1][0] < mean:
            before, more, missed, earlier = blocks.pop()
            squares += missed + (mean - before) ** 2 * total * more / (total + more)
            mean, total = (mean * total + before * more) / (total + more), total + more
            strains = earlier + strains
        blocks.append((mean, total, squares, strains))
    known = [(at, min(mean, dense_accuracy)) for mean, _, _, strains in blocks for at in strains]
    lowest = min((accuracy for _, accuracy, _ in points), default=0.0)
    last = known[-1][0] if known else 1.0
    curve = [(0.0, dense_accuracy), *known, (BEYOND * last + 1e-9, min(lowest, dense_accuracy))]
    return (
        (tuple(at for at, _ in curve), tuple(accuracy for _, accuracy in curve)),
        sum(squares for _, _, squares, _ in blocks),
    )


def _read(curve: Falling, strained: float) -> float:
    strains, accuracies = curve
    right = min(len(strains) - 1, max(1, bisect_left(strains, strained)))
    left, low, high = strains[right - 1], accuracies[right - 1], accuracies[right]
    share = (strained - left) / (strains[right] - left) if strains[right] > left else 1.0
    return low + (high - low) * min(1.0, max(0.0, share))
