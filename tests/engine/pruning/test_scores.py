"""Scores are by layer in the network's order, and scoring leaves no trace in the network."""

import pytest
import torch

from prune_tui.catalog.criteria import CRITERIA
from prune_tui.core.errors import DecisionError
from prune_tui.core.returning import drained
from prune_tui.core.terms import Granularity
from prune_tui.engine.network.network import Scores
from prune_tui.engine.pruning.scores import score
from tests.engine.helpers import Run, loaded

WITHOUT_BATCH_NORM = [name for name in CRITERIA if name != "batchnorm_scale"]


@pytest.fixture(scope="module")
def run() -> Run:
    return loaded()


def scored(run: Run, criterion: str, layers: list[str], granularity: Granularity = "weight") -> Scores:
    return drained(
        score(
            run.state.network,
            run.state.data,
            criterion,
            granularity,
            layers,
            random_state=torch.Generator().manual_seed(0),
            clock=lambda: 0.0,
        )
    )


@pytest.mark.parametrize("criterion", WITHOUT_BATCH_NORM)
def test_layers_are_scored_in_the_networks_order_whatever_the_order_asked_in(
    run: Run, criterion: str
) -> None:
    one, other = scored(run, criterion, ["fc1", "conv1"]), scored(run, criterion, ["conv1", "fc1"])
    assert list(one) == list(other) == ["conv1", "fc1"]
    for name, scores in one.items():
        assert scores.shape == run.state.network.weight(name).shape
        assert torch.equal(scores, other[name])


@pytest.mark.parametrize("criterion", WITHOUT_BATCH_NORM)
def test_scoring_changes_no_weight_and_leaves_no_gradient(run: Run, criterion: str) -> None:
    module = run.state.network.module
    before = run.state.network.state()
    scored(run, criterion, ["fc1"])
    assert all(torch.equal(before[name], tensor) for name, tensor in module.state_dict().items())
    assert all(parameter.grad is None or not parameter.grad.any() for parameter in module.parameters())


def test_a_layer_that_can_not_be_scored_is_named(run: Run) -> None:
    with pytest.raises(DecisionError, match=r"layer fc1: .*no batch norm follows"):
        scored(run, "batchnorm_scale", ["fc1"], "unit")
