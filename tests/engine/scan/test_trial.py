"""Every model is scanned: re-executed where that is exact, otherwise plainly, with the reason."""

from types import SimpleNamespace

import pytest
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from prune_tui.catalog.batches import Tree
from tests.engine.scan.helpers import Small, numbers, plainly, scanned


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
        if "reexecution" in type(torch.overrides._get_current_function_mode()).__module__:  # type: ignore[no-untyped-call]
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
