"""Layers and MACs are found by running an image through; shared weights count once."""

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from prune_tui.catalog.models import MODELS
from prune_tui.engine.network.trace import network_of
from tests.engine.helpers import fresh


@pytest.mark.parametrize("name", MODELS)
def test_layers_hold_all_macs_and_the_output_is_known(name: str) -> None:
    network = fresh(name)
    assert sum(layer.macs for layer in network.layers) == network.total_macs
    assert [layer.locked_reason is not None for layer in network.layers].count(True) == 1
    assert network.layers[-1].locked_reason
    for layer in network.layers:
        assert layer.parameters == network.weight(layer.name).numel()
        assert layer.units == len(network.weight(layer.name))


@pytest.mark.parametrize("name", MODELS)
def test_macs_are_half_of_what_torchs_flop_counter_counts(name: str) -> None:
    network = fresh(name)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        network.module.eval()(torch.zeros(1, *MODELS[name].own_shape))
    assert network.total_macs == counter.get_total_flops() / 2


@pytest.mark.parametrize(
    ("name", "macs"), [("lenet", 480_500), ("resnet20", 40_813_184), ("lenet-300-100", 266_200)]
)
def test_macs_are_the_published_ones(name: str, macs: int) -> None:
    assert fresh(name).total_macs == macs


class Tied(nn.Module):
    """Two linear layers that share one weight."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(784, 784)
        self.second = nn.Linear(784, 784)
        self.second.weight = self.first.weight
        self.out = nn.Linear(784, 10)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.out(self.second(self.first(images.flatten(1))))
        return out


def test_a_shared_weight_is_one_layer() -> None:
    network = network_of(Tied(), torch.zeros(2, 1, 28, 28))
    assert [layer.name for layer in network.layers] == ["first", "out"]


def test_the_image_run_through_leaves_no_trace() -> None:
    module = MODELS["resnet20"].build(num_classes=10)
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    network_of(module, torch.zeros(2, 3, 32, 32))
    assert module.training
    assert all(torch.equal(before[name], tensor) for name, tensor in module.state_dict().items())


def test_a_layers_output_shape_is_that_of_one_example() -> None:
    module = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 36, 7))
    first, last = network_of(module, torch.zeros(5, 1, 8, 8)).layers
    assert first.output_shape == (4, 6, 6)
    assert last.output_shape == (7,)
