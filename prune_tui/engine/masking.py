"""Makes masks from scores; pure: (scores, masks so far, target) → masks, True where a weight is kept.

The count kept is exact under ties, which are broken by index, and what is pruned never comes back.
"""

from collections.abc import Mapping

import torch

from prune_tui.core.forecast import num_pruned

Masks = dict[str, torch.Tensor]
"""A boolean mask of the weight's shape by layer name; a layer that is not there is dense."""


def keep_highest(scores: torch.Tensor, num_kept: int) -> torch.Tensor:
    """Return a mask of exactly `num_kept` True, at the highest scores; among equals the first are kept.

    Args:
        scores: any shape, no NaN; −inf for what must not be kept while there is anything else.
        num_kept: between 0 and the number of scores.
    """
    flat = scores.reshape(-1)
    if num_kept >= flat.numel():
        return torch.ones_like(scores, dtype=torch.bool)
    if num_kept <= 0:
        return torch.zeros_like(scores, dtype=torch.bool)
    threshold = flat.kthvalue(flat.numel() - num_kept + 1).values
    keep = flat > threshold
    ties = (flat == threshold).nonzero().squeeze(1)
    keep[ties[: num_kept - int(keep.sum())]] = True
    return keep.reshape(scores.shape)


def unit_scores(scores: torch.Tensor) -> torch.Tensor:
    """Return the mean score of each unit's weights, shape (units,)."""
    return scores.flatten(1).mean(dim=1)


def mask_weights(scores: torch.Tensor, sparsity: float, mask: torch.Tensor | None) -> torch.Tensor:
    """Mask single weights of one layer to a target sparsity, absolute against the dense layer."""
    num_kept = scores.numel() - num_pruned(scores.numel(), sparsity)
    return _within(mask, keep_highest(_barred(scores, mask), num_kept))


def mask_units(scores: torch.Tensor, sparsity: float, mask: torch.Tensor | None) -> torch.Tensor:
    """Mask whole units of one layer to a target sparsity; at least one unit is kept."""
    by_unit = unit_scores(_barred(scores, mask))
    num_kept = by_unit.numel() - num_pruned(by_unit.numel(), sparsity)
    return _within(mask, _spread(keep_highest(by_unit, num_kept), scores))


def mask_weights_globally(scores: Mapping[str, torch.Tensor], sparsity: float, masks: Masks) -> Masks:
    """Mask single weights of all layers with one threshold, to a target sparsity of them all together."""
    names = list(scores)
    flat = torch.cat([_barred(scores[name], masks.get(name)).reshape(-1) for name in names])
    keep = keep_highest(flat, flat.numel() - num_pruned(flat.numel(), sparsity))
    parts = torch.split(keep, [scores[name].numel() for name in names])
    return {
        name: _within(masks.get(name), part.reshape(scores[name].shape))
        for name, part in zip(names, parts, strict=True)
    }


def mask_units_globally(scores: Mapping[str, torch.Tensor], sparsity: float, masks: Masks) -> Masks:
    """Mask whole units of all layers, lowest score first, while no more than the target's weights are gone.

    The best unit of each layer is kept, so that no layer is cut.
    """
    names = list(scores)
    by_unit = [unit_scores(_barred(scores[name], masks.get(name))) for name in names]
    for layer in by_unit:
        layer[layer.argmax()] = torch.inf
    flat = torch.cat(by_unit)
    sizes = torch.cat(
        [torch.full_like(by_unit[i], scores[name][0].numel()) for i, name in enumerate(names)]
    ).double()
    order = flat.argsort(stable=True)
    budget = num_pruned(sum(scores[name].numel() for name in names), sparsity)
    pruned = order[(sizes[order].cumsum(0) <= budget) & (flat[order] < torch.inf)]
    keep = torch.ones_like(flat, dtype=torch.bool)
    keep[pruned] = False
    parts = torch.split(keep, [layer.numel() for layer in by_unit])
    return {
        name: _within(masks.get(name), _spread(part, scores[name]))
        for name, part in zip(names, parts, strict=True)
    }


def _barred(scores: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    """Return the scores with −inf where already pruned, so that these go first and never come back."""
    return scores if mask is None else scores.masked_fill(~mask, -torch.inf)


def _within(mask: torch.Tensor | None, new: torch.Tensor) -> torch.Tensor:
    return new if mask is None else new & mask


def _spread(keep_unit: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """Return a mask of `like`'s shape from one value a unit."""
    return keep_unit.reshape(-1, *[1] * (like.dim() - 1)).expand(like.shape).clone()
