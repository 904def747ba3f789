"""Blocks of eighths, and histograms spread over as many columns as there is room for."""

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Final

EIGHTHS: Final = " ▁▂▃▄▅▆▇█"
"""A cell filled from the bottom by so many eighths."""

BLOCKS: Final = EIGHTHS[1:]


def block(share: float) -> str:
    """Return the block for a share from 0, which is still visible, to 1, which fills the cell."""
    return BLOCKS[round(share * (len(BLOCKS) - 1))]


def rebinned(counts: Sequence[float], num_bins: int, *, reach: float = 1.0) -> list[float]:
    """Spread equal bins over `num_bins` equal bins that together reach `reach` times as far, at least 1.

    What a bin counts is taken to lie evenly within it.
    """
    if not counts or not num_bins:
        return [0.0] * num_bins
    sums = [0.0, *accumulate(counts)]

    def below(position: float) -> float:
        whole = min(int(position), len(counts) - 1)
        return sums[whole] + counts[whole] * (min(position, len(counts)) - whole)

    edges = [below(edge * reach * len(counts) / num_bins) for edge in range(num_bins + 1)]
    return [high - low for low, high in pairwise(edges)]
