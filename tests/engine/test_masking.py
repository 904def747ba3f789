"""Laws of masks: the count kept is exact, ties or not; what is pruned never comes back."""

from collections.abc import Callable, Mapping

import pytest
import torch

from prune_tui.engine.masking import (
    Masks,
    keep_highest,
    mask_units,
    mask_units_globally,
    mask_weights,
    mask_weights_globally,
)

MaskLayer = Callable[[torch.Tensor, float, torch.Tensor | None], torch.Tensor]
MaskGlobally = Callable[[Mapping[str, torch.Tensor], float, Masks], Masks]
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
def test_units_go_whole_and_one_is_always_kept(sparsity: float) -> None:
    layer = scores(16, 3, 5, 5)
    mask = mask_units(layer, sparsity, None)
    kept = mask.flatten(1).any(dim=1)
    assert torch.equal(mask.flatten(1).all(dim=1), kept)
    assert int((~kept).sum()) == min(15, round(16 * sparsity))


@pytest.mark.parametrize("mask_layer", [mask_weights, mask_units])
def test_a_mask_never_regrows_whatever_the_later_scores(mask_layer: MaskLayer) -> None:
    mask: torch.Tensor | None = None
    for seed, sparsity in enumerate([0.2, 0.5, 0.4, 0.9]):
        before = mask
        mask = mask_layer(scores(20, 30, seed=seed), sparsity, before)
        assert before is None or not (mask & ~before).any()


@pytest.mark.parametrize("globally", [mask_weights_globally, mask_units_globally])
def test_a_global_mask_never_regrows_and_meets_its_target(globally: MaskGlobally) -> None:
    masks: Masks = {}
    for seed, sparsity in enumerate([0.3, 0.6, 0.8]):
        layers = {"a": scores(12, 40, seed=seed), "b": scores(30, 8, seed=seed + 10)}
        before, masks = masks, globally(layers, sparsity, masks)
        assert all(not (masks[name] & ~before[name]).any() for name in before)
        pruned = sum(int((~mask).sum()) for mask in masks.values())
        target = round(720 * sparsity)
        largest_unit = 40
        assert target - largest_unit < pruned <= target
        if globally is mask_weights_globally:
            assert pruned == target
        assert all(mask.any() for mask in masks.values())


def test_global_takes_more_from_the_layer_with_lower_scores() -> None:
    masks = mask_weights_globally({"low": scores(100) * 0.5, "high": scores(100) + 0.5}, 0.5, {})
    assert not masks["low"].any()
    assert masks["high"].all()
