"""Blocks of weights: some consecutive outputs' weights of one input, scored and pruned together."""

from dataclasses import dataclass

import torch
from torch.nn.functional import pad

from prune_tui.core.network import LayerInfo
from prune_tui.core.terms import BLOCK_ROWS, Granularity


@dataclass(frozen=True, slots=True)
class Blocks:
    """Cuts the rows of a weight into blocks: `rows` at a time within each of `channel_groups`.

    Each column (an input, at one kernel position) is cut alike. The last block of a group is smaller where
    `rows` does not divide the group: a depthwise convolution of one output a channel has single weights.
    """

    rows: int
    channel_groups: int = 1

    def sizes(self, num_rows: int) -> torch.Tensor:
        """Return the number of rows of each block of a column, on the CPU, [blocks]."""
        num_whole, rest = divmod(num_rows // self.channel_groups, self.rows)
        return torch.tensor([self.rows] * num_whole + [rest] * (rest > 0)).repeat(self.channel_groups)

    def means(self, values: torch.Tensor) -> torch.Tensor:
        """Return the mean over each block of values of a weight's shape, [blocks, columns]."""
        rows_each, columns = len(values) // self.channel_groups, values[0].numel()
        by_group = values.reshape(self.channel_groups, rows_each, columns)
        padded = pad(by_group, (0, 0, 0, -rows_each % self.rows))
        sums = padded.reshape(-1, self.rows, columns).sum(dim=1)
        return sums / self.sizes(len(values)).to(sums.device).unsqueeze(1)

    def spread(self, of_blocks: torch.Tensor, shape: torch.Size) -> torch.Tensor:
        """Return one value a block, [blocks, columns], for each weight of a shape."""
        sizes = self.sizes(shape[0]).to(of_blocks.device)
        return of_blocks.repeat_interleave(sizes, dim=0).reshape(shape)


def blocks_of(layer: LayerInfo, granularity: Granularity) -> Blocks | None:
    """Return the blocks of a layer's weight; None if the granularity is not of blocks."""
    rows = BLOCK_ROWS.get(granularity)
    return None if rows is None else Blocks(rows, layer.channel_groups)
