"""A unit plan is priced as the shrunk network it becomes: parameters, MACs, the file up to its header."""

import random
from dataclasses import replace

import pytest
import torch
from torch import nn

from prune_tui.catalog.models import MODELS
from prune_tui.core.planning.price import kept_units, price
from prune_tui.core.planning.solving.problem import amount
from prune_tui.core.planning.solving.remaining import remaining_of
from prune_tui.core.planning.target import TargetKind
from prune_tui.core.session.decisions import Prune
from prune_tui.core.shrinking import shrunk_counts
from prune_tui.engine.network.checkpoints import encode
from prune_tui.engine.network.counts import counted
from prune_tui.engine.network.coupling import Couplings
from prune_tui.engine.network.network import Network
from prune_tui.engine.network.shrink import shrink
from prune_tui.engine.network.trace import find_units, network_of
from prune_tui.engine.pruning.plan_masks import masks_for_round
from tests.engine.helpers import fresh
from tests.engine.network.networks import KINDS, Kind, noisy


class Mixer(nn.Module):
    """Tokens are mixed by a layer that runs once for each channel, so that its MACs follow the channels."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.up, self.down = (
            nn.Linear(5, 12),
            nn.Linear(7, 9, bias=False),
            nn.Linear(9, 7, bias=False),
        )
        self.fc = nn.Linear(12, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.relu(self.stem(x))
        x = self.down(torch.relu(self.up(x.transpose(1, 2)))).transpose(1, 2)
        answer: torch.Tensor = self.fc(x.mean(1))
        return answer


class Tied(nn.Module):
    """Two layers of one weight, whose columns read what its rows compute."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.first = nn.Conv2d(3, 8, 1, bias=False), nn.Conv2d(8, 8, 3, padding=1, bias=False)
        self.second, self.fc = nn.Conv2d(8, 8, 3, padding=1, bias=False), nn.Linear(8, 10)
        self.second.weight = self.first.weight

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.relu(self.stem(x))
        x = x + torch.relu(self.second(torch.relu(self.first(x))))
        answer: torch.Tensor = self.fc(x.mean((2, 3)))
        return answer


ODD = {
    "mixer": Kind(Mixer, noisy(2, 7, 5), []),
    "tied": Kind(Tied, noisy(2, 3, 6, 6), []),
}


def traced(kind: Kind) -> Network:
    torch.manual_seed(0)
    network = network_of(kind.build().eval(), kind.example)
    find_units(network)
    return network


def without_zeros(network: Network) -> Network:
    """The network with something in each bias and each batch norm, so that only what is pruned is zero."""
    with torch.no_grad():
        for parameter in network.module.parameters():
            parameter[parameter == 0] = 0.01
    return network


def with_multiple(network: Network, multiple: int) -> Network:
    """The network as if its device wanted a multiple of channels."""
    assert network.shape is not None
    found = Couplings(network.module, network.example)
    steps = {each.units.layers[0]: each.group.step(multiple) for each in found.coupled}
    groups = tuple(replace(group, step=steps[group.name]) for group in network.shape.groups)
    network.shape = replace(network.shape, groups=groups)
    return network


def plans(network: Network, num_plans: int = 3) -> list[dict[str, float]]:
    """Plans at random that prune at least one unit of something."""
    assert network.shape is not None
    draw = random.Random(0)
    drawn = [
        {group.name: draw.choice((0.0, draw.uniform(0, 1))) for group in network.shape.groups}
        for _ in range(num_plans)
    ]
    return [plan | {network.shape.groups[0].name: 0.6} for plan in drawn]


def check(network: Network, *, multiple: int = 1) -> None:
    assert network.shape is not None
    without_zeros(network)
    state = network.state()
    for plan in plans(network):
        network.load(state, {})
        scores = {layer.name: torch.rand_like(network.weight(layer.name)) for layer in network.prunable}
        pruned = {name: sparsity for name, sparsity in plan.items() if sparsity > 0}
        network.mask(masks_for_round(network, scores, Prune(plan=pruned, granularity="unit"), 1))
        shrunk = shrink(network, multiple=multiple)
        assert shrunk is not None
        counts = counted(shrunk, lambda: 0.0, with_shapes=True).counts
        paid = price(network.layers, plan, other_parameters=0, other_macs=0, shape=network.shape)
        assert (paid.nonzero, paid.nonzero_macs) == (counts.nonzero, counts.nonzero_macs)
        if multiple == 1:
            assert (counts.parameters, counts.macs) == (counts.nonzero, counts.nonzero_macs)
        content = encode(shrunk.module.state_dict(), shrunk.masks, with_shapes=True)
        header = 8 + int.from_bytes(content[:8], "little")
        bits = sum((mask.numel() + 7) // 8 for mask in shrunk.masks.values())
        beyond = paid.file_bytes - network.shape.header_bytes - (len(content) - header)
        assert 0 <= beyond <= bits
        if multiple == 1:
            assert 0 <= paid.file_bytes - len(content) <= 8 * (1 + len(state))
        assert paid.nonzero_weights == sum(
            int(shrunk.weight(one.name).count_nonzero()) for one in shrunk.prunable
        )


@pytest.mark.parametrize("name", MODELS)
def test_the_price_of_a_unit_plan_is_what_shrinking_gives(name: str) -> None:
    check(fresh(name))


@pytest.mark.parametrize("name", ["lenet5", "resnet20", "han-cnn", "mlp"])
def test_it_is_so_too_where_channels_are_a_multiple(name: str) -> None:
    check(with_multiple(fresh(name), 8), multiple=8)


@pytest.mark.parametrize("name", [*KINDS, *ODD])
def test_it_is_so_for_networks_of_many_kinds(name: str) -> None:
    check(traced({**KINDS, **ODD}[name]))


@pytest.mark.parametrize("name", ["inverted", "grouped", "decoder"])
def test_it_is_so_where_depthwise_grouped_and_joined_channels_are_a_multiple(name: str) -> None:
    check(with_multiple(traced(KINDS[name]), 4), multiple=4)


@pytest.mark.parametrize("name", [*KINDS, *ODD])
def test_without_a_plan_it_is_the_dense_network(name: str) -> None:
    network = without_zeros(traced({**KINDS, **ODD}[name]))
    assert network.shape is not None
    counts, dense = counted(network, lambda: 0.0).counts, network.shape.dense
    assert (dense.nonzero, dense.nonzero_macs) == (counts.parameters, counts.macs)
    assert dense.file_bytes == counts.file_bytes


@pytest.mark.parametrize("name", [*KINDS, *ODD])
def test_what_budgets_are_solved_over_is_the_same_price(name: str) -> None:
    network = traced({**KINDS, **ODD}[name])
    shape = network.shape
    assert shape is not None
    kinds: tuple[TargetKind, ...] = ("file_size", "compression_ratio", "theoretical_speedup", "sparsity")
    for plan in plans(network):
        left = kept_units(shape, plan)
        for kind in kinds:
            wanted = amount(kind, shrunk_counts(shape, left))
            assert remaining_of(kind, shape, {}).at(left) == pytest.approx(wanted, rel=1e-12)
