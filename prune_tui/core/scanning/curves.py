"""What a scan's curves say of a group: its accuracy at a sparsity, how far it is safe, where the cliff is."""

import math
from itertools import pairwise

from prune_tui.core.report import ScanCurve, ScanFigures

SAFE_DROP = 0.01
"""A drop in validation accuracy of one point: what a suggested sparsity may cost a layer by itself."""


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


def explain(name: str, share: float, scan: ScanFigures | None) -> str:
    """Say in a line why a group matters and how far it can go: its share, what is safe, the cliff."""
    words = [f"{name} holds {share:{'.0%' if share >= 0.01 else '.1%'}} of the weights"]
    if curve_of(scan, name) is None:
        return words[0] + "; not scanned"
    safe = safe_sparsity(scan, name)
    if scan is not None and safe > 0:
        alone = layer_accuracy(scan, name, safe) or 0.0
        words.append(f"{safe:.0%} is safe ({(alone - scan.dense_accuracy) * 100:+.1f})")
    else:
        words.append("no scanned sparsity costs less than a point")
    edge = cliff(scan, name)
    words.append(f"the cliff is at {edge:.0%}" if edge is not None else "no cliff in the scan")
    return "; ".join(words)


def uncertainty(accuracy: float, num_images: int) -> float:
    """Return the half-width of the 95 % interval of an accuracy measured on so many images (binomial)."""
    return 1.96 * math.sqrt(max(0.0, accuracy * (1 - accuracy)) / max(1, num_images))
