"""Small networks, and ways to scan them with re-execution or without."""

from copy import deepcopy

import pytest
import torch
from torch import nn

from prune_tui.catalog.batches import TensorSplit, Tree
from prune_tui.catalog.datasets.images import Data
from prune_tui.catalog.tasks.classification import Classification
from prune_tui.core.report import ScanFigures
from prune_tui.core.run.events import CellScanned, ScanStarted
from prune_tui.core.session.decisions import Scan
from prune_tui.engine.context import Context
from prune_tui.engine.data import DeviceData
from prune_tui.engine.decisions.scan import scan
from prune_tui.engine.engine import any_name, never
from prune_tui.engine.network.trace import network_of
from prune_tui.engine.opening import opened
from prune_tui.engine.scan import trial
from prune_tui.engine.state import Baseline, EngineState

Cells = list[tuple[str, int, float, float]]
NUM_IMAGES = 20


class Small(nn.Module):
    """Three layers, and a place between them where subclasses do something odd."""

    seen: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.third = nn.Linear(12, 16), nn.Linear(16, 16), nn.Linear(16, 3)
        self.register_buffer("seen", torch.zeros(()))

    def forward(self, inputs: torch.Tensor) -> object:
        features = torch.relu(self.first(inputs))
        return self.third(torch.relu(self.second(self.oddly(features))))

    def oddly(self, features: torch.Tensor) -> torch.Tensor:
        return features


def state_of(module: nn.Module, inputs: Tree) -> EngineState:
    labels = torch.arange(NUM_IMAGES) % 3
    split = TensorSplit(inputs, labels)
    data = DeviceData(Data(split, split, split, Classification(3)), torch.device("cpu"))
    module = opened(module, data).module
    network = network_of(module, data.batch(split, slice(0, 2)).inputs)
    return EngineState(network, data, Baseline(network.state(), accuracy=1 / 3))


def numbers(*shape: int) -> torch.Tensor:
    return torch.randn(NUM_IMAGES, *shape, generator=torch.Generator().manual_seed(0))


def scanned(module: nn.Module, inputs: "Tree | None" = None) -> tuple[ScanFigures, Cells]:
    """Scan a copy of a network, which stays as it is; return the first figures, and the cells as they end."""
    state = state_of(deepcopy(module), numbers(12) if inputs is None else inputs)
    before = state.network.state()
    context = Context(0, torch.Generator().manual_seed(0), lambda: 0.0, never, any_name)
    started: list[ScanFigures] = []
    cells: dict[tuple[str, int], CellScanned] = {}
    for event in scan(state, Scan(sparsities=(0.5, 0.9)), context):
        if isinstance(event, ScanStarted):
            started.append(event.figures)
        if isinstance(event, CellScanned):
            cells[event.layer, event.position] = event
    after = state.network.state()
    assert all(torch.equal(before[name], after[name]) for name in before)
    return started[0], [(*key, cell.accuracy, cell.distortion) for key, cell in cells.items()]


def plainly(module: nn.Module, monkeypatch: pytest.MonkeyPatch, inputs: "Tree | None" = None) -> Cells:
    """Scan a network without re-execution, in the batches that it would have with it."""
    with monkeypatch.context() as patch:
        patch.setattr(trial, "_pays", lambda *_: False)
        figures, cells = scanned(module, inputs)
    assert figures.note == f"each evaluation starts at the input: {trial.NO_GAIN}"
    return cells


class Deep(nn.Module):
    """Residual blocks whose in-between results are much larger than what goes from one to the next."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.Linear(64, 1024), nn.ReLU(inplace=True), nn.Linear(1024, 64)) for _ in range(6)
        )
        self.head = nn.Linear(64, 3)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        for block in self.blocks:
            inputs = inputs + block(inputs)
        logits: torch.Tensor = self.head(inputs)
        return logits
