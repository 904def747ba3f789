"""Criteria that estimate how much the training loss would change without a weight."""

import torch

from prune_tui.catalog.criteria.facts import LayerFacts


def taylor(facts: LayerFacts) -> torch.Tensor:
    """|gradient · w|: the first-order change of the loss without the weight (Molchanov et al. 2017, 2019)."""
    assert facts.gradient_products is not None
    return facts.gradient_products


def fisher(facts: LayerFacts) -> torch.Tensor:
    """½ w² E[gradient²]: Optimal Brain Damage (LeCun et al. 1990).

    The curvature is taken as the diagonal of the empirical Fisher information (Theis et al. 2018).
    """
    assert facts.squared_gradients is not None
    return facts.weight.square() * facts.squared_gradients / 2
