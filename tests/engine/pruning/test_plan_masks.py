"""A plan names layers that can be pruned; what can't is refused by name."""

from collections.abc import Mapping

import pytest
import torch

from prune_tui.core.errors import DecisionError, UnknownNameError
from prune_tui.core.session.decisions import Prune
from prune_tui.core.session.rounds import Iterative, OneShot
from prune_tui.core.terms import Granularity, Scope
from prune_tui.engine.network.shrink import MAX_DISAGREEMENT, disagreement, shrink
from prune_tui.engine.network.trace import find_units, network_of
from prune_tui.engine.pruning.plan_masks import (
    masks_for_round,
    plan_of,
    prunable_layers,
    target_of_round,
)
from tests.engine.helpers import fresh
from tests.engine.network.networks import IMAGE, Dense


def test_units_of_a_coupled_layer_are_pruned_under_the_first_ones_name() -> None:
    prune = Prune(plan={"layer1.0.conv2": 0.5}, granularity="unit")
    with pytest.raises(DecisionError, match="go with those of conv1: give conv1 the sparsity"):
        plan_of(fresh("resnet20"), prune)


@pytest.mark.parametrize(
    ("granularity", "names"),
    [
        ("weight", ["conv1", "conv2", "fc1", "fc2"]),
        ("unit", ["conv1", "conv2", "fc1"]),
        ("n_m", ["conv2", "fc1", "fc2"]),
        ("block_4", ["conv1", "conv2", "fc1", "fc2"]),
        ("block_16", ["conv1", "conv2", "fc1", "fc2"]),
    ],
)
def test_one_sparsity_is_for_every_layer_that_can_be_pruned_so(
    granularity: Granularity, names: list[str]
) -> None:
    network = fresh("lenet5")
    assert prunable_layers(network, granularity) == names
    assert plan_of(network, Prune(plan=0.5, granularity=granularity)) == dict.fromkeys(names, 0.5)


def test_locked_layers_have_no_part_in_one_sparsity() -> None:
    prune = Prune(plan=0.5, locked=("fc1", "conv1"))
    assert plan_of(fresh("lenet5"), prune) == {"conv2": 0.5, "fc2": 0.5}


@pytest.mark.parametrize(
    ("plan", "granularity", "message"),
    [
        ({"fc9": 0.5}, "weight", "unknown layer 'fc9'"),
        ({"fc1": 0.0}, "weight", "prunes nothing"),
        (0.0, "weight", "prunes nothing"),
        ({"fc2": 0.5}, "unit", "units of layer fc2 can't be pruned: its units are the outputs"),
        ({"conv1": 0.5}, "n_m", "its 1 input is not a multiple of 4"),
    ],
)
def test_a_plan_that_can_not_be_carried_out_is_refused_by_name(
    plan: Mapping[str, float] | float, granularity: Granularity, message: str
) -> None:
    with pytest.raises((DecisionError, UnknownNameError), match=message) as caught:
        plan_of(fresh("lenet5"), Prune(plan=plan, granularity=granularity))
    assert "\n" not in str(caught.value)


def test_the_last_round_is_exactly_the_target() -> None:
    assert target_of_round(OneShot(), 0.7, 1) == 0.7
    for steps in ("linear", "cubic", "geometric"):
        targets = [target_of_round(Iterative(steps=steps, num_rounds=3), 0.7, at) for at in (1, 2, 3)]
        assert 0 < targets[0] < targets[1] < targets[2] == 0.7


@pytest.mark.parametrize("scope", ["layer", "global"])
def test_a_batch_norm_over_units_of_several_layers_is_masked_for_all_of_them(scope: Scope) -> None:
    torch.manual_seed(0)
    network = network_of(Dense(), IMAGE)
    find_units(network)
    scores = {layer.name: torch.rand_like(network.weight(layer.name)) for layer in network.prunable}
    network.mask(masks_for_round(network, scores, Prune(plan=0.5, granularity="unit", scope=scope), 1))
    shrunk = shrink(network)
    assert shrunk is not None
    free = [layer for layer in network.prunable if not layer.locked_reason]
    assert len(free) > 2
    for layer in free:
        left = int(network.masks[f"{layer.name}.weight"].flatten(1).any(dim=1).sum())
        assert left < layer.units
        assert shrunk.layer(layer.name).units == left
    assert disagreement(network.module, shrunk.module, IMAGE) <= MAX_DISAGREEMENT
