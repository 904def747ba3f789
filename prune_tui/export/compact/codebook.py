"""Shares the weights of a layer among few values: k-means on the nonzero ones (Han et al. 2016)."""

from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from prune_tui.core.errors import ExportError

MOST_BITS: Final = 12
"""The most bits of a codebook's numbers."""

AUTO_ERROR: Final = 0.05
"""With `auto`, the root mean square error of a layer's weights, relative to that of the weights."""

Codebook = int | Literal["auto"]
"""The bits of each layer's numbers, or `auto`: the fewest within `AUTO_ERROR`."""

_MOST_ITERATIONS: Final = 3000


def shared(weight: NDArray[np.generic], codebook: Codebook) -> NDArray[np.generic]:
    """Return a weight with few values beside zero, as the codebook says."""
    if codebook != "auto":
        return quantised(weight, codebook)
    most = AUTO_ERROR * np.linalg.norm(weight.astype(np.float64))
    for bits in range(1, MOST_BITS):
        found = quantised(weight, bits)
        if np.linalg.norm(found.astype(np.float64) - weight.astype(np.float64)) <= most:
            return found
    return quantised(weight, MOST_BITS)


def parsed_codebook(text: str) -> Codebook:
    """Read the number of bits, or `auto`.

    Raises:
        ExportError: it is neither.
    """
    if text == "auto":
        return "auto"
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:3]) <= MOST_BITS:
        raise ExportError(f"codebook {text!r}: a number of bits from 1 to {MOST_BITS} is right, or auto")
    return int(text)


def quantised(weight: NDArray[np.generic], bits: int) -> NDArray[np.generic]:
    """Return a weight with at most 2^bits values beside zero, each the mean of those it stands for.

    The clusters begin evenly spread from the least to the largest value, which keeps the few large weights,
    and end where no weight would change its cluster (Lloyd 1982). Zeros stay zeros.
    """
    flat = weight.reshape(-1)
    at = np.flatnonzero(flat)
    values = np.sort(flat[at].astype(np.float64))
    if np.count_nonzero(np.diff(values)) < 2**bits or not np.isfinite(values).all():
        return weight
    centres = _centres(values, 2**bits)
    nearest = flat.copy()
    nearest[at] = centres[np.searchsorted((centres[1:] + centres[:-1]) / 2, flat[at])]
    return nearest.reshape(weight.shape)


def _centres(values: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Return the rising centres of at most `count` clusters of sorted values."""
    sums = np.concatenate(([0.0], np.cumsum(values)))
    centres = np.linspace(values[0], values[-1], count)
    for _ in range(_MOST_ITERATIONS):
        inner = np.searchsorted(values, (centres[1:] + centres[:-1]) / 2)
        edges = np.concatenate(([0], inner, [values.size]))
        sizes = np.diff(edges)
        moved = (np.diff(sums[edges])[sizes > 0]) / sizes[sizes > 0]
        if np.array_equal(moved, centres):
            break
        centres = moved
    return centres
