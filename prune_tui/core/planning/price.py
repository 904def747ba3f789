"""What a plan would give, from the scan's curves and the layers' counts alone: no network is run."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from prune_tui.core.network import LayerInfo
from prune_tui.core.report import ScanCurve, ScanFigures
from prune_tui.core.run.events import WeightsBinned
from prune_tui.core.scanning.predictor import joint_accuracy

FLOAT_BYTES = 4
SAFE_DROP = 0.01
"""A drop in validation accuracy of one point: what a suggested sparsity may cost a layer by itself."""


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
