"""Training holds the masks, keeps the best epoch, and follows its learning-rate schedule."""

import pytest
import torch

from prune_tui.core.errors import DecisionError
from prune_tui.core.run.events import BatchTrained, EpochFinished, MaskChecked
from prune_tui.core.session.decisions import Finetune
from prune_tui.core.session.recipe import LearningRateSchedule, Optimizer, Training
from prune_tui.engine.training.optimizers import learning_rate
from tests.engine.helpers import Run, perform, pruned


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
def test_pruned_weights_are_zero_after_every_step(optimizer: Optimizer) -> None:
    run = pruned()
    network = run.state.network
    training = Training(num_epochs=1, optimizer=optimizer, learning_rate=0.01, weight_decay=0.1)
    steps = 0
    for event in run.perform(Finetune(training=training)):
        if isinstance(event, BatchTrained):
            steps += 1
            for name, mask in network.masks.items():
                assert not network.module.get_parameter(name)[~mask].any()
        if isinstance(event, MaskChecked):
            assert event.held
    assert steps == event_count(training)


def event_count(training: Training) -> int:
    return -(-1097 // training.batch_size) * training.num_epochs


def test_the_network_left_is_the_best_epoch_by_validation() -> None:
    run = pruned()
    wild = Training(num_epochs=4, optimizer="sgd", learning_rate=0.3)
    finished = [event for event in perform(run, Finetune(training=wild)) if isinstance(event, EpochFinished)]
    best = max(event.figures.accuracy for event in finished)
    left = run.accuracy()
    start = max(epoch.accuracy for epoch in run.view.report.epochs if epoch.decision == 1)
    assert left == max(best, start)


def test_a_diverging_training_says_so_and_changes_nothing() -> None:
    run = pruned()
    before = run.state.network.state()
    with pytest.raises(DecisionError, match=r"diverged in epoch 1.*below 1e\+08"):
        perform(run, Finetune(training=Training(num_epochs=1, optimizer="sgd", learning_rate=1e8)))
    after = run.state.network.state()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert len(run.decisions) == 2


@pytest.mark.parametrize("name", ["constant", "step", "cosine", "one_cycle"])
def test_schedules_stay_within_the_peak_and_end_low(name: LearningRateSchedule) -> None:
    training = Training(num_epochs=1, learning_rate=0.1, learning_rate_schedule=name)
    rates = [learning_rate(training, step, 100) for step in range(100)]
    assert max(rates) == pytest.approx(0.1, rel=0.01)
    assert min(rates) > 0
    assert rates[-1] == 0.1 if name == "constant" else rates[-1] <= 0.001 + 1e-12


def test_finetuning_before_pruning_is_refused() -> None:
    with pytest.raises(DecisionError, match="finetune needs a pruned network: put prune before it"):
        perform(Run(), Finetune(training=Training(num_epochs=1)))
