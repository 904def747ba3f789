"""The weights of a convolution that are not zero, as lists of which input each is multiplied with."""

from dataclasses import dataclass

import numpy as np

from prune_tui.native.layout import Place
from prune_tui.native.program import Convolution, Floats, Ints


@dataclass(frozen=True, slots=True, eq=False)
class Taps:
    """For each block of output channels, the inputs that any of them takes, and the weights of all.

    The input channels come in portions. Block b of n has the taps of portion p from `begins`[p * n + b] to
    the next. A tap has an input channel, a row and a column of the kernel, and `values`: a weight for each
    channel of its block, of shape (taps, channels of a block).
    """

    begins: Ints
    channels: Ints
    rows: Ints
    columns: Ints
    values: Floats


def taps_of(convolution: Convolution, block: int, outputs: slice, num_portions: int = 1) -> Taps:
    """Return the taps of some output channels, in blocks of so many; their number is a multiple of it."""
    weight = convolution.weight
    num_outputs, inputs = weight.shape[:2]
    blocks = weight[outputs].reshape(-1, block, *weight.shape[1:])
    number, channel, row, column = np.nonzero((blocks != 0).any(axis=1))
    first = number * block + (outputs.start or 0)
    group = first // (num_outputs // convolution.groups)
    portion = channel * num_portions // inputs
    order = np.argsort(portion, kind="stable")
    lists = num_portions * len(blocks)
    begins = np.zeros(lists + 1, dtype=np.int64)
    np.cumsum(np.bincount(portion * len(blocks) + number, minlength=lists), out=begins[1:])
    values = np.ascontiguousarray(blocks[number, :, channel, row, column][order])
    return Taps(begins, (group * inputs + channel)[order], row[order], column[order], values)


def num_taps(convolution: Convolution, block: int) -> int:
    """Return how many taps there are in blocks of so many output channels, the last ones left out."""
    whole = len(convolution.weight) // block * block
    blocks = convolution.weight[:whole].reshape(-1, block, *convolution.weight.shape[1:])
    return int(np.count_nonzero((blocks != 0).any(axis=1)))


@dataclass(frozen=True, slots=True)
class Steps:
    """How an input lies in memory, in elements: how far apart its channels, its rows and its columns are.

    Where the columns lie in `parts` parts, column c is in part c modulo `parts`, and parts are `part` apart.
    """

    plane: int
    pitch: int
    parts: int = 1
    part: int = 0

    def offsets(self, taps: Taps, convolution: Convolution) -> Ints:
        """Return how far each tap is from the first one there can be."""
        columns = taps.columns * convolution.dilation[1]
        within = columns % self.parts * self.part + columns // self.parts
        return taps.channels * self.plane + taps.rows * convolution.dilation[0] * self.pitch + within


def first_tap(place: Place, convolution: Convolution) -> int:
    """Return how far from a value's beginning the first tap of the first position is."""
    rows, columns = (halo - pad for halo, pad in zip(place.halo, convolution.padding, strict=True))
    return rows * place.pitch + columns
