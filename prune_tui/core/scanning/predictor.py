"""Predicts the accuracy of a plan, and how far it may be off; several groups lose more than each alone."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from prune_tui.core.report import ScanFigures
from prune_tui.core.scanning.cells import half_widths_of
from prune_tui.core.scanning.distortion import RisingCurve, logit_error_at, logit_errors_of
from prune_tui.core.scanning.response import Response, WeightedPoint, fitted_response, responses_without_each
from prune_tui.core.scanning.statistics import paired_half_width

POWERS = tuple(2.0 ** (eighth / 8) for eighth in range(-4, 13))
WORST_POWER = 1.0
"""Errors that all point the same way add up; assumed where no plan was evaluated as a whole."""

PRIOR_WEIGHT = 1e-5
"""What a power twice or half as large must gain in mean squared error, so that noise does not change it."""

RUIN_SHARE: Final = 0.5
"""Below this share of the dense accuracy, a network is ruined: how far below is neither known nor of use."""

LEAST_SPREAD: Final = 0.4
"""A plan's logit error may be off by at least this (a natural logarithm), however well others were predicted.

Over uniform, random, solved and hand-made plans of four networks, 19 of 20 accuracies then lie within the
interval (`benchmarks/forecast_intervals.py`).
"""

UNTRIED_SPREAD: Final = math.log(2)
"""The same where no plan was evaluated as a whole."""

MOST_SPREAD: Final = 1.0

CHURN: Final = 0.005
"""The images whose prediction changes either way although the accuracy does not, as a fraction of 1."""

MOST_IMAGES: Final = 1_000
"""Predictions are no more certain than an evaluation on so many images."""

_NOISE: Final = 0.004
"""What a response that only falls can't follow, as a fraction of 1."""


@dataclass(frozen=True, slots=True)
class WholePlan:
    """A plan, a sparsity by group, that was evaluated as a whole; `half_width` is half its 95 % interval."""

    plan: Mapping[str, float]
    accuracy: float
    half_width: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """A predicted accuracy, and the interval in which 9 of 10 plans come to lie, as fractions of 1.

    `low` is 0 where the plan may ruin the network.
    """

    accuracy: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Predictor:
    """An accuracy predictor fitted to a scan, and to all plans evaluated as a whole.

    Groups with logit errors a move the logits by (Σ a^p)^(1/p), where p is the `power`: 1 if their errors
    point the same way, 2 if they are uncorrelated. One `response` for all groups and plans gives the accuracy
    at a logit error. It is fitted by least squares to all cells of the scan and to the whole plans, which
    together weigh no less than the cells; p is the one of POWERS with the best fit. `spread` is the largest
    error of a whole plan's logit error when the response is fitted to the others, as a natural logarithm.
    """

    dense_accuracy: float
    power: float
    logit_errors: Mapping[str, RisingCurve]
    response: Response
    spread: float
    num_images: int


def predict(scan: ScanFigures | None, plan: Mapping[str, float]) -> float | None:
    """Return the predicted accuracy of a plan right after pruning, before any fine-tuning.

    `plan` is a sparsity by group name. None if there is no scan, or a pruned group has no curve.
    """
    if scan is None or scan.dense_accuracy <= 0:
        return None
    return predicted_accuracy(fitted_predictor(scan), plan)


def predicted_accuracy(predictor: Predictor, plan: Mapping[str, float]) -> float | None:
    """Return the predicted accuracy of a plan right after pruning; None if a pruned group has no curve."""
    parts = _parts(predictor.logit_errors, plan)
    return None if parts is None else predictor.response.at(combined_error(parts, predictor.power))


def predicted(predictor: Predictor, plan: Mapping[str, float]) -> Prediction | None:
    """Return the predicted accuracy of a plan and its interval; None if a pruned group has no curve."""
    parts = _parts(predictor.logit_errors, plan)
    if parts is None:
        return None
    error, factor = combined_error(parts, predictor.power), math.exp(predictor.spread)
    accuracy = predictor.response.at(error)
    noise = _sampling_noise(predictor.dense_accuracy - accuracy, predictor.num_images)
    low = predictor.response.at(error * factor) - noise
    high = predictor.response.at(error / factor) + noise
    is_ruined = low < RUIN_SHARE * predictor.dense_accuracy
    return Prediction(accuracy, 0.0 if is_ruined else low, min(1.0, high))


def fitted_predictor(scan: ScanFigures, measured: Sequence[WholePlan] = ()) -> Predictor:
    """Fit a predictor to a scan, and to plans `measured` since."""
    errors = logit_errors_of(scan)
    cells = sorted(_cells(scan, errors))
    plans = [(parts, known) for known in (*_joint(scan), *measured) if (parts := _parts(errors, known.plan))]
    weights = [_weight(known.half_width) for _, known in plans]
    scale = max(1.0, sum(weight for _, _, weight in cells) / max(1e-9, sum(weights)))

    def whole_points(power: float) -> list[WeightedPoint]:
        return [
            (combined_error(parts, power), known.accuracy, scale * weight)
            for (parts, known), weight in zip(plans, weights, strict=True)
        ]

    fits = []
    for power in POWERS if plans else (WORST_POWER,):
        points = [*cells, *whole_points(power)]
        response, squares = fitted_response(scan.dense_accuracy, points)
        squares = squares / sum(weight for _, _, weight in points) if points else 0.0
        fits.append((squares + PRIOR_WEIGHT * math.log2(power / WORST_POWER) ** 2, power, response))
    _, power, response = min(fits, key=lambda fit: fit[0])
    return Predictor(
        dense_accuracy=scan.dense_accuracy,
        power=power,
        logit_errors=errors,
        response=response,
        spread=_spread(scan, cells, whole_points(power), [known for _, known in plans]),
        num_images=min(scan.num_images, MOST_IMAGES),
    )


def combined_error(errors: Iterable[float], power: float) -> float:
    """Return the logit error of several groups pruned at once: (Σ a^p)^(1/p)."""
    return float(sum([one**power for one in errors]) ** (1 / power))


def _spread(
    scan: ScanFigures,
    cells: Sequence[WeightedPoint],
    points: Sequence[WeightedPoint],
    plans: Sequence[WholePlan],
) -> float:
    """Return the largest miss of a whole plan's logit error, each predicted from the others (leave-one-out).

    A miss is the logarithm of the factor to the nearest logit error that explains the accuracy.
    """
    misses = [LEAST_SPREAD if points else UNTRIED_SPREAD]
    responses = responses_without_each(scan.dense_accuracy, cells, points)
    for response, (error, _, _), known in zip(responses, points, plans, strict=True):
        misses.append(_miss(response, error, known))
    return min(MOST_SPREAD, max(misses))


def _miss(response: Response, error: float, known: WholePlan) -> float:
    dense = response.accuracies[0]
    ruin = RUIN_SHARE * dense
    least, most = known.accuracy - known.half_width - _NOISE / 2, known.accuracy + known.half_width
    if known.accuracy < ruin:
        least, most = 0.0, ruin
    lowest = response.accuracies[-1]
    near, far = response.errors_between(max(lowest, min(dense, least)), max(lowest, most + _NOISE / 2))
    if near <= error <= far or error <= 0:
        return 0.0
    return math.log(near / error) if error < near else math.log(error / max(far, 1e-9))


def _sampling_noise(lost: float, num_images: int) -> float:
    """Return half the 95 % interval of an evaluation of a plan that loses so much."""
    gained = CHURN / 2 * num_images
    return paired_half_width(max(0.0, lost) * num_images + gained, gained, num_images, 10 * num_images + 2)


def _joint(scan: ScanFigures) -> list[WholePlan]:
    """Return the plans that the scan evaluated as a whole, on all images or MOST_IMAGES of them."""
    is_exact = scan.tolerance_points is None
    count = min(scan.num_images, MOST_IMAGES)
    return [
        WholePlan(
            point.plan,
            point.accuracy,
            0.0 if is_exact else _sampling_noise(scan.dense_accuracy - point.accuracy, count),
        )
        for point in scan.joint
    ]


def _weight(half_width: float) -> float:
    """Return the weight of an accuracy in a fit: 1 / its variance."""
    return 1 / ((half_width / 2) ** 2 + _NOISE**2)


def _cells(scan: ScanFigures, errors: Mapping[str, RisingCurve]) -> list[WeightedPoint]:
    """Return each cell's logit error, accuracy and weight."""
    return [
        (logit_error_at(errors[curve.name], sparsity), accuracy, _weight(half_width or 0.0))
        for curve in scan.layers
        if curve.name in errors
        for sparsity, accuracy, half_width in zip(
            scan.sparsities, curve.accuracies, half_widths_of(curve), strict=True
        )
        if accuracy is not None
    ]


def _parts(errors: Mapping[str, RisingCurve], plan: Mapping[str, float]) -> list[float] | None:
    """Return each pruned group's logit error; None if a group has no curve."""
    pruned = [(errors.get(name), sparsity) for name, sparsity in plan.items() if sparsity > 0]
    known = [logit_error_at(curve, sparsity) for curve, sparsity in pruned if curve is not None]
    return known if len(known) == len(pruned) else None
