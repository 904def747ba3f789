"""Criteria that look only at the weights, and the controls."""

import torch

from prune_tui.catalog.criteria.facts import LayerFacts


def l1(facts: LayerFacts) -> torch.Tensor:
    """|w|: magnitude pruning (Han et al. 2015); over a unit, its L1 norm (Li et al. 2017)."""
    return facts.weight.abs()


def l2(facts: LayerFacts) -> torch.Tensor:
    """w²: ranks weights as |w| does, and units by their L2 norm."""
    return facts.weight.square()


def largest(facts: LayerFacts) -> torch.Tensor:
    """−|w|: the largest go first, as a control for how much magnitude matters."""
    return -facts.weight.abs()


def random(facts: LayerFacts) -> torch.Tensor:
    """Uniform numbers, drawn on the CPU so that every device prunes the same weights."""
    return torch.rand(facts.weight.shape, generator=facts.random_state).to(facts.weight.device)


def lamp(facts: LayerFacts) -> torch.Tensor:
    """w² / the sum of all squares in the layer that are no smaller (Lee et al. 2021).

    Within a layer it ranks as magnitude does; under scope `global` it gives each layer the sparsity that
    bounds the distortion of the whole. For units, the squares are those of their L2 norms.
    """
    if facts.granularity == "unit":
        return facts.per_unit(_share_of_no_smaller(facts.weight.flatten(1).square().mean(dim=1)))
    return _share_of_no_smaller(facts.weight.square())


def _share_of_no_smaller(squares: torch.Tensor) -> torch.Tensor:
    ranked, order = squares.flatten().sort(descending=True, stable=True)
    shares = torch.empty_like(ranked)
    shares[order] = ranked / ranked.cumsum(0).clamp_min(torch.finfo(ranked.dtype).tiny)
    return shares.reshape(squares.shape)
