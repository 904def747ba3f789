"""A shrunk network computes what its masked one did, is really smaller, and comes back from its file."""

from pathlib import Path

import pytest
import torch
from prune_tui.engine.decisions.outcomes import compare_shrunk
from torch import nn

from prune_tui.catalog.models import MODELS
from prune_tui.core.errors import DecisionError
from prune_tui.core.run.events import Measured
from prune_tui.core.session.decisions import Finetune, LoadDense, Measure, Prune, Shrink
from prune_tui.core.session.session import Session
from prune_tui.engine.network.masks import keep_units
from prune_tui.engine.network.network import Masks, Network, weight_name
from prune_tui.engine.network.shrink import MAX_DISAGREEMENT, disagreement, shrink
from prune_tui.engine.network.trace import network_of
from prune_tui.engine.pruning.plan_masks import _masks_of_units, plan_of, prunable_layers
from tests.engine.helpers import QUICK, opened, perform


def halved(name: str, *, seed: int = 0) -> Network:
    """A network with fresh weights and lively batch norms, half of its units pruned at random."""
    torch.manual_seed(seed)
    model = MODELS[name]
    module = model.build(num_classes=10)
    for layer in module.modules():
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.uniform_(layer.weight, 0.5, 1.5)
            nn.init.uniform_(layer.bias, -0.5, 0.5)
            nn.init.uniform_(layer.running_mean, -0.5, 0.5)  # type: ignore[arg-type]
            nn.init.uniform_(layer.running_var, 0.5, 2.0)  # type: ignore[arg-type]
    network = network_of(module, model.image_shape, num_classes=10)
    masks: Masks = {}
    for units in network.units:
        count = len(network.weight(units.layers[0]))
        keep = keep_units(torch.rand(count), 0.5, torch.ones(count, dtype=torch.bool))
        masks |= _masks_of_units(network, units, keep)
    network.mask(masks)
    return network


@pytest.mark.parametrize("name", MODELS)
def test_a_shrunk_network_computes_what_its_masked_one_did_and_is_smaller(name: str) -> None:
    network, shape = halved(name), MODELS[name].image_shape
    shrunk = shrink(network, shape, num_classes=10)
    assert shrunk is not None
    assert disagreement(network.module, shrunk.module, torch.randn(4, *shape)) <= MAX_DISAGREEMENT
    for layer in prunable_layers(network, "unit"):
        assert shrunk.layer(layer).units == network.layer(layer).units / 2
    assert shrunk.total_macs < network.total_macs / 1.9
    assert not shrunk.masks


def test_coupled_layers_lose_the_same_units() -> None:
    network = halved("resnet20")
    units = next(units for units in network.units if "conv1" in units.layers)
    assert units.layers == ("conv1", "layer1.0.conv2", "layer1.1.conv2", "layer1.2.conv2")
    first = network.masks["conv1.weight"].flatten(1).any(dim=1)
    for layer in units.layers[1:]:
        assert torch.equal(network.masks[weight_name(layer)].flatten(1).any(dim=1), first)
        assert network.layer(layer).coupled_to == "conv1"
    assert not network.module.get_parameter("bn1.bias")[~first].any()


def test_single_weights_that_nobody_reads_any_more_go_and_what_is_still_zero_stays_masked() -> None:
    model = MODELS["lenet-300-100"]
    network = network_of(model.build(num_classes=10), model.image_shape, num_classes=10)
    unread = torch.ones(100, 300, dtype=torch.bool)
    unread[:, :250] = False
    some = torch.rand(300, 784) < 0.3
    network.mask({"fc2.weight": unread, "fc1.weight": some})
    shrunk = shrink(network, model.image_shape, num_classes=10)
    assert shrunk is not None
    assert shrunk.layer("fc1").units == 50
    assert disagreement(network.module, shrunk.module, torch.randn(4, 1, 28, 28)) <= MAX_DISAGREEMENT
    assert int(shrunk.masks["fc1.weight"].sum()) == int(some[250:].sum())


def test_a_unit_with_a_bias_is_not_dead() -> None:
    model = MODELS["lenet-300-100"]
    network = network_of(model.build(num_classes=10), model.image_shape, num_classes=10)
    mask = torch.ones(300, 784, dtype=torch.bool)
    mask[:10] = False
    network.mask({"fc1.weight": mask})
    assert shrink(network, model.image_shape, num_classes=10) is None


def test_at_least_one_unit_stays() -> None:
    model = MODELS["mlp"]
    network = network_of(model.build(num_classes=10), model.image_shape, num_classes=10)
    network.mask({"fc2.weight": torch.zeros(1000, 1000, dtype=torch.bool)})
    shrunk = shrink(network, model.image_shape, num_classes=10)
    assert shrunk is not None
    assert shrunk.layer("fc2").units == 1


def test_a_session_shrinks_measures_and_goes_on_from_its_files(tmp_path: Path) -> None:
    runner = opened(tmp_path)
    events = perform(
        runner,
        LoadDense(),
        Prune(plan=0.5, granularity="unit", finetune=QUICK),
        Shrink(),
        Measure(batch_sizes=(1,)),
    )
    measured = {event.which: event for event in events if isinstance(event, Measured)}
    pruned, shrunk = measured["pruned"], measured["shrunk"]
    assert pruned.test_reads == shrunk.test_reads == 2
    assert shrunk.figures.accuracy == pruned.figures.accuracy
    assert shrunk.figures.parameters < pruned.figures.nonzero
    assert shrunk.figures.file_bytes < pruned.figures.file_bytes
    assert set(shrunk.figures.latency_ms or runner.view.report.shrunk.latency_ms) == {"1"}  # type: ignore[union-attr]
    record = runner.session.record
    assert record is not None
    again = opened(tmp_path, session=runner.session)
    for checkpoint in record.checkpoints:
        assert again.accuracy_of(tmp_path / "s", checkpoint) == checkpoint.accuracy
    space = again._engine.space
    assert space.shrunk is not None
    assert compare_shrunk(space, space.shrunk) <= MAX_DISAGREEMENT
    perform(again, Finetune(training=QUICK))
    assert space.shrunk is None


def test_shrinking_where_nothing_can_go_changes_nothing() -> None:
    runner = opened()
    perform(runner, LoadDense(), Prune(plan={"fc1": 0.05}))
    with pytest.raises(DecisionError, match="no unit can be removed"):
        perform(runner, Shrink())
    assert len(runner.session.decisions) == 2
    assert runner.view.shrunk is None


def test_units_of_a_coupled_layer_are_pruned_under_the_first_ones_name() -> None:
    session = Session(name="s", model="resnet20", dataset="imagefolder:nowhere")
    prune = Prune(plan={"layer1.0.conv2": 0.5}, granularity="unit")
    model = MODELS[session.model]
    network = network_of(model.build(num_classes=10), model.image_shape, num_classes=10)
    with pytest.raises(DecisionError, match="go with those of conv1: give conv1 the sparsity"):
        plan_of(network, prune)
