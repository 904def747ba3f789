"""What accuracy a plan is predicted to keep: groups pruned together lose more than each alone."""

import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from prune_tui.core.report import ScanFigures
from prune_tui.core.scanning.distortion import RisingCurve, logit_error_at, logit_errors_of

POWERS = tuple(2.0 ** (eighth / 8) for eighth in range(-4, 13))
WORST_POWER = 1.0
"""Errors that all point the same way add up: assumed where no plan was evaluated whole."""

PRIOR_WEIGHT = 1e-5
"""What a power twice or half as large must gain, in squares of accuracy: so that noise teaches nothing."""

BEYOND = 4.0
"""How many times the largest logit error seen leaves nothing but chance."""

Point = tuple[float, float, float]
"""A network's logit error, the accuracy it leaves, and how much that weighs."""

Miss = tuple[float, float]
"""The accuracy that a plan evaluated whole has, and by how many points its prediction misses that."""

FallingCurve = tuple[tuple[float, ...], tuple[float, ...]]
"""A curve as logit errors that rise from 0 and accuracies that never rise."""


@dataclass(frozen=True, slots=True)
class Predictor:
    """An accuracy predictor fitted to a scan: each group's logit errors, how they add up, what they leave.

    Groups with logit errors a move the logits by (Σ a^p)^(1/p), p being the `power`: 1 if their errors point
    the same way, 2 if they have nothing to do with each other. What accuracy an error leaves is one falling
    curve for all groups and plans, the `response`: the nearest by least squares to every cell of the scan and
    every plan evaluated whole, which weigh as much as all cells (isotonic regression by pooling adjacent
    violators, Ayer et al. 1955). p is that of POWERS under which they lie nearest to one such curve.
    """

    dense_accuracy: float
    power: float
    logit_errors: Mapping[str, RisingCurve]
    response: FallingCurve


def predict(scan: ScanFigures | None, plan: Mapping[str, float]) -> float | None:
    """Predict the accuracy of a whole plan right after pruning, before any fine-tuning, as `Predictor` says.

    None if a pruned layer has no curve.
    """
    if scan is None or scan.dense_accuracy <= 0:
        return None
    return predicted_accuracy(fitted_predictor(scan), plan)


def misses(scan: ScanFigures) -> tuple[Miss, ...]:
    """Return by how much predictions miss each plan evaluated whole, ordered by its accuracy.

    Each is predicted by what the cells and the other plans teach (leave-one-out). Empty with fewer than two.
    """
    if scan.dense_accuracy <= 0 or len(scan.joint) < 2:
        return ()
    found = []
    for at, point in enumerate(scan.joint):
        others = replace(scan, joint=(*scan.joint[:at], *scan.joint[at + 1 :]))
        accuracy = predict(others, point.plan)
        if accuracy is not None:
            found.append((point.accuracy, abs(accuracy - point.accuracy) * 100))
    return tuple(sorted(found))


def error_at(known: Sequence[Miss], accuracy: float | None) -> float | None:
    """Return how far a prediction of this accuracy may be off, in points: straight between the misses.

    None where no plan was tried that lost as much.
    """
    if accuracy is None or not known or accuracy < known[0][0]:
        return None
    for (low, below), (high, above) in pairwise(known):
        if accuracy <= high:
            share = (accuracy - low) / (high - low) if high > low else 1.0
            return below + (above - below) * share
    return known[-1][1]


def fitted_predictor(scan: ScanFigures) -> Predictor:
    """Fit a predictor to a scan."""
    errors = logit_errors_of(scan)
    cells = _cells(scan, errors)
    parts = [(_parts(errors, point.plan), point.accuracy) for point in scan.joint]
    whole = [(known, accuracy) for known, accuracy in parts if known]
    weight = max(1.0, len(cells) / max(1, len(whole)))
    fits = []
    for power in POWERS if whole else (WORST_POWER,):
        points = [*cells, *((combined_error(known, power), accuracy, weight) for known, accuracy in whole)]
        response, squares = _fitted(scan.dense_accuracy, points)
        squares = squares / sum(weight for _, _, weight in points) if points else 0.0
        fits.append((squares + PRIOR_WEIGHT * math.log2(power / WORST_POWER) ** 2, power, response))
    _, power, response = min(fits, key=lambda fit: fit[0])
    return Predictor(scan.dense_accuracy, power, errors, response)


def predicted_accuracy(predictor: Predictor, plan: Mapping[str, float]) -> float | None:
    """Predict the accuracy of a whole plan right after pruning; None if a pruned layer has no curve."""
    parts = _parts(predictor.logit_errors, plan)
    return None if parts is None else _read(predictor.response, combined_error(parts, predictor.power))


def combined_error(errors: Iterable[float], power: float) -> float:
    """Return the logit error of several groups pruned together."""
    return float(sum([one**power for one in errors]) ** (1 / power))


def _cells(scan: ScanFigures, errors: Mapping[str, RisingCurve]) -> list[Point]:
    """Return each cell's logit error and accuracy."""
    return [
        (logit_error_at(errors[curve.name], sparsity), accuracy, 1.0)
        for curve in scan.layers
        if curve.name in errors
        for sparsity, accuracy in zip(scan.sparsities, curve.accuracies, strict=True)
        if accuracy is not None
    ]


def _parts(errors: Mapping[str, RisingCurve], plan: Mapping[str, float]) -> list[float] | None:
    """Return each pruned group's logit error, or None if one has no curve."""
    pruned = [(errors.get(name), sparsity) for name, sparsity in plan.items() if sparsity > 0]
    known = [logit_error_at(curve, sparsity) for curve, sparsity in pruned if curve is not None]
    return known if len(known) == len(pruned) else None


def _fitted(dense_accuracy: float, points: Sequence[Point]) -> tuple[FallingCurve, float]:
    """Return the falling curve that is nearest to points, and the weighted squares of what it misses.

    It begins with the dense accuracy, and ends with the lowest accuracy seen, far beyond all points.
    """
    blocks: list[tuple[float, float, float, list[float]]] = []
    for at, accuracy, weight in sorted(points):
        mean, total, squares, errors = accuracy, weight, 0.0, [at]
        while blocks and blocks[-1][0] < mean:
            before, more, missed, earlier = blocks.pop()
            squares += missed + (mean - before) ** 2 * total * more / (total + more)
            mean, total = (mean * total + before * more) / (total + more), total + more
            errors = earlier + errors
        blocks.append((mean, total, squares, errors))
    known = [(at, min(mean, dense_accuracy)) for mean, _, _, errors in blocks for at in errors]
    lowest = min((accuracy for _, accuracy, _ in points), default=0.0)
    last = known[-1][0] if known else 1.0
    curve = [(0.0, dense_accuracy), *known, (BEYOND * last + 1e-9, min(lowest, dense_accuracy))]
    return (
        (tuple(at for at, _ in curve), tuple(accuracy for _, accuracy in curve)),
        sum(squares for _, _, squares, _ in blocks),
    )


def _read(curve: FallingCurve, error: float) -> float:
    errors, accuracies = curve
    right = min(len(errors) - 1, max(1, bisect_left(errors, error)))
    left, low, high = errors[right - 1], accuracies[right - 1], accuracies[right]
    share = (error - left) / (errors[right] - left) if errors[right] > left else 1.0
    return low + (high - low) * min(1.0, max(0.0, share))
