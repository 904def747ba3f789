"""Every kept weight and every unit is in a bin, and none that was pruned."""

import torch

from prune_tui.core.run.events import NUM_BINS
from prune_tui.engine.measure.histograms import binned_weights, take_distributions
from prune_tui.engine.network.masks import mask_weights
from prune_tui.engine.network.network import Network, weight_name
from tests.engine.helpers import fresh


def pruned_network() -> Network:
    network = fresh("lenet5")
    weight = network.weight("fc1").detach()
    network.mask({weight_name("fc1"): mask_weights(weight.abs(), 0.9, None)})
    return network


def test_all_kept_weights_are_binned_up_to_the_largest() -> None:
    network = pruned_network()
    for binned in binned_weights(network, stage="pruned"):
        weight = network.weight(binned.layer).detach()
        mask = network.mask_of(binned.layer)
        kept = weight if mask is None else weight[mask]
        assert len(binned.counts) == NUM_BINS
        assert sum(binned.counts) == kept.numel()
        assert binned.largest == float(kept.abs().max())
        half = int((kept.abs() < binned.largest / 2).sum())
        assert abs(sum(binned.counts[: NUM_BINS // 2]) - half) <= 1


def test_what_was_pruned_leaves_the_lowest_bins_empty() -> None:
    binned = {each.layer: each for each in binned_weights(pruned_network(), stage="pruned")}
    assert binned["fc1"].counts[: NUM_BINS // 2] == (0,) * (NUM_BINS // 2)
    assert binned["fc2"].counts[0] > 0


def test_units_are_counted_once_by_norm_and_by_their_share_of_large_weights() -> None:
    network = pruned_network()
    taken = take_distributions(network, "pruned")
    found = {(each.layer, each.measure): each for each in taken.distributions}
    assert len(found) == 3 * len(network.layers)
    for layer in network.layers:
        for measure in ("unit_norms", "top_share"):
            assert sum(found[layer.name, measure].counts) == layer.units
        norms = network.weight(layer.name).detach().flatten(1).norm(dim=1)
        assert abs(found[layer.name, "unit_norms"].largest - float(norms.max())) < 1e-5


def test_a_layer_that_is_no_number_is_binned_as_empty() -> None:
    network = fresh("lenet5")
    with torch.no_grad():
        network.weight("fc1").fill_(float("nan"))
    binned = {each.layer: each for each in binned_weights(network, stage="dense")}
    assert sum(binned["fc1"].counts) == 0
    assert binned["fc1"].largest == 0.0
