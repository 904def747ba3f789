"""Every model is scanned: re-executed within its budget where that is exact, else plainly with a reason."""

from collections.abc import Callable
from copy import deepcopy
from types import SimpleNamespace

import pytest
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

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
from prune_tui.engine.network.opening import opened
from prune_tui.engine.network.trace import network_of
from prune_tui.engine.scan import segments, trial
from prune_tui.engine.scan.evaluator import Evaluator
from prune_tui.engine.scan.segments import Layout
from prune_tui.engine.state import Baseline, EngineState

PAYS = trial._pays
Cells = list[tuple[str, int, float, float]]
NUM_IMAGES = 20


@pytest.fixture(autouse=True)
def always_pays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let time decide nothing: networks this small are at the mercy of the machine."""
    monkeypatch.setattr(trial, "_pays", lambda *_: True)


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


class Dict(Small):
    def forward(self, inputs: torch.Tensor) -> object:
        features = torch.relu(self.first(inputs))
        return {"features": features, "logits": self.third(torch.relu(self.second(features)))}


class Tuple(Small):
    def forward(self, inputs: torch.Tensor) -> object:
        logits = super().forward(inputs)
        return logits, self.first(inputs)


class DataClass(Small):
    def forward(self, inputs: torch.Tensor) -> object:
        return {"out": super().forward(inputs), "extra": SimpleNamespace(inputs=inputs)}


class Counting(Small):
    """Counts its passes in a buffer, and adds what it counted."""

    def oddly(self, features: torch.Tensor) -> torch.Tensor:
        self.seen += 1
        return features + self.seen


class Rebinding(Small):
    """Replaces its buffer in each pass."""

    def oddly(self, features: torch.Tensor) -> torch.Tensor:
        self.seen = self.seen + features.mean()
        return features * self.seen


class NoGrad(Small):
    def oddly(self, features: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            return torch.relu(self.second(features))


class Checkpointed(Small):
    reentrant = True

    def oddly(self, features: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = checkpoint(self.second, features, use_reentrant=self.reentrant)
        return found


class CheckpointedAnew(Checkpointed):
    reentrant = False


class Recurrent(Small):
    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(4, 4, batch_first=True)

    def oddly(self, features: torch.Tensor) -> torch.Tensor:
        outputs, (state, _) = self.lstm(features.reshape(len(features), 4, 4))
        return torch.cat([outputs[:, -1], state[0], features[:, :8]], dim=1)


class Attentive(Small):
    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)

    def oddly(self, features: torch.Tensor) -> torch.Tensor:
        tokens = features.reshape(len(features), 4, 4)
        found, _ = self.attention(tokens, tokens, tokens)
        values, places = found.max(dim=1)
        return torch.add(features, values.repeat(1, 4) + places.repeat(1, 4))


REUSED = (
    *(Small, Dict, Tuple, DataClass, Counting, Rebinding, NoGrad, Checkpointed, CheckpointedAnew),
    *(Recurrent, Attentive),
)


@pytest.mark.parametrize("kind", REUSED)
def test_reexecution_and_whole_passes_give_the_same_cells(
    kind: type[Small], monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    module = kind()
    figures, cells = scanned(module)
    assert figures.is_reused, figures.note
    assert cells == plainly(module, monkeypatch)


def test_inputs_may_be_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    class Two(Small):
        def forward(self, left: torch.Tensor, right: tuple[torch.Tensor, torch.Tensor]) -> object:  # type: ignore[override]
            return super().forward(left + right[0] * right[1])

    torch.manual_seed(0)
    module = Two()
    inputs: Tree = {"left": numbers(12), "right": (numbers(12), numbers(1))}
    figures, cells = scanned(module, inputs)
    assert figures.is_reused, figures.note
    assert cells == plainly(module, monkeypatch, inputs)


class Noisy(Small):
    def oddly(self, features: torch.Tensor) -> torch.Tensor:
        return features + torch.randn_like(features)


class Foreach(Small):
    def oddly(self, features: torch.Tensor) -> torch.Tensor:
        both = [features * 1, features * 2]
        torch._foreach_add_(both, 1.0)
        return both[0] + both[1]


class Branching(Small):
    """Takes another path once most of its first features are zero."""

    def oddly(self, features: torch.Tensor) -> torch.Tensor:
        return features if bool((self.first.weight == 0).sum() == 0) else torch.tanh(features)


class ThroughAView(Small):
    """Changes a tensor through a view of it."""

    def oddly(self, features: torch.Tensor) -> torch.Tensor:
        view = features[:, :4]
        view.mul_(2)
        return features


class Raising(Small):
    """Fails where a call is overridden, as when it is recorded."""

    def oddly(self, features: torch.Tensor) -> torch.Tensor:
        if "engine.scan" in type(torch.overrides._get_current_function_mode()).__module__:  # type: ignore[no-untyped-call]
            raise RuntimeError("not while recording")
        return features


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (Noisy, "differ from one pass to the next"),
        (Foreach, "can't be recorded: AttributeError"),
        (Branching, "takes other paths"),
        (ThroughAView, "gives other outputs"),
        (Raising, "can't be recorded: RuntimeError: not while recording"),
    ],
)
def test_what_can_not_be_reexecuted_is_scanned_plainly_and_says_why(kind: type[Small], reason: str) -> None:
    torch.manual_seed(0)
    figures, cells = scanned(kind())
    assert not figures.is_reused
    assert figures.note is not None
    assert figures.note.startswith("each evaluation starts at the input: ")
    assert reason in figures.note
    assert len(cells) == 6


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


@pytest.mark.parametrize(
    ("kib", "batch_size", "num_segments"), [(1024, 20, 1), (100, 8, 3), (40, 8, 6), (20, 4, 6), (6, 1, 6)]
)
def test_recordings_stay_within_their_budget(
    kib: int, batch_size: int, num_segments: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    module, inputs = Deep(), numbers(64)
    budget = kib * 1024
    monkeypatch.setattr(segments, "RECORDED_BYTES", budget)
    held: list[int] = []
    used: set[range] = set()
    record = Evaluator.record

    def noted(evaluator: Evaluator, layout: Layout, layer: str) -> None:
        record(evaluator, layout, layer)
        used.update(layout.segments)
        assert evaluator._arena is not None
        assert evaluator._recording is not None
        block = evaluator._arena._block
        assert evaluator._recording.num_bytes == len(block)
        slack = 64 * (len(layout.flow.storage_bytes) + 1)
        assert layout.recorded_bytes - slack <= len(block) <= layout.recorded_bytes + slack
        held.append(evaluator._arena._end - evaluator._arena._start)

    with monkeypatch.context() as patch:
        patch.setattr(Evaluator, "record", noted)
        figures, cells = scanned(module, inputs)
    assert figures.is_reused, figures.note
    assert figures.batch_size == batch_size
    assert len(used) == num_segments
    assert figures.recorded_bytes <= budget
    assert max(held) == pytest.approx(figures.recorded_bytes, rel=0.1)
    assert cells == plainly(module, monkeypatch, inputs)


def test_what_does_not_fit_for_one_image_is_scanned_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "RECORDED_BYTES", 3 * 1024)
    figures, cells = scanned(Deep(), numbers(64))
    assert not figures.is_reused
    assert figures.note is not None
    assert "one image" in figures.note
    assert len(cells) == 2 * 13


def test_slow_reexecution_changes_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "_pays", lambda *_: False)
    torch.manual_seed(0)
    module = Deep()
    plain, cells = scanned(module, numbers(64))
    monkeypatch.setattr(trial, "_pays", lambda *_: True)
    reused, again = scanned(module, numbers(64))
    assert (plain.is_reused, reused.is_reused) == (False, True)
    assert plain.batch_size == reused.batch_size
    assert cells == again


@pytest.mark.parametrize(
    ("share", "kib", "is_reused"), [(0.9, 1024, True), (1.1, 1024, False), (0.9, 40, False)]
)
def test_what_is_slower_with_reexecution_is_scanned_plainly(
    share: float, kib: int, is_reused: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five more segments on 26 cells cost a fifth of a plain scan."""
    monkeypatch.setattr(trial, "_pays", PAYS)
    monkeypatch.setattr(segments, "RECORDED_BYTES", kib * 1024)

    def seconds(evaluator: Evaluator, function: Callable[[], "Tree"]) -> float:
        function()
        return 1.0 if function == evaluator.plain_outputs else share

    monkeypatch.setattr(trial, "_seconds", seconds)
    figures, _ = scanned(Deep(), numbers(64))
    assert figures.is_reused == is_reused
    assert is_reused or str(figures.note).endswith(trial.NO_GAIN)
