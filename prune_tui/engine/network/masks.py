"""Makes masks from scores; pure: (scores, masks so far, target) → masks, True where a weight is kept.

The count kept is exact under ties, which are broken by index, and what is pruned never comes back.
"""

from collections.abc import Mapping

import torch

from prune_tui.core.planning.price import num_pruned

_N, _M = 2, 4


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


def mask_weights(scores: torch.Tensor, sparsity: float, mask: torch.Tensor | None) -> torch.Tensor:
    """Mask single weights of one layer to a target sparsity, absolute against the dense layer."""
    num_kept = scores.numel() - num_pruned(scores.numel(), sparsity)
    return _within(mask, keep_highest(_barred(scores, mask), num_kept))


def mask_weights_globally(
    scores: Mapping[str, torch.Tensor], sparsity: float, masks: Mapping[str, torch.Tensor]
) -> dict[str, torch.Tensor]:
    """Mask single weights of all layers with one threshold, to a target sparsity of them all together."""
    names = list(scores)
    flat = torch.cat([_barred(scores[name], masks.get(name)).reshape(-1) for name in names])
    keep = keep_highest(flat, flat.numel() - num_pruned(flat.numel(), sparsity))
    parts = torch.split(keep, [scores[name].numel() for name in names])
    return {
        name: _within(masks.get(name), part.reshape(scores[name].shape))
        for name, part in zip(names, parts, strict=True)
    }


def mask_n_m(scores: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    """Mask two of every four inputs of each unit, at each position of a kernel (Mishra et al. 2021).

    Args:
        scores: [units, inputs, …], with inputs a multiple of four.
        mask: of the same shape.
    """
    groups = _barred(scores, mask).movedim(1, -1)
    ranked = groups.reshape(-1, _M).argsort(dim=1, descending=True, stable=True)
    keep = torch.zeros_like(ranked, dtype=torch.bool).scatter_(1, ranked[:, :_N], value=True)
    return _within(mask, keep.reshape(groups.shape).movedim(-1, 1).contiguous())


def unit_scores(scores: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    """Return the mean score of each unit's weights, shape [units]; a pruned weight scores nothing."""
    return (scores if mask is None else scores * mask).flatten(1).mean(dim=1)


def living_units(mask: torch.Tensor) -> torch.Tensor:
    """Return which units have a weight left, shape [units]."""
    return mask.flatten(1).any(dim=1)


def keep_units(by_unit: torch.Tensor, sparsity: float, living: torch.Tensor) -> torch.Tensor:
    """Choose the units of one layer to keep, [units], at a target sparsity; at least one is."""
    num_kept = by_unit.numel() - num_pruned(by_unit.numel(), sparsity)
    return _within(living, keep_highest(_barred(by_unit, living), num_kept))


def keep_units_globally(
    by_unit: Mapping[str, torch.Tensor],
    weights_per_unit: Mapping[str, int],
    sparsity: float,
    living: Mapping[str, torch.Tensor],
) -> dict[str, torch.Tensor]:
    """Choose the units of all layers to keep: the lowest score goes first, while no more weights than the
    target's share of all are gone.

    The best unit of each layer is kept, so that no layer is cut.
    """
    names = list(by_unit)
    scores = [_barred(by_unit[name], living[name]) for name in names]
    for layer in scores:
        layer[layer.argmax()] = torch.inf
    flat = torch.cat(scores)
    counts = [len(by_unit[name]) for name in names]
    sizes = torch.cat(
        [
            torch.full((count,), float(weights_per_unit[name]))
            for name, count in zip(names, counts, strict=True)
        ]
    ).to(flat.device, torch.float64 if flat.device.type != "mps" else torch.float32)
    budget = num_pruned(
        sum(weights_per_unit[name] * count for name, count in zip(names, counts, strict=True)), sparsity
    )
    order = flat.argsort(stable=True)
    pruned = order[(sizes[order].cumsum(0) <= budget) & (flat[order] < torch.inf)]
    keep = torch.ones_like(flat, dtype=torch.bool)
    keep[pruned] = False
    parts = torch.split(keep, counts)
    return {name: living[name] & part for name, part in zip(names, parts, strict=True)}


def spread(keep: torch.Tensor, shape: torch.Size) -> torch.Tensor:
    """Return a mask of a weight's shape from one value a unit."""
    return keep.reshape(-1, *[1] * (len(shape) - 1)).expand(shape).clone()


def _barred(scores: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    """Return the scores with −inf where already pruned, so that these go first and never come back."""
    return scores.clone() if mask is None else scores.masked_fill(~mask, -torch.inf)


def _within(mask: torch.Tensor | None, new: torch.Tensor) -> torch.Tensor:
    return new if mask is None else new & mask
