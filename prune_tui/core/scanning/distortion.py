"""How far pruning a group moves the logits.

A pruned network's logits are those of the dense network, scaled, plus an error. Scaling changes no
prediction. The distortion is the error's energy / the signal's: 1/ρ² − 1, where ρ is the correlation between
the logits of the two networks. Its root is the logit error: the ratio of the amplitudes. The errors of
several groups add up to at most the sum of their amplitudes (the triangle inequality); predictions start
from this bound. A distortion is a mean over images and logits, so a few hundred images determine it to some
percent, while the accuracy, a count of images, is still uncertain by a point.

Scans of earlier versions have no distortions. For these the logit error is −log s, where s is the share of
the accuracy above chance that remains; adding such errors multiplies the shares.
"""

import math
from bisect import bisect_left
from collections.abc import Mapping

from prune_tui.core.report import ScanCurve, ScanFigures

LARGEST_DISTORTION = 25.0
"""Distortions are capped here: an error five times the signal leaves chance, and so do inverted logits."""

MOST_CHANCE = 0.1
"""Chance with ten classes."""

LEAST_SHARE = 1e-3
"""A lower bound for s, because a network at chance has s = 0, whose logarithm is infinite."""

RisingCurve = tuple[tuple[float, ...], tuple[float, ...]]
"""Sparsities that rise from 0, and logit errors that never fall."""


def distortion(*, signal: float, error: float, overlap: float) -> float:
    """Return the distortion of logits z + e, where z are the dense logits; both have mean 0 for each image.

    `signal` is Σ z², `error` is Σ e², `overlap` is Σ e·z, over all images and logits.
    """
    if signal <= 0:
        return 0.0 if error <= 0 else LARGEST_DISTORTION
    scale = 1 + overlap / signal
    noise = max(0.0, error - overlap**2 / signal)
    if scale > 0 and noise < LARGEST_DISTORTION * scale**2 * signal:
        return noise / (scale**2 * signal)
    return LARGEST_DISTORTION


def logit_errors_of(scan: ScanFigures) -> Mapping[str, RisingCurve]:
    """Return the curve of logit errors of each scanned group, by the group's name."""
    if scan.dense_accuracy <= 0:
        return {}
    chance = _chance(scan)
    curves = {curve.name: _rising(scan, curve, chance) for curve in scan.layers}
    return {name: curve for name, curve in curves.items() if len(curve[0]) > 1}


def logit_error_at(curve: RisingCurve, sparsity: float) -> float:
    """Return the logit error at a sparsity, interpolated as a power of the density."""
    sparsities, errors = curve
    right = min(len(sparsities) - 1, max(1, bisect_left(sparsities, sparsity)))
    left, low, high = sparsities[right - 1], errors[right - 1], errors[right]
    if low <= 0 or sparsities[right] >= 1:
        return low + (high - low) * (sparsity - left) / (sparsities[right] - left)
    power = math.log(high / low) / math.log((1 - left) / (1 - sparsities[right]))
    return low * math.pow((1 - left) / max(1e-9, 1 - sparsity), power)


def _rising(scan: ScanFigures, curve: ScanCurve, chance: float) -> RisingCurve:
    sparsities, errors = [0.0], [0.0]
    distortions = curve.distortions or (None,) * len(curve.accuracies)
    cells = zip(scan.sparsities, curve.accuracies, distortions, strict=True)
    for sparsity, accuracy, measured in cells:
        if accuracy is not None and sparsity > 0:
            found = _loss(scan, accuracy, chance) if measured is None else math.sqrt(measured)
            sparsities.append(sparsity)
            errors.append(max(errors[-1], found))
    return tuple(sparsities), tuple(errors)


def _chance(scan: ScanFigures) -> float:
    """Return the lowest accuracy seen, at most MOST_CHANCE: a scan does not know the number of classes."""
    seen = [accuracy for curve in scan.layers for accuracy in curve.accuracies if accuracy is not None]
    lowest = min([MOST_CHANCE, *seen])
    return lowest if lowest < scan.dense_accuracy else 0.0


def _loss(scan: ScanFigures, accuracy: float, chance: float) -> float:
    share = (accuracy - chance) / (scan.dense_accuracy - chance)
    return -math.log(max(LEAST_SHARE, share)) if share < 1 else 0.0
