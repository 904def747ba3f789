"""Units that are several rows of a weight, as those of grouped convolutions, are masked and removed whole."""

import pytest
import torch

from prune_tui.engine.network.network import weight_name
from prune_tui.engine.network.shrink import MAX_DISAGREEMENT, disagreement, shrink
from prune_tui.engine.network.trace import find_units, network_of
from prune_tui.engine.pruning.plan_masks import masks_of_layer
from tests.engine.network.networks import IMAGE, grouped


@pytest.mark.parametrize("sparsity", [0.25, 0.5, 0.75])
def test_whole_groups_of_channels_go(sparsity: float) -> None:
    torch.manual_seed(0)
    network = network_of(grouped(), torch.zeros(2, 3, 16, 16))
    find_units(network)
    scores = {layer.name: network.weight(layer.name).detach().abs() for layer in network.layers}
    network.mask(masks_of_layer(network, scores, "0", sparsity, "unit"))
    remaining = network.masks[weight_name("2")].flatten(1).any(dim=1).reshape(4, 8)
    assert torch.equal(remaining.any(dim=1), remaining.all(dim=1))
    assert int(remaining.any(dim=1).sum()) == 4 * (1 - sparsity)
    means = torch.stack([scores[name].reshape(4, -1).mean(dim=1) for name in ("0", "2")])
    kept = means.mean(dim=0).topk(int(4 * (1 - sparsity))).indices
    assert remaining.any(dim=1)[kept].all()
    shrunk = shrink(network)
    assert shrunk is not None
    assert shrunk.layer("2").units == 32 * (1 - sparsity)
    assert disagreement(network.module, shrunk.module, IMAGE) <= MAX_DISAGREEMENT
