"""Laws of masks: the count kept is exact, ties or not; what is pruned never comes back."""

from collections.abc import Callable

import pytest
import torch

from prune_tui.catalog.criteria.blocks import Blocks
from prune_tui.engine.network.masks import (
    block_scores,
    keep_highest,
    keep_units,
    keep_units_globally,
    mask_blocks,
    mask_blocks_globally,
    mask_n_m,
    mask_weights,
    mask_weights_globally,
    remaining_units,
    unit_scores,
)
from prune_tui.engine.network.network import Masks

MaskLayer = Callable[[torch.Tensor | None, int, float], torch.Tensor]
SPARSITIES = [0.0, 0.1, 0.5, 0.73, 0.9, 0.999]


def scores(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("num_kept", [0, 1, 5, 49, 50])
@pytest.mark.parametrize("levels", [1, 2, 7])
def test_the_count_kept_is_exact_under_ties_and_the_first_are_kept(num_kept: int, levels: int) -> None:
    tied = (torch.arange(50) % levels).float().reshape(5, 10)
    mask = keep_highest(tied, num_kept)
    assert int(mask.sum()) == num_kept
    by_score_then_index = sorted(range(50), key=lambda at: (-float(tied.flatten()[at]), at))
    assert set(mask.flatten().nonzero().flatten().tolist()) == set(by_score_then_index[:num_kept])


@pytest.mark.parametrize("sparsity", SPARSITIES)
def test_weights_are_pruned_to_the_nearest_count_and_the_lowest_go(sparsity: float) -> None:
    layer = scores(16, 3, 5, 5)
    mask = mask_weights(layer, sparsity, None)
    assert int((~mask).sum()) == min(layer.numel() - 1, round(layer.numel() * sparsity))
    if int((~mask).sum()) > 0:
        assert layer[~mask].max() <= layer[mask].min()


@pytest.mark.parametrize("sparsity", SPARSITIES)
def test_units_are_kept_to_the_nearest_count_and_at_least_one(sparsity: float) -> None:
    keep = keep_units(scores(16), sparsity, torch.ones(16, dtype=torch.bool))
    assert int((~keep).sum()) == min(15, round(16 * sparsity))


@pytest.mark.parametrize("shape", [(6, 8), (5, 12, 3, 3)])
@pytest.mark.parametrize("levels", [1, 3, 1000])
def test_n_m_keeps_the_two_highest_of_every_four_inputs(shape: tuple[int, ...], levels: int) -> None:
    layer = (scores(*shape) * levels).floor()
    groups = mask_n_m(layer, None).movedim(1, -1).reshape(-1, 4)
    assert bool((groups.sum(dim=1) == 2).all())
    values = layer.movedim(1, -1).reshape(-1, 4)
    kept = values[groups].reshape(-1, 2).min(dim=1).values
    assert bool((kept >= values[~groups].reshape(-1, 2).max(dim=1).values).all())


def weights_mask(mask: torch.Tensor | None, seed: int, sparsity: float) -> torch.Tensor:
    return mask_weights(scores(20, 32, seed=seed), sparsity, mask)


def units_mask(mask: torch.Tensor | None, seed: int, sparsity: float) -> torch.Tensor:
    remaining = torch.ones(20, dtype=torch.bool) if mask is None else mask
    return keep_units(scores(20, seed=seed), sparsity, remaining)


def n_m_mask(mask: torch.Tensor | None, seed: int, _sparsity: float) -> torch.Tensor:
    return mask_n_m(scores(20, 32, seed=seed), mask)


def blocks_mask(mask: torch.Tensor | None, seed: int, sparsity: float) -> torch.Tensor:
    return mask_blocks(scores(18, 32, seed=seed), Blocks(4), sparsity, mask)


def pruned_blocks(mask: torch.Tensor, blocks: Blocks) -> torch.Tensor:
    """Which blocks are pruned, [blocks, columns]; none is pruned in part."""
    parts = torch.split(mask.flatten(1), blocks.sizes(len(mask)).tolist())
    assert all(bool((part == part[:1]).all()) for part in parts)
    return torch.stack([~part[0] for part in parts])


@pytest.mark.parametrize("blocks", [Blocks(4), Blocks(16), Blocks(4, 5), Blocks(4, 20)], ids=str)
@pytest.mark.parametrize("shape", [(20, 9), (40, 3, 5, 5)])
@pytest.mark.parametrize("sparsity", SPARSITIES)
def test_of_blocks_of_each_size_the_lowest_go_to_the_nearest_count(
    blocks: Blocks, shape: tuple[int, ...], sparsity: float
) -> None:
    layer = scores(*shape)
    pruned, sizes = pruned_blocks(mask_blocks(layer, blocks, sparsity, None), blocks), blocks.sizes(shape[0])
    assert int(sizes.sum()) == shape[0]
    by_block = torch.stack([part.mean(dim=0) for part in torch.split(layer.flatten(1), sizes.tolist())])
    for size in set(sizes.tolist()):
        gone, own = pruned[sizes == size], by_block[sizes == size]
        assert int(gone.sum()) == min(gone.numel() - 1, round(gone.numel() * sparsity))
        if gone.any():
            assert own[gone].max() <= own[~gone].min()


def test_tied_blocks_are_kept_from_the_first_on() -> None:
    mask = mask_blocks(torch.ones(8, 3), Blocks(4), 0.5, None)
    assert mask[::4].tolist() == [[True, True, True], [False, False, False]]


def test_a_block_lies_within_a_group_of_channels() -> None:
    assert Blocks(4, 2).sizes(12).tolist() == [4, 2, 4, 2]
    assert Blocks(16, 3).sizes(12).tolist() == [4, 4, 4]
    assert Blocks(4, 12).sizes(12).tolist() == [1] * 12
    layer = torch.arange(12.0).reshape(12, 1)
    assert Blocks(4, 2).means(layer).flatten().tolist() == [1.5, 4.5, 7.5, 10.5]


def test_a_block_pruned_in_part_is_ranked_by_what_is_left_and_one_gone_is_gone() -> None:
    mask = torch.tensor([[True, True, False], [True, False, False]] * 2)
    by_block, remaining = block_scores(torch.ones(4, 3), Blocks(4), mask)
    assert by_block.tolist() == [[1.0, 0.5, 0.0]]
    assert remaining.tolist() == [[True, True, False]]


@pytest.mark.parametrize("mask_layer", [weights_mask, units_mask, n_m_mask, blocks_mask])
def test_a_mask_never_regrows_whatever_the_later_scores(mask_layer: MaskLayer) -> None:
    mask: torch.Tensor | None = None
    for seed, sparsity in enumerate([0.2, 0.5, 0.4, 0.9]):
        before = mask
        mask = mask_layer(before, seed, sparsity)
        assert before is None or not (mask & ~before).any()


def test_a_unit_pruned_in_part_is_ranked_by_what_is_left_and_one_gone_is_gone() -> None:
    layer = torch.ones(3, 4)
    mask = torch.tensor([[True] * 4, [True, False, False, False], [False] * 4])
    assert unit_scores(layer, mask).tolist() == [1.0, 0.25, 0.0]
    assert remaining_units(mask).tolist() == [True, True, False]


def test_a_global_mask_never_regrows_and_meets_its_target() -> None:
    masks: Masks = {}
    for seed, sparsity in enumerate([0.3, 0.6, 0.8]):
        layers = {"a": scores(12, 40, seed=seed), "b": scores(30, 8, seed=seed + 10)}
        before, masks = masks, mask_weights_globally(layers, sparsity, masks)
        assert all(not (masks[name] & ~before[name]).any() for name in before)
        assert sum(int((~mask).sum()) for mask in masks.values()) == round(720 * sparsity)


def test_global_blocks_never_regrow_and_come_within_a_block_of_their_target() -> None:
    masks: Masks = {}
    blocks = {"a": Blocks(4), "b": Blocks(4), "c": Blocks(4, 5)}
    for seed, sparsity in enumerate([0.3, 0.6, 0.8, 0.999]):
        shapes = {"a": (12, 40), "b": (30, 8), "c": (10, 1, 3, 3)}
        layers = {name: scores(*shape, seed=seed) for name, shape in shapes.items()}
        before, masks = masks, mask_blocks_globally(layers, blocks, sparsity, masks)
        assert all(not (masks[name] & ~before[name]).any() for name in before)
        for name, mask in masks.items():
            pruned_blocks(mask, blocks[name])
        target = round(810 * sparsity)
        assert target - 4 < sum(int((~mask).sum()) for mask in masks.values()) <= target


def test_one_threshold_is_over_the_blocks_of_all_layers() -> None:
    layers = {"a": scores(12, 40), "b": scores(30, 8, seed=1) + 0.2}
    blocks = dict.fromkeys(layers, Blocks(4))
    masks = mask_blocks_globally(layers, blocks, 0.5, {})
    means = {name: blocks[name].means(layer) for name, layer in layers.items()}
    gone = {name: pruned_blocks(mask, blocks[name]) for name, mask in masks.items()}
    highest = max(float(means[name][gone[name]].max()) for name in layers)
    assert highest <= min(float(means[name][~gone[name]].min()) for name in layers)
    assert masks["a"].float().mean() < masks["b"].float().mean()


def test_global_units_never_regrow_come_near_their_target_and_cut_no_layer() -> None:
    remaining = {"a": torch.ones(12, dtype=torch.bool), "b": torch.ones(30, dtype=torch.bool)}
    sizes = {"a": 40, "b": 8}
    for seed, sparsity in enumerate([0.3, 0.6, 0.8]):
        by_unit = {"a": scores(12, seed=seed), "b": scores(30, seed=seed + 10)}
        before, remaining = remaining, keep_units_globally(by_unit, sizes, sparsity, remaining)
        assert all(not (remaining[name] & ~before[name]).any() for name in before)
        pruned = sum(int((~keep).sum()) * sizes[name] for name, keep in remaining.items())
        target = round(720 * sparsity)
        assert target - max(sizes.values()) < pruned <= target
        assert all(keep.any() for keep in remaining.values())


def test_global_takes_more_from_the_layer_with_lower_scores() -> None:
    masks = mask_weights_globally({"low": scores(100) * 0.5, "high": scores(100) + 0.5}, 0.5, {})
    assert not masks["low"].any()
    assert masks["high"].all()
