"""Criteria that look at the weights alone, and the random control."""

import torch


def l1(weight: torch.Tensor, _random_state: torch.Generator) -> torch.Tensor:
    """|w|: magnitude pruning (Han et al. 2015); over a unit, its L1 norm (Li et al. 2017)."""
    return weight.abs()


def l2(weight: torch.Tensor, _random_state: torch.Generator) -> torch.Tensor:
    """w²: ranks weights as |w| does, and units by their L2 norm."""
    return weight.square()


def random(weight: torch.Tensor, random_state: torch.Generator) -> torch.Tensor:
    """Uniform numbers, drawn on the CPU so that every device prunes the same weights."""
    return torch.rand(weight.shape, generator=random_state).to(weight.device)
