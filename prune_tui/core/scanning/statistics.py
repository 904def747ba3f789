"""How sure one can be of a difference of two networks' accuracies on the same images."""

import math
from typing import Final

RELATIVE_TOLERANCE: Final = 0.2
"""A large difference is settled within a fifth of itself: a collapsed layer needs no third digit."""

_QUANTILE: Final = 2.1
"""Wider than the normal 1.96 of 95 %, because a scan looks after every batch and stops where it may."""

_ADDED: Final = 0.5


def paired_half_width(num_lost: int, num_gained: int, num_images: int, num_total: int) -> float:
    """Return the half-width of the 95 % interval of an accuracy's difference, as a fraction of 1.

    Of `num_images` drawn without replacement from `num_total`, the dense network was right and the pruned one
    wrong on `num_lost`, the other way round on `num_gained`. It is the adjusted Wald interval of paired
    proportions (Agresti & Min 2005: half an image is added to each of the four outcomes), with the correction
    for a finite population, so that it is 0 once all images are seen.
    """
    if num_images >= num_total:
        return 0.0
    count = num_images + 4 * _ADDED
    lost, gained = num_lost + _ADDED, num_gained + _ADDED
    variance = ((lost + gained) - (lost - gained) ** 2 / count) / count**2
    unseen = (num_total - num_images) / max(1, num_total - 1)
    return _QUANTILE * math.sqrt(max(0.0, variance * unseen))


def is_settled(difference: float, half_width: float, tolerance_points: float) -> bool:
    """Say whether an interval is tight enough: to the tolerance, or to a fifth of a large difference."""
    return half_width <= tolerated(difference, tolerance_points)


def tolerated(difference: float, tolerance_points: float) -> float:
    """Return how wide half an interval may be, as a fraction of 1."""
    return max(tolerance_points / 100, RELATIVE_TOLERANCE * abs(difference))
