"""Batches fit into memory: what a network takes for an example is measured, and small models keep theirs."""

import pytest
import torch
from torch import nn

from prune_tui.catalog.batches import TensorSplit
from prune_tui.catalog.datasets.images import Data
from prune_tui.catalog.models import MODELS
from prune_tui.catalog.tasks.classification import Classification
from prune_tui.engine import opening
from prune_tui.engine.data import LARGEST_BATCH, DeviceData
from prune_tui.engine.measure.memory import activation_bytes
from prune_tui.engine.opening import opened

FLOAT = 4
SMALLEST_MACHINE = 24 * 2**30 // 4


def data_of(*shape: int) -> DeviceData:
    split = TensorSplit(torch.rand(4, *shape), torch.arange(4))
    return DeviceData(Data(split, split, split, Classification(10)), torch.device("cpu"))


@pytest.mark.parametrize("name", MODELS)
def test_the_catalogs_models_are_evaluated_and_trained_in_whole_batches(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "training_budget", lambda _: SMALLEST_MACHINE)
    model = MODELS[name]
    data = data_of(*model.own_shape)
    notes = opened(model.build(num_classes=10), data).notes
    assert data.batch_size == LARGEST_BATCH
    assert data.training_size is not None
    assert data.training_size >= max(model.training.batch_size, 512)
    assert notes == ()


def test_what_lives_at_once_is_counted_once() -> None:
    module = nn.Sequential(nn.Linear(10, 1000), nn.ReLU(), nn.Flatten(), nn.Linear(1000, 10))
    found = activation_bytes(module, torch.rand(2, 10))
    assert found.evaluating == 2 * 1000 * FLOAT
    inplace = nn.Sequential(nn.Linear(10, 1000), nn.ReLU(inplace=True), nn.Linear(1000, 10))
    assert activation_bytes(inplace, torch.rand(2, 10)).evaluating == (1000 + 10) * FLOAT


def test_training_keeps_what_gradients_need() -> None:
    deep = nn.Sequential(*(nn.Sequential(nn.Linear(100, 100), nn.Tanh()) for _ in range(20)))
    found = activation_bytes(deep, torch.rand(2, 100))
    assert found.training == found.evaluating + 20 * 100 * FLOAT


def test_a_large_networks_batches_are_small_and_a_note_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "training_budget", lambda _: 20 * 2**20)
    module = nn.Sequential(nn.Flatten(), nn.Linear(4, 500_000), nn.ReLU(), nn.Linear(500_000, 10))
    data = data_of(1, 2, 2)
    notes = opened(module, data).notes
    assert data.batch_size == 2**30 // (2 * 500_000 * FLOAT)
    assert data.training_size == 3
    assert any("over 3 examples is trained in parts" in note for note in notes)


def test_what_can_not_be_followed_has_batches_as_usual() -> None:
    class Odd(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(4, 10)

        def forward(self, inputs: torch.Tensor) -> torch.Tensor:
            if torch._C._len_torch_dispatch_stack() or torch.is_grad_enabled():
                raise RuntimeError("not like this")
            found: torch.Tensor = self.layer(inputs)
            return found

    data = data_of(4)
    assert opened(Odd(), data).notes == ()
    assert (data.batch_size, data.training_size) == (LARGEST_BATCH, None)
