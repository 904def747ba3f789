"""Predicts the accuracy of a plan; several groups pruned at once lose more than each alone."""

import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from prune_tui.core.report import ScanFigures
from prune_tui.core.scanning.distortion import RisingCurve, logit_error_at, logit_errors_of

POWERS = tuple(2.0 ** (eighth / 8) for eighth in range(-4, 13))
WORST_POWER = 1.0
"""Errors that all point the same way add up; assumed where no plan was evaluated as a whole."""

PRIOR_WEIGHT = 1e-5
"""What a power twice or half as large must gain in mean squared error, so that noise does not change it."""

BEYOND = 4.0
"""The response ends at this multiple of the largest logit error seen."""

WeightedPoint = tuple[float, float, float]
"""A network's logit error, its accuracy, and the weight of this point in the fit."""

HeldOutError = tuple[float, float]
"""The accuracy of a plan evaluated as a whole, and the error of its prediction in points."""

FallingCurve = tuple[tuple[float, ...], tuple[float, ...]]
"""Logit errors that rise from 0, and accuracies that never rise."""


@dataclass(frozen=True, slots=True)
class Predictor:
    """An accuracy predictor fitted to a scan.

    Groups with logit errors a move the logits by (Σ a^p)^(1/p), where p is the `power`: 1 if their errors
    point the same way, 2 if they are uncorrelated. One falling curve for all groups and plans, the
    `response`, gives the accuracy at a logit error. It is fitted by least squares to all cells of the scan
    and to all plans evaluated as a whole, which together weigh as much as the cells (isotonic regression by
    pooling adjacent violators, Ayer et al. 1955). p is the one of POWERS with the best fit.
    """

    dense_accuracy: float
    power: float
    logit_errors: Mapping[str, RisingCurve]
    response: FallingCurve


def predict(scan: ScanFigures | None, plan: Mapping[str, float]) -> float | None:
    """Return the predicted accuracy of a plan right after pruning, before any fine-tuning.

    `plan` is a sparsity by group name. None if there is no scan, or a pruned group has no curve.
    """
    if scan is None or scan.dense_accuracy <= 0:
        return None
    return predicted_accuracy(fitted_predictor(scan), plan)


def held_out_errors(scan: ScanFigures) -> tuple[HeldOutError, ...]:
    """Return the error of the prediction of each plan evaluated as a whole, ordered by its accuracy.

    Each plan is predicted from the cells and the other plans (leave-one-out). Empty with fewer than two.
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


def error_points_at(known: Sequence[HeldOutError], accuracy: float | None) -> float | None:
    """Return how far a prediction of this accuracy may be off, in points, interpolated from held-out errors.

    None below the accuracy of all plans evaluated.
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
    """Return the predicted accuracy of a plan right after pruning; None if a pruned group has no curve."""
    parts = _parts(predictor.logit_errors, plan)
    return None if parts is None else _read(predictor.response, combined_error(parts, predictor.power))


def combined_error(errors: Iterable[float], power: float) -> float:
    """Return the logit error of several groups pruned at once: (Σ a^p)^(1/p)."""
    return float(sum([one**power for one in errors]) ** (1 / power))


def _cells(scan: ScanFigures, errors: Mapping[str, RisingCurve]) -> list[WeightedPoint]:
    """Return each cell's logit error and accuracy."""
    return [
        (logit_error_at(errors[curve.name], sparsity), accuracy, 1.0)
        for curve in scan.layers
        if curve.name in errors
        for sparsity, accuracy in zip(scan.sparsities, curve.accuracies, strict=True)
        if accuracy is not None
    ]


def _parts(errors: Mapping[str, RisingCurve], plan: Mapping[str, float]) -> list[float] | None:
    """Return each pruned group's logit error; None if a group has no curve."""
    pruned = [(errors.get(name), sparsity) for name, sparsity in plan.items() if sparsity > 0]
    known = [logit_error_at(curve, sparsity) for curve, sparsity in pruned if curve is not None]
    return known if len(known) == len(pruned) else None


def _fitted(dense_accuracy: float, points: Sequence[WeightedPoint]) -> tuple[FallingCurve, float]:
    """Return the falling curve nearest to the points, and the weighted sum of its squared errors.

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
