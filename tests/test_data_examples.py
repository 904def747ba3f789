"""The examples of data of one's own are learned by their networks, through the engine's loops."""

from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest
import torch

from prune_tui.catalog import torchvision_operators
from prune_tui.catalog.datasets import dataset_entry, load
from prune_tui.catalog.datasets.images import Data
from prune_tui.catalog.tasks.task import Task
from prune_tui.core.returning import drained
from prune_tui.core.session.recipe import Training
from prune_tui.engine.context import TrainingPhase
from prune_tui.engine.data import DeviceData
from prune_tui.engine.measure.evaluate import evaluate
from prune_tui.engine.network.network import Network
from prune_tui.engine.network.trace import network_of
from prune_tui.engine.opening import NUM_TRIED, opened
from prune_tui.engine.training.loop import train

EXAMPLES = Path(__file__).parents[1] / "examples"
CPU = torch.device("cpu")


def example(name: str) -> ModuleType:
    """Import an example from its file."""
    torchvision_operators.ensure()
    spec = spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def data_of(module: ModuleType, name: str) -> Data:
    entry = dataset_entry(f"examples/{name}.py:data")
    return drained(load(entry, data_dir=None, seed=0, factory=module.data))


def score(network: Network, data: DeviceData) -> float:
    return drained(evaluate(network.module, data, data.validation, lambda: 0.0)).accuracy


def trained(network: Network, data: DeviceData, training: Training) -> float:
    phase = TrainingPhase(0, 1, 1, 0, lambda _epochs: False)
    state = torch.Generator().manual_seed(0)
    drained(train(network, data, training, phase=phase, random_state=state, clock=lambda: 0.0))
    return score(network, data)


@pytest.mark.parametrize(
    ("name", "task", "score_name", "training", "wanted"),
    [
        ("tabular", "regression", "R²", Training(num_epochs=10, batch_size=32), 0.7),
        ("tokens", "classification", "accuracy", Training(num_epochs=6, batch_size=32), 0.9),
        ("segmentation", "segmentation", "mIoU", Training(num_epochs=3, batch_size=8), 0.5),
    ],
)
def test_an_example_is_learned(
    name: str, task: str, score_name: str, training: Training, wanted: float
) -> None:
    torch.manual_seed(0)
    module = example(name)
    data = DeviceData(data_of(module, name), CPU)
    kind: Task = data.task
    assert (kind.name, kind.score_name) == (task, score_name)
    built = opened(module.network(), data).module
    network = network_of(built, data.batch(data.validation, slice(0, NUM_TRIED)).inputs)
    before = score(network, data)
    after = trained(network, data, replace(training, learning_rate=5e-3))
    assert after > max(before, wanted)
