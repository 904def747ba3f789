"""How layers pruned together lose more than each alone, fitted to plans that were evaluated whole."""

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from prune_tui.core.report import ScanCurve, ScanFigures

JOINT_DROPS = (0.0025, 0.005, 0.01, 0.02, 0.05, 0.1)
"""What each layer alone may lose in the plans that are evaluated whole, as fractions of 1."""

INTERACTIONS = tuple(2.0 ** (quarter / 4) for quarter in range(-11, 5))
PRIOR_WEIGHT = 0.002
"""What forgoing the product by a factor of e must gain: a fifth of a point, so that noise teaches nothing."""

MOST_CHANCE = 0.1
"""A guesser's accuracy among ten classes; a scan does not say how many there are."""

LEAST_SHARE = 1e-3
"""A network at chance has lost all, whose logarithm would be infinite."""

Falling = tuple[tuple[float, ...], tuple[float, ...]]
"""A curve as sparsities that rise from 0 to 1 and accuracies that never rise."""

Evaluated = tuple[list[float], float]
"""A plan that was evaluated whole: each layer's loss when pruned alone, and the accuracy of all together."""

Missed = tuple[float, list[float]]
"""An interaction, and by how much it misses each plan that was evaluated whole."""


@dataclass(frozen=True, slots=True)
class Forecaster:
    """A scan made ready to foresee: each layer's curve made monotone, and how much losses amplify each other.

    Pruned alone, a layer keeps the share s of the accuracy above chance, and its loss is l = −log s. Together
    they keep exp(−(Σ l^λ)^(1/λ)), λ being the `interaction`: the t-norm of Aczél and Alsina (1982; Klement,
    Mesiar and Pap, Triangular Norms, 2000). λ = 1 is the product of the shares: losses are independent. Below
    1 they amplify each other, as noise in the activations does. For one layer it is its own curve whatever
    λ. λ is fitted by least squares to the plans that were evaluated whole, and 1 where there are none.
    `chance` is the lowest accuracy seen, at most MOST_CHANCE.
    """

    dense_accuracy: float
    chance: float
    interaction: float
    curves: Mapping[str, Falling]


def joint_accuracy(scan: ScanFigures | None, plan: Mapping[str, float]) -> float | None:
    """Predict the accuracy of a whole plan right after pruning, before any fine-tuning, as `Forecaster` says.

    None if a pruned layer has no curve.
    """
    if scan is None or scan.dense_accuracy <= 0:
        return None
    return foreseen(forecaster(scan), plan)


def forecast_error(scan: ScanFigures | None) -> float | None:
    """Return how far forecasts are off, in points: the mean |foreseen − real| over the plans evaluated whole.

    Each is foreseen by what the others alone teach (leave-one-out). None with fewer than two.
    """
    if scan is None or scan.dense_accuracy <= 0:
        return None
    ready = forecaster(scan, calibrated=False)
    points = _joint_losses(ready, scan)
    if len(points) < 2:
        return None
    misses = _misses(ready, points)
    errors = []
    for at, (losses, real) in enumerate(points):
        others = [*points[:at], *points[at + 1 :]]
        without = [(interaction, [*missed[:at], *missed[at + 1 :]]) for interaction, missed in misses]
        interaction = _best_interaction(ready, others, without)
        errors.append(abs(_after(replace(ready, interaction=interaction), losses) - real))
    return sum(errors) / len(errors) * 100


def joint_plans(scan: ScanFigures) -> tuple[dict[str, float], ...]:
    """Return the whole plans to evaluate, so that forecasts are calibrated; none before all curves are known.

    A plan for each of JOINT_DROPS: each layer at the highest sparsity, read off its curve, that costs it no
    more than that when pruned alone.
    """
    if scan.granularity == "n_m" or any(None in curve.accuracies for curve in scan.layers):
        return ()
    ready = forecaster(scan, calibrated=False)
    plans: list[dict[str, float]] = []
    for drop in JOINT_DROPS:
        floor = scan.dense_accuracy - drop
        sparsities = {name: _highest_above(curve, floor) for name, curve in ready.curves.items()}
        plan = {name: sparsity for name, sparsity in sparsities.items() if sparsity > 0}
        if len(plan) > 1 and plan not in plans:
            plans.append(plan)
    return tuple(plans)


def forecaster(scan: ScanFigures, *, calibrated: bool = True) -> Forecaster:
    """Make a scan ready to foresee; if not `calibrated`, as if no plan had been evaluated whole."""
    curves = {curve.name: _falling(scan, curve) for curve in scan.layers}
    seen = [accuracy for curve in scan.layers for accuracy in curve.accuracies if accuracy is not None]
    chance = min([MOST_CHANCE, *seen, *(point.accuracy for point in scan.joint)])
    ready = Forecaster(
        dense_accuracy=scan.dense_accuracy,
        chance=chance if chance < scan.dense_accuracy else 0.0,
        interaction=1.0,
        curves={name: curve for name, curve in curves.items() if len(curve[0]) > 2},
    )
    if not calibrated or not scan.joint:
        return ready
    points = _joint_losses(ready, scan)
    return replace(ready, interaction=_best_interaction(ready, points, _misses(ready, points)))


def foreseen(ready: Forecaster, plan: Mapping[str, float]) -> float | None:
    """Predict the accuracy of a whole plan right after pruning; None if a pruned layer has no curve."""
    losses = _losses(ready, plan)
    return None if losses is None else _after(ready, losses)


def strain(ready: Forecaster, name: str, sparsity: float) -> float:
    """Return what pruning a layer adds to the network's strain: its loss to the power of the interaction.

    Strains of layers add up; `accuracy_under` reads what is left of a network from their sum.

    Raises:
        KeyError: the layer has no curve.
    """
    loss = _loss(ready, _read(ready.curves[name], sparsity))
    return loss**ready.interaction if loss > 0 else 0.0


def accuracy_under(ready: Forecaster, strained: float) -> float:
    """Return the accuracy that is left under the sum of all layers' strains."""
    share = math.exp(-(strained ** (1 / ready.interaction))) if strained > 0 else 1.0
    return ready.chance + (ready.dense_accuracy - ready.chance) * share


def strain_allowed(ready: Forecaster, accuracy: float) -> float:
    """Return the strain that leaves this accuracy, the inverse of `accuracy_under`; any leaves chance."""
    if accuracy <= ready.chance:
        return math.inf
    loss = _loss(ready, accuracy)
    return loss**ready.interaction if loss > 0 else 0.0


def _after(ready: Forecaster, losses: Sequence[float]) -> float:
    return accuracy_under(ready, sum([loss**ready.interaction for loss in losses]))


def _losses(ready: Forecaster, plan: Mapping[str, float]) -> list[float] | None:
    """Return each pruned layer's loss that is not 0, or None if one has no curve."""
    losses = []
    for name, sparsity in plan.items():
        if sparsity > 0:
            curve = ready.curves.get(name)
            if curve is None:
                return None
            losses.append(_loss(ready, _read(curve, sparsity)))
    return [loss for loss in losses if loss > 0]


def _loss(ready: Forecaster, accuracy: float) -> float:
    """Return −log of the share that an accuracy has of the dense one, both above chance."""
    share = (accuracy - ready.chance) / (ready.dense_accuracy - ready.chance)
    return -math.log(max(LEAST_SHARE, share)) if share < 1 else 0.0


def _joint_losses(ready: Forecaster, scan: ScanFigures) -> list[Evaluated]:
    """Return the layers' losses and the real accuracy of each plan that was evaluated whole."""
    points = [(_losses(ready, point.plan), point.accuracy) for point in scan.joint]
    return [(losses, accuracy) for losses, accuracy in points if losses is not None]


def _missing(ready: Forecaster, points: Sequence[Evaluated], interaction: float) -> list[float]:
    """Return foreseen − real of each plan under an interaction; the last is the prior's."""
    guess = replace(ready, interaction=interaction)
    return [
        *(_after(guess, losses) - accuracy for losses, accuracy in points),
        PRIOR_WEIGHT * math.log(interaction),
    ]


def _misses(ready: Forecaster, points: Sequence[Evaluated]) -> list[Missed]:
    return [(interaction, _missing(ready, points, interaction)) for interaction in INTERACTIONS]


def _best_interaction(ready: Forecaster, points: Sequence[Evaluated], misses: Sequence[Missed]) -> float:
    """Return the interaction of the least squares: the best of those tried, then once more close to it."""
    low, best, high = _least_squares(misses)
    near = [(at, _missing(ready, points, at)) for at in sorted({low, best, high})]
    return _least_squares(near)[1]


def _least_squares(misses: Sequence[Missed]) -> tuple[float, float, float]:
    """Return the interaction of the least squares and its neighbours; misses are straight between."""
    found, least = (1.0, 1.0, 1.0), math.inf
    for (low, here), (high, there) in pairwise(misses):
        slope = sum((after - before) ** 2 for before, after in zip(here, there, strict=True))
        down = sum(before * (before - after) for before, after in zip(here, there, strict=True))
        share = min(1.0, max(0.0, down / slope)) if slope > 0 else 0.0
        squares = sum(
            (before + (after - before) * share) ** 2 for before, after in zip(here, there, strict=True)
        )
        if squares < least:
            found, least = (low, high if share == 1 else low * (high / low) ** share, high), squares
    return found


def _falling(scan: ScanFigures, curve: ScanCurve) -> Falling:
    """Make a curve one that never rises: the nearest such one by least squares, at most the dense accuracy.

    By pooling adjacent violators (Ayer et al. 1955), so that noise does not add up. It begins with the dense
    accuracy at 0 and ends with zero at 1, as in `layer_accuracy`.
    """
    sparsities = [0.0]
    blocks: list[tuple[float, int]] = []
    for sparsity, accuracy in zip(scan.sparsities, curve.accuracies, strict=True):
        if accuracy is None or sparsity == 0:
            continue
        sparsities.append(sparsity)
        mean, count = accuracy, 1
        while blocks and blocks[-1][0] < mean:
            before, more = blocks.pop()
            mean, count = (mean * count + before * more) / (count + more), count + more
        blocks.append((mean, count))
    pooled = [min(mean, scan.dense_accuracy) for mean, count in blocks for _ in range(count)]
    return (*sparsities, 1.0), (scan.dense_accuracy, *pooled, 0.0)


def _read(curve: Falling, sparsity: float) -> float:
    sparsities, accuracies = curve
    right = min(len(sparsities) - 1, max(1, bisect_left(sparsities, sparsity)))
    left, low, high = sparsities[right - 1], accuracies[right - 1], accuracies[right]
    return low + (high - low) * (sparsity - left) / (sparsities[right] - left)


def _highest_above(curve: Falling, floor: float) -> float:
    """Return the highest sparsity, at most the last scanned, at which a curve is not below `floor`."""
    highest = 0.0
    for (left, low), (right, high) in pairwise(zip(curve[0][:-1], curve[1][:-1], strict=True)):
        if high < floor:
            return math.floor((left + (right - left) * (low - floor) / (low - high)) * 1e4) / 1e4
        highest = right
    return highest
