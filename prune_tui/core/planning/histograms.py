"""Estimates from weight histograms: what a sparsity or a global threshold prunes."""

from collections.abc import Mapping

from prune_tui.core.planning.price import num_pruned
from prune_tui.core.run.events import WeightsBinned


def num_bins_pruned(histogram: WeightsBinned, sparsity: float) -> float:
    """Return how many bins magnitude pruning empties, from the smallest |w| up; the last one in part."""
    left = num_pruned(sum(histogram.counts), sparsity)
    for position, count in enumerate(histogram.counts):
        if left < count:
            return position + left / count
        left -= count
    return float(len(histogram.counts))


def sparsities_by_threshold(
    histograms: Mapping[str, WeightsBinned | None], sparsity: float
) -> dict[str, float]:
    """Estimate the sparsity of each layer under one threshold on |w| that prunes the network to `sparsity`.

    Weights are assumed to lie evenly within a bin. A layer without a histogram is given `sparsity`.
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
