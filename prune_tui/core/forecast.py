"""What a plan would give, from the scan's curves and the layers' counts alone: no network is run."""

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from prune_tui.core.events import LayerInfo, WeightsBinned
from prune_tui.core.report import ScanCurve, ScanFigures

FLOAT_BYTES = 4
SAFE_DROP = 0.01
"""A drop in validation accuracy of one point: what a suggested sparsity may cost a layer by itself."""

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


@dataclass(frozen=True, slots=True)
class Price:
    """What a plan would cost and save; `accuracy` is None where the scan does not reach."""

    parameters: int
    nonzero: int
    macs: int
    nonzero_macs: int
    dense_bytes: int
    file_bytes: int
    accuracy: float | None

    @property
    def compression_ratio(self) -> float:
        """All parameters / nonzero parameters (Blalock et al. 2020)."""
        return self.parameters / max(1, self.nonzero)

    @property
    def theoretical_speedup(self) -> float:
        """Dense MACs / nonzero MACs."""
        return self.macs / max(1, self.nonzero_macs)


def num_pruned(parameters: int, sparsity: float) -> int:
    """Return how many of `parameters` weights (or units) a target sparsity prunes: the nearest whole number.

    One is always kept, so that no rounding cuts a small layer through.
    """
    return min(parameters - 1, round(parameters * sparsity))


def stored_bytes(parameters: int, nonzero: int) -> int:
    """Return the bytes of a pruned layer's weights as saved: a bit for each weight, a float for each kept."""
    return (parameters + 7) // 8 + nonzero * FLOAT_BYTES


def price(
    layers: Sequence[LayerInfo],
    plan: Mapping[str, float],
    *,
    other_parameters: int,
    other_macs: int,
    scan: ScanFigures | None,
) -> Price:
    """Price a plan: a sparsity for each layer name; layers left out stay dense.

    Counts of weights are exact for granularity `weight`; `file_bytes` leaves out the header of the file.
    """
    kept = {
        layer.name: layer.parameters - num_pruned(layer.parameters, plan.get(layer.name, 0.0))
        for layer in layers
    }
    total = other_parameters + sum(layer.parameters for layer in layers)
    return Price(
        parameters=total,
        nonzero=other_parameters + sum(kept.values()),
        macs=other_macs + sum(layer.macs for layer in layers),
        nonzero_macs=other_macs + sum(layer.macs * kept[layer.name] // layer.parameters for layer in layers),
        dense_bytes=total * FLOAT_BYTES,
        file_bytes=other_parameters * FLOAT_BYTES
        + sum(
            stored_bytes(layer.parameters, kept[layer.name])
            if plan.get(layer.name)
            else layer.parameters * FLOAT_BYTES
            for layer in layers
        ),
        accuracy=joint_accuracy(scan, plan),
    )


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


def layer_accuracy(scan: ScanFigures | None, name: str, sparsity: float) -> float | None:
    """Read a layer's curve at a sparsity: straight lines between the points, from the dense accuracy at 0.

    Beyond the last scanned point the line falls to zero at sparsity 1: the scan can't know, so it warns.
    """
    curve = curve_of(scan, name)
    if scan is None or curve is None:
        return None
    points = [(0.0, scan.dense_accuracy)]
    points += [
        (at, accuracy)
        for at, accuracy in zip(scan.sparsities, curve.accuracies, strict=True)
        if accuracy is not None
    ]
    if len(points) == 1:
        return scan.dense_accuracy if sparsity <= 0 else None
    points.append((1.0, 0.0))
    for (left, low), (right, high) in pairwise(points):
        if left <= sparsity <= right:
            share = (sparsity - left) / (right - left)
            return low + (high - low) * share
    return None


def curve_of(scan: ScanFigures | None, name: str) -> ScanCurve | None:
    """Return the scan's curve of a layer, if it has one."""
    return next((curve for curve in scan.layers if curve.name == name), None) if scan else None


def safe_sparsity(scan: ScanFigures | None, name: str, *, drop: float = SAFE_DROP) -> float:
    """Return the highest scanned sparsity up to which the layer alone loses no more than `drop`."""
    curve = curve_of(scan, name)
    safe = 0.0
    if scan is not None and curve is not None:
        for sparsity, accuracy in zip(scan.sparsities, curve.accuracies, strict=True):
            if accuracy is None or accuracy < scan.dense_accuracy - drop:
                break
            safe = sparsity
    return safe


def cliff(scan: ScanFigures | None, name: str) -> float | None:
    """Return the sparsity before which the curve falls most from one scanned point to the next."""
    curve = curve_of(scan, name)
    if scan is None or curve is None or None in curve.accuracies:
        return None
    heights = [scan.dense_accuracy, *(accuracy or 0.0 for accuracy in curve.accuracies)]
    falls = [before - after for before, after in pairwise(heights)]
    steepest = max(range(len(falls)), key=falls.__getitem__)
    return scan.sparsities[steepest] if falls[steepest] > SAFE_DROP else None


def explain(layer: LayerInfo, layers: Sequence[LayerInfo], scan: ScanFigures | None) -> str:
    """Say in a line why a layer matters and how far it can go: its share, the safe part, the cliff."""
    share = layer.parameters / sum(other.parameters for other in layers)
    words = [f"{layer.name} holds {share:{'.0%' if share >= 0.01 else '.1%'}} of the weights"]
    if curve_of(scan, layer.name) is None:
        return words[0] + "; not scanned"
    safe = safe_sparsity(scan, layer.name)
    if scan is not None and safe > 0:
        alone = layer_accuracy(scan, layer.name, safe) or 0.0
        words.append(f"{safe:.0%} is safe ({(alone - scan.dense_accuracy) * 100:+.1f})")
    else:
        words.append("no scanned sparsity costs less than a point")
    edge = cliff(scan, layer.name)
    words.append(f"the cliff is at {edge:.0%}" if edge is not None else "no cliff in the scan")
    return "; ".join(words)


def bins_that_die(histogram: WeightsBinned, sparsity: float) -> float:
    """Return how many of the histogram's bins, from the smallest |w| up, a sparsity by magnitude prunes."""
    left = num_pruned(sum(histogram.counts), sparsity)
    for position, count in enumerate(histogram.counts):
        if left < count:
            return position + left / count
        left -= count
    return float(len(histogram.counts))


def uncertainty(accuracy: float, num_images: int) -> float:
    """Return the half-width of the 95 % interval of an accuracy measured on so many images (binomial)."""
    return 1.96 * math.sqrt(max(0.0, accuracy * (1 - accuracy)) / max(1, num_images))


def spread_globally(histograms: Mapping[str, WeightsBinned | None], sparsity: float) -> dict[str, float]:
    """Estimate what one threshold on |w| prunes of each layer, so that all together reach `sparsity`.

    Weights are taken to lie evenly within a bin; a layer without a histogram is given `sparsity` itself.
    """
    binned = {name: histogram for name, histogram in histograms.items() if histogram is not None}
    total = sum(sum(histogram.counts) for histogram in binned.values())
    low, high = 0.0, max((histogram.largest for histogram in binned.values()), default=0.0)
    for _ in range(40):
        threshold = (low + high) / 2
        pruned = sum(_count_below(histogram, threshold) for histogram in binned.values())
        low, high = (threshold, high) if pruned < sparsity * total else (low, threshold)
    return {
        name: _count_below(histogram, high) / max(1, sum(histogram.counts)) if histogram else sparsity
        for name, histogram in histograms.items()
    }


def _count_below(histogram: WeightsBinned, threshold: float) -> float:
    if histogram.largest <= 0 or threshold >= histogram.largest:
        return float(sum(histogram.counts))
    position = threshold / histogram.largest * len(histogram.counts)
    whole = int(position)
    return sum(histogram.counts[:whole]) + histogram.counts[whole] * (position - whole)
