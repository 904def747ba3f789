"""A shrunk network computes what its masked one did, and is really smaller."""

import pytest
import torch

from prune_tui.catalog.models import MODELS
from prune_tui.engine.network.network import weight_name
from prune_tui.engine.network.shrink import MAX_DISAGREEMENT, disagreement, shrink
from prune_tui.engine.pruning.plan_masks import prunable_layers
from tests.engine.helpers import fresh, halved


@pytest.mark.parametrize("name", MODELS)
def test_a_shrunk_network_computes_what_its_masked_one_did_and_is_smaller(name: str) -> None:
    network, shape = halved(name), MODELS[name].own_shape
    shrunk = shrink(network)
    assert shrunk is not None
    assert disagreement(network.module, shrunk.module, torch.randn(4, *shape)) <= MAX_DISAGREEMENT
    for layer in prunable_layers(network, "unit"):
        assert shrunk.layer(layer).units == network.layer(layer).units / 2
    assert shrunk.total_macs < network.total_macs / 1.9
    assert not shrunk.masks


def test_coupled_layers_lose_the_same_units() -> None:
    network = halved("resnet20")
    units = next(units for units in network.units or () if "conv1" in units.layers)
    assert units.layers == ("conv1", "layer1.0.conv2", "layer1.1.conv2", "layer1.2.conv2")
    first = network.masks["conv1.weight"].flatten(1).any(dim=1)
    for layer in units.layers[1:]:
        assert torch.equal(network.masks[weight_name(layer)].flatten(1).any(dim=1), first)
        assert network.layer(layer).coupled_to == "conv1"
    assert not network.module.get_parameter("bn1.bias")[~first].any()


def test_single_weights_that_nobody_reads_any_more_go_and_what_is_still_zero_stays_masked() -> None:
    network = fresh("lenet-300-100")
    unread = torch.ones(100, 300, dtype=torch.bool)
    unread[:, :250] = False
    some = torch.rand(300, 784) < 0.3
    network.mask({"fc2.weight": unread, "fc1.weight": some})
    shrunk = shrink(network)
    assert shrunk is not None
    assert shrunk.layer("fc1").units == 50
    assert disagreement(network.module, shrunk.module, torch.randn(4, 1, 28, 28)) <= MAX_DISAGREEMENT
    assert int(shrunk.masks["fc1.weight"].sum()) == int(some[250:].sum())


def test_a_unit_with_a_bias_is_not_dead() -> None:
    network = fresh("lenet-300-100")
    mask = torch.ones(300, 784, dtype=torch.bool)
    mask[:10] = False
    network.mask({"fc1.weight": mask})
    assert shrink(network) is None


def test_at_least_one_unit_stays() -> None:
    network = fresh("mlp")
    network.mask({"fc2.weight": torch.zeros(1000, 1000, dtype=torch.bool)})
    shrunk = shrink(network)
    assert shrunk is not None
    assert shrunk.layer("fc2").units == 1
