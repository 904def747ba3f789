"""Training holds the masks, keeps the best epoch, and follows its learning-rate schedule."""

import pytest
import torch
from torch import nn

from prune_tui.catalog.batches import TensorSplit
from prune_tui.catalog.datasets.images import Data
from prune_tui.catalog.tasks.classification import Classification
from prune_tui.core.errors import DecisionError, ModelError
from prune_tui.core.run.events import BatchTrained, EpochFinished, MaskChecked
from prune_tui.core.session.decisions import Finetune
from prune_tui.core.session.recipe import LearningRateSchedule, Optimizer, Training
from prune_tui.engine.context import TrainingPhase
from prune_tui.engine.data import DeviceData
from prune_tui.engine.network.network import Weights
from prune_tui.engine.network.trace import network_of
from prune_tui.engine.training.loop import train
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


class ChangedTooEarly(nn.Module):
    """Changes in place what the gradient of its layer needs."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(4, 4)
        self.last = nn.Linear(4, 2)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        hidden = self.first(inputs)
        scores: torch.Tensor = self.last(hidden)
        hidden += 1.0
        return scores


def test_a_network_without_gradients_says_so_in_a_line() -> None:
    split = TensorSplit(torch.randn(8, 4), torch.arange(8) % 2)
    data = DeviceData(Data(split, split, split, Classification(2)), torch.device("cpu"))
    network = network_of(ChangedTooEarly(), split.batch(slice(0, 2)).inputs)
    phase = TrainingPhase(0, 1, 1, 0, lambda _epochs: False)
    state = torch.Generator().manual_seed(0)
    training = Training(num_epochs=1)
    with pytest.raises(
        ModelError, match=r"has no gradients, so it can't be trained: .*modified by"
    ) as caught:
        list(train(network, data, training, phase=phase, random_state=state, clock=lambda: 0.0))
    assert "\n" not in str(caught.value)


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


class Tiny(nn.Module):
    """Two layers, with batch norm between them if it is asked for."""

    def __init__(self, *, has_norm: bool) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(6, 8), nn.Linear(8, 3)
        self.norm = nn.BatchNorm1d(8) if has_norm else nn.Identity()

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        outputs: torch.Tensor = self.second(torch.relu(self.norm(self.first(inputs))))
        return outputs


def trained(num_examples: int, batch_size: int, *, has_norm: bool, training_size: int | None) -> Weights:
    """Train a network for an epoch; return its weights."""
    torch.manual_seed(0)
    split = TensorSplit(torch.randn(num_examples, 6), torch.arange(num_examples) % 3)
    data = DeviceData(Data(split, split, split, Classification(3)), torch.device("cpu"))
    network = network_of(Tiny(has_norm=has_norm), split.inputs)
    data.training_size = training_size
    work = train(
        network,
        data,
        Training(num_epochs=1, batch_size=batch_size, learning_rate=0.1, optimizer="sgd"),
        phase=TrainingPhase(0, 1, 1, 0, lambda _: False),
        random_state=torch.Generator().manual_seed(0),
        clock=lambda: 0.0,
    )
    batches = [event for event in work if isinstance(event, BatchTrained)]
    assert [event.batch for event in batches] == list(range(1, batches[0].num_batches + 1))
    return network.state()


@pytest.mark.parametrize("training_size", [2, 5, 7, 15])
def test_a_batch_in_parts_gives_the_same_gradient(training_size: int) -> None:
    whole = trained(48, 16, has_norm=False, training_size=None)
    parts = trained(48, 16, has_norm=False, training_size=training_size)
    for name, weight in whole.items():
        assert torch.allclose(parts[name], weight, atol=1e-6)
    fitting = trained(48, 16, has_norm=False, training_size=16)
    assert all(torch.equal(fitting[name], weight) for name, weight in whole.items())


@pytest.mark.parametrize("training_size", [None, 2, 3])
def test_batch_norm_never_sees_a_single_example(training_size: int | None) -> None:
    state = trained(17, 8, has_norm=True, training_size=training_size)
    assert all(torch.isfinite(tensor).all() for tensor in state.values())
