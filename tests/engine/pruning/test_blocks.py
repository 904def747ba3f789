"""Blocks are pruned whole, to the counts that a plan was priced at, whatever the shapes of the layers."""

from collections.abc import Callable

import pytest
import torch
from torch import nn

from prune_tui.catalog.batches import Tree
from prune_tui.catalog.criteria.blocks import blocks_of
from prune_tui.core.planning.budget import solve
from prune_tui.core.planning.groups import groups_of
from prune_tui.core.planning.price import price
from prune_tui.core.planning.target import parse_target
from prune_tui.core.session.decisions import Prune, Scan
from prune_tui.core.session.rounds import Iterative
from prune_tui.core.terms import Granularity, Scope
from prune_tui.engine.network.counts import counted
from prune_tui.engine.network.network import Network, Scores
from prune_tui.engine.network.trace import network_of
from prune_tui.engine.pruning.plan_masks import masks_for_round
from tests.engine.helpers import loaded, perform
from tests.engine.network.networks import IMAGE, KINDS

BLOCKS = pytest.mark.parametrize("granularity", ["block_4", "block_16"])


def odd() -> nn.Module:
    """Layers of 1, 3, 18 and 35 units, and one of a single input."""
    return nn.Sequential(
        nn.Conv2d(3, 1, 3),
        nn.Conv2d(1, 35, 3, groups=1),
        nn.Conv2d(35, 3, 1),
        nn.Flatten(),
        nn.Linear(3 * 12 * 12, 18),
        nn.ReLU(),
        nn.Linear(18, 3),
    )


def opened(build: Callable[[], nn.Module], example: Tree) -> Network:
    torch.manual_seed(0)
    return network_of(build().eval(), example)


def scored(network: Network, seed: int = 0) -> Scores:
    chance = torch.Generator().manual_seed(seed)
    return {
        layer.name: torch.rand(network.weight(layer.name).shape, generator=chance)
        for layer in network.prunable
    }


def made(name: str) -> Network:
    return opened(odd, IMAGE) if name == "odd" else opened(KINDS[name].build, KINDS[name].example)


def demand_whole(network: Network, granularity: Granularity) -> None:
    """Check that no block is pruned in part."""
    for layer in network.prunable:
        mask, blocks = network.mask_of(layer.name), blocks_of(layer, granularity)
        assert blocks is not None
        if mask is not None:
            kept = blocks.means(mask.float())
            assert bool(((kept == 0) | (kept == 1)).all())


@BLOCKS
@pytest.mark.parametrize("name", ["odd", "grouped", "inverted", "sounds", "volumes"])
@pytest.mark.parametrize("sparsity", [0.07, 0.5, 0.83, 0.95, 0.999])
def test_a_plan_of_blocks_is_priced_as_it_is_pruned(
    name: str, granularity: Granularity, sparsity: float
) -> None:
    network = made(name)
    groups = groups_of(network.layers, granularity)
    plan = {group.name: sparsity for group in groups if group.is_free}
    parameters = sum(parameter.numel() for parameter in network.module.parameters())
    weights = sum(layer.parameters for layer in network.layers)
    paid = price(
        network.layers,
        plan,
        other_parameters=parameters - weights,
        other_macs=network.total_macs - sum(layer.macs for layer in network.layers),
        granularity=granularity,
    )
    network.module.requires_grad_(False)
    for parameter in network.module.parameters():
        parameter[parameter == 0] = 1.0
    network.mask(masks_for_round(network, scored(network), Prune(plan=plan, granularity=granularity), 1))
    found = counted(network, lambda: 0.0)
    assert (paid.nonzero, paid.nonzero_macs) == (found.counts.nonzero, found.counts.nonzero_macs)
    assert [group.num_kept(plan) for group in groups if group.is_free] == [
        layer.nonzero for layer in found.layers
    ]
    demand_whole(network, granularity)


@BLOCKS
@pytest.mark.parametrize("scope", ["layer", "global"])
@pytest.mark.parametrize("name", ["odd", "inverted"])
def test_rounds_never_regrow_and_end_where_one_shot_does(
    name: str, scope: Scope, granularity: Granularity
) -> None:
    network, once = made(name), made(name)
    decision = Prune(plan=0.9, granularity=granularity, scope=scope, schedule=Iterative(num_rounds=4))
    for round in (1, 2, 3, 4):
        before = network.masks
        network.mask(masks_for_round(network, scored(network, round), decision, round))
        assert all(not (network.masks[name] & ~mask).any() for name, mask in before.items())
        demand_whole(network, granularity)
    once.mask(masks_for_round(once, scored(once), Prune(plan=0.9, granularity=granularity, scope=scope), 1))
    if scope == "layer":
        counts = [{name: int(mask.sum()) for name, mask in one.masks.items()} for one in (network, once)]
        assert counts[0] == counts[1]
    assert abs(network.sparsity - once.sparsity) * sum(layer.parameters for layer in network.layers) < 16


@BLOCKS
@pytest.mark.parametrize("scope", ["layer", "global"])
def test_blocks_of_a_network_whose_weights_are_pruned_go_on_where_it_is(
    scope: Scope, granularity: Granularity
) -> None:
    network = made("grouped")
    network.mask(masks_for_round(network, scored(network), Prune(plan=0.8), 1))
    before = network.masks
    further = Prune(plan=0.5, granularity=granularity, scope=scope, start_from="pruned")
    network.mask(masks_for_round(network, scored(network, 1), further, 1))
    assert all(not (network.masks[name] & ~mask).any() for name, mask in before.items())
    again = masks_for_round(network, scored(network, 1), further, 1)
    assert all(torch.equal(again[name], mask) for name, mask in network.masks.items())


@BLOCKS
@pytest.mark.parametrize("budget", ["6x", "80 % sparsity", "3x MACs", "0.1 MB"])
def test_a_budget_is_met_by_the_prune_itself(granularity: Granularity, budget: str) -> None:
    run, target = loaded(), parse_target(budget)
    perform(run, Scan(granularity=granularity, sparsities=(0.5, 0.9)))
    view = run.view
    groups = groups_of(view.layers, granularity)
    found = solve(
        target,
        groups,
        view.report.scan,
        {},
        other_parameters=view.other_parameters,
        other_macs=view.other_macs,
    )
    assert found.is_met
    perform(run, Prune(plan=found.plan, granularity=granularity))
    counts = counted(run.state.network, lambda: 0.0).counts
    assert (found.price.nonzero, found.price.nonzero_macs) == (counts.nonzero, counts.nonzero_macs)
    demand_whole(run.state.network, granularity)
