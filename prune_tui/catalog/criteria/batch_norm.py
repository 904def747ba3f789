"""The criterion that ranks units by the scale of their batch norm."""

import torch

from prune_tui.catalog.criteria.facts import LayerFacts
from prune_tui.core.errors import DecisionError


def batchnorm_scale(facts: LayerFacts) -> torch.Tensor:
    """|γ| of the batch norm after the layer (network slimming, Liu et al. 2017); for weights, |γ| · |w|.

    Raises:
        DecisionError: no batch norm follows the layer whose units are to be ranked.
    """
    scale = facts.batch_norm_scale
    if facts.granularity != "unit":
        magnitude = facts.weight.abs()
        return magnitude if scale is None else magnitude * facts.per_unit(scale.abs())
    if scale is None:
        raise DecisionError(
            "no batch norm follows the layer, so batchnorm_scale can't rank its units: use l1 or l2"
        )
    return facts.per_unit(scale.abs())
