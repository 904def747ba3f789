"""Makes masks from scores: pure functions (scores, masks so far, target) → masks, True where kept.

The number that remains is exact: ties are broken by index. Pruned weights stay pruned.
"""

from collections.abc import Mapping

import torch

from prune_tui.catalog.criteria.blocks import Blocks
from prune_tui.core.planning.price import num_pruned

_N, _M = 2, 4


def keep_highest(scores: torch.Tensor, num_kept: int) -> torch.Tensor:
    """Return a mask with exactly `num_kept` True, at the highest scores; ties go to the first.

    Args:
        scores: any shape, without NaN; −inf is kept only if nothing else is left.
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
    """Mask single weights of one layer to a target sparsity of the dense layer."""
    num_kept = scores.numel() - num_pruned(scores.numel(), sparsity)
    return _within(mask, keep_highest(_excluding_pruned(scores, mask), num_kept))


def mask_weights_globally(
    scores: Mapping[str, torch.Tensor], sparsity: float, masks: Mapping[str, torch.Tensor]
) -> dict[str, torch.Tensor]:
    """Mask single weights of all layers by one threshold, to a target sparsity of all their weights."""
    names = list(scores)
    flat = torch.cat([_excluding_pruned(scores[name], masks.get(name)).reshape(-1) for name in names])
    keep = keep_highest(flat, flat.numel() - num_pruned(flat.numel(), sparsity))
    parts = torch.split(keep, [scores[name].numel() for name in names])
    return {
        name: _within(masks.get(name), part.reshape(scores[name].shape))
        for name, part in zip(names, parts, strict=True)
    }


def mask_blocks(
    scores: torch.Tensor, blocks: Blocks, sparsity: float, mask: torch.Tensor | None
) -> torch.Tensor:
    """Mask whole blocks of one layer to a target sparsity of the dense layer.

    Blocks are ranked among those of their size: of those that are cut short, the same share goes as of whole
    ones. So the number of weights that remain is exact (`price.num_weights_kept`).
    """
    by_block, remaining = block_scores(scores, blocks, mask)
    sizes = blocks.sizes(len(scores)).to(scores.device)
    keep = torch.empty_like(remaining)
    for size in set(sizes.tolist()):
        own = sizes == size
        keep[own] = keep_units(by_block[own], sparsity, remaining[own])
    return _within(mask, blocks.spread(keep, scores.shape))


def mask_blocks_globally(
    scores: Mapping[str, torch.Tensor],
    blocks: Mapping[str, Blocks],
    sparsity: float,
    masks: Mapping[str, torch.Tensor],
) -> dict[str, torch.Tensor]:
    """Mask whole blocks of all layers by one threshold.

    Blocks are pruned in the order of their scores, as long as the pruned weights do not exceed the target.
    """
    flat, sizes = [], []
    for name, of_layer in scores.items():
        by_block, remaining = block_scores(of_layer, blocks[name], masks.get(name))
        flat.append(_excluding_pruned(by_block, remaining).flatten())
        sizes.append(blocks[name].sizes(len(of_layer)).repeat_interleave(by_block.shape[1]))
    budget = num_pruned(sum(of_layer.numel() for of_layer in scores.values()), sparsity)
    every = torch.cat(flat)
    keep = torch.ones_like(every, dtype=torch.bool)
    keep[_lowest(every, torch.cat(sizes), budget)] = False
    parts = torch.split(keep, [len(part) for part in flat])
    return {
        name: _within(
            masks.get(name),
            blocks[name].spread(part.reshape(-1, of_layer[0].numel()), of_layer.shape),
        )
        for (name, of_layer), part in zip(scores.items(), parts, strict=True)
    }


def block_scores(
    scores: torch.Tensor, blocks: Blocks, mask: torch.Tensor | None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the mean score of each block's weights, and which have a weight left, both [blocks, columns].

    Pruned weights count as 0.
    """
    if mask is None:
        by_block = blocks.means(scores)
        return by_block, torch.ones_like(by_block, dtype=torch.bool)
    return blocks.means(scores * mask), blocks.means(mask.float()) > 0


def mask_n_m(scores: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    """Mask two of every four inputs of each unit, separately at each kernel position (Mishra et al. 2021).

    Args:
        scores: [units, inputs, …], with inputs a multiple of four.
        mask: of the same shape.
    """
    groups = _excluding_pruned(scores, mask).movedim(1, -1)
    ranked = groups.reshape(-1, _M).argsort(dim=1, descending=True, stable=True)
    keep = torch.zeros_like(ranked, dtype=torch.bool).scatter_(1, ranked[:, :_N], value=True)
    return _within(mask, keep.reshape(groups.shape).movedim(-1, 1).contiguous())


def unit_scores(scores: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    """Return the mean score of each unit's weights, [units]; pruned weights count as 0."""
    return (scores if mask is None else scores * mask).flatten(1).mean(dim=1)


def remaining_units(mask: torch.Tensor) -> torch.Tensor:
    """Return which units have a weight left, a boolean [units]."""
    return mask.flatten(1).any(dim=1)


def keep_units(by_unit: torch.Tensor, sparsity: float, remaining: torch.Tensor) -> torch.Tensor:
    """Return the units of one layer to keep at a target sparsity, a boolean [units]; at least one is kept.

    Scores may have any shape.
    """
    num_kept = by_unit.numel() - num_pruned(by_unit.numel(), sparsity)
    return _within(remaining, keep_highest(_excluding_pruned(by_unit, remaining), num_kept))


def keep_units_globally(
    by_unit: Mapping[str, torch.Tensor],
    weights_per_unit: Mapping[str, int],
    sparsity: float,
    remaining: Mapping[str, torch.Tensor],
) -> dict[str, torch.Tensor]:
    """Return the units of all layers to keep, a boolean [units] for each.

    Units are pruned in the order of their scores, as long as the pruned weights do not exceed the target. The
    best unit of each layer is kept, so that no layer is disconnected.
    """
    names = list(by_unit)
    scores = [_excluding_pruned(by_unit[name], remaining[name]) for name in names]
    for layer in scores:
        layer[layer.argmax()] = torch.inf
    flat = torch.cat(scores)
    counts = [len(by_unit[name]) for name in names]
    sizes = torch.cat(
        [torch.full((count,), weights_per_unit[name]) for name, count in zip(names, counts, strict=True)]
    )
    budget = num_pruned(
        sum(weights_per_unit[name] * count for name, count in zip(names, counts, strict=True)), sparsity
    )
    keep = torch.ones_like(flat, dtype=torch.bool)
    keep[_lowest(flat, sizes, budget)] = False
    keep[flat == torch.inf] = True
    parts = torch.split(keep, counts)
    return {name: remaining[name] & part for name, part in zip(names, parts, strict=True)}


def unit_mask(keep: torch.Tensor, shape: torch.Size) -> torch.Tensor:
    """Return a mask of a weight's shape from one value per unit, [units]."""
    return keep.reshape(-1, *[1] * (len(shape) - 1)).expand(shape).clone()


def _lowest(scores: torch.Tensor, sizes: torch.Tensor, budget: int) -> torch.Tensor:
    """Return the indices of the lowest scores, as long as their sizes add up to no more than a budget."""
    order = scores.argsort(stable=True)
    counts = sizes.to(order.device, torch.float64 if order.device.type != "mps" else torch.float32)
    return order[counts[order].cumsum(0) <= budget]


def _excluding_pruned(scores: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    """Return the scores with −inf for pruned weights, so that they stay pruned."""
    return scores.clone() if mask is None else scores.masked_fill(~mask, -torch.inf)


def _within(mask: torch.Tensor | None, new: torch.Tensor) -> torch.Tensor:
    return new if mask is None else new & mask
