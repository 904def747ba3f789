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
    """Uniform numbers, drawn on the CPU so that every device prunes the same weights.

    The weights of a block have one number: the mean of several would rank blocks by their sizes, too.
    """
    drawn = torch.rand(facts.weight.shape, generator=facts.random_state).to(facts.weight.device)
    if facts.blocks is None:
        return drawn
    num_blocks = len(facts.blocks.sizes(len(drawn)))
    return facts.blocks.spread(drawn.flatten(1)[:num_blocks], drawn.shape)


def lamp(facts: LayerFacts) -> torch.Tensor:
    """w² / the sum of all squares in the layer that are no smaller (Lee et al. 2021).

    Within a layer it ranks as magnitude does; under scope `global` it gives each layer the sparsity that
    bounds the distortion of the whole. For units and blocks, the squares are those of their L2 norms.
    """
    if facts.granularity == "unit":
        return facts.per_unit(_share_of_no_smaller(facts.weight.flatten(1).square().mean(dim=1)))
    if facts.blocks is not None:
        shares = _share_of_no_smaller(facts.blocks.means(facts.weight.square()))
        return facts.blocks.spread(shares, facts.weight.shape)
    return _share_of_no_smaller(facts.weight.square())


def _share_of_no_smaller(squares: torch.Tensor) -> torch.Tensor:
    ranked, order = squares.flatten().sort(descending=True, stable=True)
    shares = torch.empty_like(ranked)
    shares[order] = ranked / ranked.cumsum(0).clamp_min(torch.finfo(ranked.dtype).tiny)
    return shares.reshape(squares.shape)
