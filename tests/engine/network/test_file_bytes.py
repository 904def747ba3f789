"""The size of the file that a plan is predicted to give is near that of the file which pruning gives."""

import pytest

from prune_tui.catalog.models import MODELS
from prune_tui.core.planning.price import Price, price
from prune_tui.core.session.decisions import Prune
from prune_tui.engine.network.checkpoints import encode, overhead_bytes
from prune_tui.engine.network.masks import mask_weights
from prune_tui.engine.network.network import Network, weight_name
from tests.engine.helpers import PLAN, fresh, loaded, perform

EXTREME = {"conv1": 0.434, "conv2": 0.968, "fc1": 0.9977, "fc2": 0.853}


def predicted(network: Network, plan: dict[str, float]) -> Price:
    counted = sum(layer.parameters for layer in network.layers)
    return price(
        network.layers,
        plan,
        other_parameters=sum(parameter.numel() for parameter in network.module.parameters()) - counted,
        other_macs=0,
        overhead_bytes=overhead_bytes(network.module),
    )


@pytest.mark.parametrize("plan", [PLAN, EXTREME, dict.fromkeys(PLAN, 0.5), dict.fromkeys(PLAN, 0.95)])
def test_on_the_bundled_pair_it_is_within_two_percent(plan: dict[str, float]) -> None:
    run = loaded()
    dense = len(encode(run.state.network.module.state_dict(), {}))
    paid = predicted(run.state.network, plan)
    perform(run, Prune(plan=plan))
    assert run.view.counted is not None
    assert len(run.to_save[-1].content) == run.view.counted.counts.file_bytes
    assert paid.file_bytes == pytest.approx(run.view.counted.counts.file_bytes, rel=0.02)
    assert paid.dense_bytes == dense


@pytest.mark.parametrize("sparsity", [0.5, 0.8, 0.9, 0.98])
@pytest.mark.parametrize("name", MODELS)
def test_of_every_model_it_is_within_three_percent(name: str, sparsity: float) -> None:
    network = fresh(name)
    plan = {layer.name: sparsity for layer in network.prunable}
    paid = predicted(network, plan)
    network.mask(
        {weight_name(at): mask_weights(network.weight(at).detach().abs(), sparsity, None) for at in plan}
    )
    actual = len(encode(network.module.state_dict(), network.masks))
    assert paid.file_bytes == pytest.approx(actual, rel=0.03)
