"""What a criterion sees of a layer: its weight, and the statistics that the criterion needs."""

from dataclasses import dataclass

import torch

from prune_tui.catalog.criteria.blocks import Blocks
from prune_tui.core.terms import Granularity


@dataclass(frozen=True, slots=True)
class LayerFacts:
    """One layer, as a criterion sees it; pruned weights are zero.

    `weight` has its units along the first dimension. `batch_norm_scale` [units] is that of the batch norm
    right after the layer, None where there is none. `gradient_products` and `squared_gradients` have the
    weight's shape and are given only to the criteria that need them. They are the mean over batches of
    |gradient · weight|, and the mean over images of the loss's squared gradient. `blocks` cuts the weight
    into what is pruned at once; None unless the granularity is of blocks.
    """

    weight: torch.Tensor
    granularity: Granularity
    random_state: torch.Generator
    batch_norm_scale: torch.Tensor | None = None
    gradient_products: torch.Tensor | None = None
    squared_gradients: torch.Tensor | None = None
    blocks: Blocks | None = None

    def per_unit(self, values: torch.Tensor) -> torch.Tensor:
        """Spread one value a unit, shape [units], over the weight's shape."""
        return values.reshape(-1, *[1] * (self.weight.dim() - 1)).expand(self.weight.shape)
