"""Pruning meets its target round by round, from the dense network or from what is pruned already."""

import pytest

from prune_tui.core.run.events import Counted, EpochFinished, Pruned
from prune_tui.core.session.decisions import Prune
from prune_tui.core.session.rounds import Iterative
from prune_tui.core.terms import Granularity, Scope
from tests.engine.helpers import PLAN, QUICK, Run, loaded, perform, pruned


@pytest.fixture(scope="module")
def run() -> Run:
    return loaded()


@pytest.mark.parametrize("granularity", ["weight", "unit", "block_4", "block_16"])
@pytest.mark.parametrize("criterion", ["l1", "l2", "random"])
@pytest.mark.parametrize("scope", ["layer", "global"])
@pytest.mark.parametrize("steps", ["linear", "cubic", "geometric"])
def test_every_way_of_pruning_meets_its_target_round_by_round(
    run: Run, granularity: Granularity, criterion: str, scope: Scope, steps: str
) -> None:
    decision = Prune(
        plan=0.6,
        granularity=granularity,
        criterion=criterion,
        scope=scope,
        schedule=Iterative(steps=steps, num_rounds=3),
    )
    events = perform(run, decision)
    rounds = [event for event in events if isinstance(event, Pruned)]
    assert [event.round for event in rounds] == [1, 2, 3]
    sparsities = [event.sparsity for event in rounds]
    assert sparsities == sorted(set(sparsities))
    counted = [event for event in events if isinstance(event, Counted)]
    assert [event.sparsity for event in counted] == pytest.approx(sparsities)
    layers = counted[-1].layers
    free = sum(layer.parameters for layer in layers if granularity != "unit" or layer.name != "fc2")
    pruned_weights = sum(layer.parameters - layer.nonzero for layer in layers)
    assert pruned_weights / free == pytest.approx(0.6, abs=0.01)


def test_starting_from_the_pruned_network_goes_on_where_it_is() -> None:
    run = pruned()
    before = dict(run.state.network.masks)
    perform(run, Prune(plan={"fc1": 0.95}, start_from="pruned"))
    masks = run.state.network.masks
    assert all(not (masks[name] & ~before[name]).any() for name in before)
    assert int((~masks["fc1.weight"]).sum()) == 380_000
    perform(run, Prune(plan={"fc1": 0.5}))
    assert set(run.state.network.masks) == {"fc1.weight"}


def test_right_after_pruning_is_epoch_zero(run: Run) -> None:
    events = perform(run, Prune(plan=PLAN, finetune=QUICK))
    epochs = [event.figures for event in events if isinstance(event, EpochFinished)]
    assert [epoch.epoch for epoch in epochs] == [0, 1]
    assert epochs[0].train_loss is None
    perform(run, Prune(plan=PLAN))
    assert run.accuracy() == epochs[0].accuracy
