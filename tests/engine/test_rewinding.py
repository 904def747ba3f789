"""Rewinding goes back to the weights or the learning rate that the dense training had, masks held."""

from pathlib import Path

import pytest
import torch

from prune_tui.core.errors import DecisionError
from prune_tui.core.run.events import BatchTrained, EpochFinished
from prune_tui.core.session.decisions import Iterative, LoadDense, Prune, Rewind, Rewinding, TrainDense
from prune_tui.core.session.recipe import Training
from prune_tui.runner.runner import Runner
from tests.engine.helpers import opened, perform

DENSE = TrainDense(
    training=Training(num_epochs=3, batch_size=64, learning_rate_schedule="cosine"), kept_epochs=(1,)
)


def trained(sessions_dir: Path | None = None) -> Runner:
    runner = opened(sessions_dir)
    perform(runner, DENSE)
    return runner


@pytest.mark.parametrize("epoch", [0, 1])
def test_weights_are_rewound_to_those_of_the_epoch_and_pruned_ones_stay_zero(epoch: int) -> None:
    runner = trained()
    perform(runner, Prune(plan=0.8))
    space = runner._engine.space
    assert space.baseline is not None
    early = space.baseline.early[epoch]
    learning = runner.perform(Rewind(to="weights", epoch=epoch))
    next(event for event in learning if isinstance(event, BatchTrained))
    for name, mask in space.network.masks.items():
        now = space.network.module.get_parameter(name).detach()
        assert not now[~mask].any()
        assert (now - early[name])[mask].abs().max() < 0.01
    learning.close()


@pytest.mark.parametrize("to", ["weights", "learning_rate"])
def test_what_is_left_of_the_dense_schedule_is_trained(to: str) -> None:
    runner = trained()
    dense = [epoch for epoch in runner.view.report.epochs if epoch.decision == 0]
    rewinding = Rewinding(to="weights" if to == "weights" else "learning_rate", epoch=1)
    events = perform(
        runner, Prune(plan=0.8, schedule=Iterative(steps="linear", num_rounds=2), rewind=rewinding)
    )
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
    counts = runner.view.counted
    assert counts is not None
    assert counts.sparsity == pytest.approx(0.8, abs=1e-3)


def test_a_resumed_session_rewinds_to_the_same_weights(tmp_path: Path) -> None:
    runner = trained(tmp_path)
    baseline = runner._engine.space.baseline
    again = opened(tmp_path, session=runner.session)._engine.space.baseline
    assert baseline is not None
    assert again is not None
    assert again.training == baseline.training
    assert again.early.keys() == baseline.early.keys() == {0, 1}
    for epoch, weights in baseline.early.items():
        assert all(torch.equal(weights[name], again.early[epoch][name]) for name in weights)


@pytest.mark.parametrize(
    ("rewinding", "message"),
    [
        (Rewinding(epoch=2), "were not kept: rewind to one of 0, 1"),
        (Rewinding(to="learning_rate", epoch=3), "leaves nothing to train"),
    ],
)
def test_rewinding_to_what_there_is_not_is_refused(rewinding: Rewinding, message: str) -> None:
    runner = trained()
    with pytest.raises(DecisionError, match=message):
        perform(runner, Prune(plan=0.5, rewind=rewinding))
    assert runner.view.counted is None


def test_a_loaded_baseline_can_not_be_rewound_to() -> None:
    runner = opened()
    perform(runner, LoadDense(), Prune(plan=0.5))
    with pytest.raises(DecisionError, match="was loaded, not trained here"):
        perform(runner, Rewind())
