"""Rewinding goes back to the weights or the learning rate that the dense training had, masks held."""

import pytest

from prune_tui.core.errors import DecisionError
from prune_tui.core.run.events import BatchTrained, EpochFinished
from prune_tui.core.session.decisions import Prune, Rewind, TrainDense
from prune_tui.core.session.recipe import Training
from prune_tui.core.session.rounds import Iterative, Rewinding
from tests.engine.helpers import Run, loaded, perform

DENSE = TrainDense(
    training=Training(num_epochs=3, batch_size=64, learning_rate_schedule="cosine"), kept_epochs=(1,)
)


def trained() -> Run:
    run = Run()
    perform(run, DENSE)
    return run


@pytest.mark.parametrize("epoch", [0, 1])
def test_weights_are_rewound_to_those_of_the_epoch_and_pruned_ones_stay_zero(epoch: int) -> None:
    run = trained()
    perform(run, Prune(plan=0.8))
    network = run.state.network
    early = run.state.dense.early[epoch]
    learning = run.perform(Rewind(to="weights", epoch=epoch))
    next(event for event in learning if isinstance(event, BatchTrained))
    for name, mask in network.masks.items():
        now = network.module.get_parameter(name).detach()
        assert not now[~mask].any()
        assert (now - early[name])[mask].abs().max() < 0.01
    learning.close()


@pytest.mark.parametrize("to", ["weights", "learning_rate"])
def test_what_is_left_of_the_dense_schedule_is_trained(to: str) -> None:
    run = trained()
    dense = [epoch for epoch in run.view.report.epochs if epoch.decision == 0]
    rewinding = Rewinding(to="weights" if to == "weights" else "learning_rate", epoch=1)
    events = perform(run, Prune(plan=0.8, schedule=Iterative(steps="linear", num_rounds=2), rewind=rewinding))
    epochs = [event.figures for event in events if isinstance(event, EpochFinished)]
    assert [(epoch.round, epoch.epoch) for epoch in epochs] == [
        (1, 0),
        (1, 1),
        (1, 2),
        (2, 0),
        (2, 1),
        (2, 2),
    ]
    assert [epoch.learning_rate for epoch in epochs if epoch.epoch] == [
        *(epoch.learning_rate for epoch in dense[1:]),
        *(epoch.learning_rate for epoch in dense[1:]),
    ]
    counts = run.view.counted
    assert counts is not None
    assert counts.sparsity == pytest.approx(0.8, abs=1e-3)


@pytest.mark.parametrize(
    ("rewinding", "message"),
    [
        (Rewinding(epoch=2), "were not kept: rewind to one of 0, 1"),
        (Rewinding(to="learning_rate", epoch=3), "leaves nothing to train"),
    ],
)
def test_rewinding_to_what_there_is_not_is_refused(rewinding: Rewinding, message: str) -> None:
    run = trained()
    with pytest.raises(DecisionError, match=message):
        perform(run, Prune(plan=0.5, rewind=rewinding))
    assert run.view.counted is None


def test_a_loaded_baseline_can_not_be_rewound_to() -> None:
    run = loaded()
    perform(run, Prune(plan=0.5))
    with pytest.raises(DecisionError, match="a baseline trained in this session: put train_dense before it"):
        perform(run, Rewind())
