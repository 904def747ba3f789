"""Reads a scan's curves: the accuracy at a sparsity, the safe sparsity, and the cliff."""

import math
from itertools import pairwise

from prune_tui.core.numbers import percent_text, points_text, share_text
from prune_tui.core.report import ScanCurve, ScanFigures

SAFE_DROP = 0.01
"""One point of validation accuracy: the most that a suggested sparsity may cost a layer by itself."""


def layer_accuracy(scan: ScanFigures | None, name: str, sparsity: float) -> float | None:
    """Return a layer's accuracy at a sparsity, interpolated linearly from the dense accuracy at 0.

    Beyond the last scanned sparsity, where nothing is known, the line falls to zero at sparsity 1.
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
    """Return the scan's curve of a layer; None if it has none."""
    return next((curve for curve in scan.layers if curve.name == name), None) if scan else None


def is_scanned(scan: ScanFigures | None, name: str) -> bool:
    """Return whether anything of a layer was evaluated: a scan that was stopped early leaves some out."""
    curve = curve_of(scan, name)
    return curve is not None and any(accuracy is not None for accuracy in curve.accuracies)


def is_complete(scan: ScanFigures) -> bool:
    """Return whether every cell of a scan has an accuracy."""
    return bool(scan.layers) and not any(None in curve.accuracies for curve in scan.layers)


def safe_sparsity(scan: ScanFigures | None, name: str, *, drop: float = SAFE_DROP) -> float:
    """Return the highest scanned sparsity up to which the layer alone surely loses at most `drop` (0 to 1).

    The lower end of a cell's 95 % interval decides; where the interval is not recorded, its accuracy does.
    """
    curve = curve_of(scan, name)
    safe = 0.0
    if scan is not None and curve is not None:
        half_widths = curve.half_widths or (None,) * len(curve.accuracies)
        cells = zip(scan.sparsities, curve.accuracies, half_widths, strict=True)
        for sparsity, accuracy, half_width in cells:
            if accuracy is None or accuracy - (half_width or 0.0) < scan.dense_accuracy - drop:
                break
            safe = sparsity
    return safe


def cliff(scan: ScanFigures | None, name: str) -> float | None:
    """Return the sparsity just before the steepest fall; None if the curve is incomplete or flat."""
    curve = curve_of(scan, name)
    if scan is None or curve is None or None in curve.accuracies:
        return None
    heights = [scan.dense_accuracy, *(accuracy or 0.0 for accuracy in curve.accuracies)]
    falls = [before - after for before, after in pairwise(heights)]
    steepest = max(range(len(falls)), key=falls.__getitem__)
    return scan.sparsities[steepest] if falls[steepest] > SAFE_DROP else None


def explain(name: str, share: float, scan: ScanFigures | None) -> str:
    """Return a line on a group: its share of the weights, its safe sparsity, and its cliff."""
    words = [f"{name}: {percent_text(share, 0 if share >= 0.01 else 1)} of the weights"]
    if not is_scanned(scan, name):
        return words[0] + "; not scanned"
    safe = safe_sparsity(scan, name)
    if scan is not None and safe > 0:
        alone = layer_accuracy(scan, name, safe) or 0.0
        words.append(f"{share_text(safe)} is safe ({points_text(alone - scan.dense_accuracy)} points)")
    else:
        words.append("no scanned sparsity surely costs less than a point")
    edge = cliff(scan, name)
    words.append(f"cliff at {share_text(edge)}" if edge is not None else "no cliff in the scan")
    return "; ".join(words)


def accuracy_half_width(accuracy: float, num_images: int) -> float:
    """Return half the 95 % interval of an accuracy on `num_images` (normal approximation)."""
    return 1.96 * math.sqrt(max(0.0, accuracy * (1 - accuracy)) / max(1, num_images))
