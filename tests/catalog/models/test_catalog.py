"""Each model is what its line in the table says."""

from itertools import pairwise

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from prune_tui.catalog.models import MODELS, ModelEntry, model_entry
from prune_tui.core.errors import UnknownNameError

ENTRIES = pytest.mark.parametrize("entry", MODELS.values(), ids=MODELS.keys())

LAYERS = {
    "lenet5": ["conv1", "conv2", "fc1", "fc2"],
    "lenet-300-100": ["fc1", "fc2", "fc3"],
    "lenet": ["conv1", "conv2", "fc1", "fc2"],
    "han-cnn": ["conv1", "conv2", "conv3", "fc1", "fc2"],
    "mlp": ["fc1", "fc2", "fc3", "fc4", "fc5"],
}


def prunable_names(network: nn.Module) -> list[str]:
    return [name for name, module in network.named_modules() if isinstance(module, nn.Conv2d | nn.Linear)]


@ENTRIES
def test_parameters_are_as_many_as_listed(entry: ModelEntry) -> None:
    assert sum(p.numel() for p in entry.build(num_classes=10).parameters()) == entry.num_parameters


@ENTRIES
@pytest.mark.parametrize("num_classes", [2, 10, 37])
def test_scores_are_one_a_class(entry: ModelEntry, num_classes: int) -> None:
    network = entry.build(num_classes=num_classes).eval()
    assert network(torch.zeros(2, *entry.own_shape)).shape == (2, num_classes)


@ENTRIES
def test_names_run_from_input_to_output(entry: ModelEntry) -> None:
    """The order of registration is the order of running, so lists of layers read as the network runs."""
    network = entry.build(num_classes=10).eval()
    ran: list[str] = []
    for name in prunable_names(network):
        network.get_submodule(name).register_forward_hook(lambda *_, name=name: ran.append(name))
    network(torch.zeros(1, *entry.own_shape))
    assert ran == prunable_names(network)
    assert ran == LAYERS.get(entry.name, ran)


@ENTRIES
def test_weights_are_drawn_from_the_global_random_state(entry: ModelEntry) -> None:
    networks = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        networks.append(torch.cat([p.flatten() for p in entry.build(num_classes=10).parameters()]))
    first, second, third = networks
    assert torch.equal(first, second)
    assert not torch.equal(first, third)


@ENTRIES
def test_every_unit_but_the_output_is_followed_by_a_nonlinearity(entry: ModelEntry) -> None:
    """A network of linear layers alone would be one linear layer."""
    modules = [m for m in entry.build(num_classes=10).modules() if isinstance(m, nn.Linear | nn.ReLU)]
    assert not any(isinstance(a, nn.Linear) and isinstance(b, nn.Linear) for a, b in pairwise(modules))


@ENTRIES
def test_finetuning_is_gentler_than_training(entry: ModelEntry) -> None:
    assert entry.finetuning.learning_rate < entry.training.learning_rate
    assert entry.finetuning.num_epochs <= entry.training.num_epochs


@pytest.mark.parametrize(
    ("name", "macs"), [("lenet", 480_500), ("resnet20", 40_813_184), ("resnet56", 125_747_840)]
)
def test_multiply_adds_are_the_published_ones(name: str, macs: int) -> None:
    entry = model_entry(name)
    network = entry.build(num_classes=10).eval()
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(torch.zeros(1, *entry.own_shape))
    assert counter.get_total_flops() / 2 == macs


def test_an_unknown_model_is_named_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="did you mean lenet5"):
        model_entry("lenet-5")
