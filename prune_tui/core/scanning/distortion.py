"""How far pruning a group moves the logits, read off the distortions that a scan measured.

A pruned network's logits are the dense network's, scaled, and an error. Scaling changes no prediction. The
ratio of the error's energy to the signal's is the distortion: 1/ρ² − 1, where ρ is the correlation of the two
networks' logits. Its root, the error's amplitude beside the signal's, is the logit error. The amplitudes of
several groups' errors add up at most (the triangle inequality), which is how plans are weighed before any is
tried. A distortion is a mean over images and logits, so a few hundred images give it to some percent, where
the accuracy, a count of images that change sides, is still uncertain by a point.

Scans of earlier versions hold no distortions. There the loss −log s stands for the logit error, s being the
share of the accuracy above chance that is kept: added up, that is the product of the shares.
"""

import math
from bisect import bisect_left
from collections.abc import Mapping

from prune_tui.core.report import ScanCurve, ScanFigures

LARGEST_DISTORTION = 25.0
"""The most that is noted: an error five times the signal leaves chance, as does the signal's opposite."""

MOST_CHANCE = 0.1
"""A guesser's accuracy among ten classes."""

LEAST_SHARE = 1e-3
"""A network at chance has lost all, whose logarithm would be infinite."""

RisingCurve = tuple[tuple[float, ...], tuple[float, ...]]
"""A curve as sparsities that rise from 0 and logit errors that never fall."""


def distortion(*, signal: float, error: float, overlap: float) -> float:
    """Return the distortion of logits z + e beside the dense ones z, each image's shifted to a mean of 0.

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
    """Return the logit errors of each group that has been scanned: (sparsities, errors)."""
    if scan.dense_accuracy <= 0:
        return {}
    chance = _chance(scan)
    curves = {curve.name: _rising(scan, curve, chance) for curve in scan.layers}
    return {name: curve for name, curve in curves.items() if len(curve[0]) > 1}


def logit_error_at(curve: RisingCurve, sparsity: float) -> float:
    """Read a logit error off its curve: a power of the density between what was scanned, and beyond it."""
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
