"""Confidence intervals of a proportion, such as the share of images that a network gets right."""

import math
from collections.abc import Sequence
from typing import Final

_QUANTILE: Final = 1.959964
"""Of the standard normal distribution: 95 % lie within it on either side of 0."""

_ROUNDING: Final = 1e-4


def wilson_interval(proportion: float, num_images: int) -> tuple[float, float]:
    """Return the 95 % score interval of a proportion of `num_images`, at least 1 (Wilson 1927).

    Unlike p ± 1.96 √(p (1 − p) / n), it stays within 0 and 1, and is no point where all images are right.
    """
    square = _QUANTILE**2
    centre = proportion + square / (2 * num_images)
    spread = _QUANTILE * math.sqrt(proportion * (1 - proportion) / num_images + square / (4 * num_images**2))
    whole = 1 + square / num_images
    return max(0.0, (centre - spread) / whole), min(1.0, (centre + spread) / whole)


def are_counts(proportions: Sequence[float], num_images: int) -> bool:
    """Return whether each is a whole number of images: an accuracy is, an R² or a mean IoU is not."""
    return all(abs(share * num_images - round(share * num_images)) < _ROUNDING for share in proportions)
