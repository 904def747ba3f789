"""What the engine works on: the network as it is now, the data, the dense baseline, and what came of it."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field

from torch import nn

from prune_tui.core.errors import DecisionError
from prune_tui.core.run.events import Pruned, Stage
from prune_tui.core.session.recipe import Training
from prune_tui.engine.measure.evaluate import Clock, Images, count
from prune_tui.engine.network.checkpoints import encode
from prune_tui.engine.network.masks import Masks
from prune_tui.engine.network.network import Network, Weights
from prune_tui.engine.training.distillation import Teacher


@dataclass(frozen=True, slots=True)
class Baseline:
    """The dense network, and how it was trained, so that it can be rewound to.

    `training` is None for weights from a file; `early` holds the weights after the epochs that were kept.
    `accuracy` is on the validation split, None until it has been evaluated.
    """

    weights: Weights
    training: Training | None = None
    early: Mapping[int, Weights] = field(default_factory=dict)
    accuracy: float | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """A network to be saved: its checkpoint's name without the ending, and its validation accuracy."""

    name: str
    stage: Stage
    content: bytes
    accuracy: float | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A workspace's state, to go back to."""

    weights: Weights
    masks: Masks
    baseline: Baseline | None
    shrunk: Network | None
    accuracy: float | None
    test_reads: int


@dataclass(slots=True)
class Workspace:
    """The engine's state; decisions change it.

    `accuracy` is the network's on the validation split, where it is known. `kept` are the networks that a
    decision wants saved besides the one it ends with.
    """

    network: Network
    images: Images
    num_classes: int
    baseline: Baseline | None = None
    shrunk: Network | None = None
    accuracy: float | None = None
    test_reads: int = 0
    kept: list[Kept] = field(default_factory=list)
    _teacher: Teacher | None = None

    def snapshot(self) -> Snapshot:
        """Return the state as it is now."""
        network = self.network
        return Snapshot(
            network.state(), network.masks, self.baseline, self.shrunk, self.accuracy, self.test_reads
        )

    def roll_back(self, before: Snapshot) -> None:
        """Go back to a state."""
        self.network.load(before.weights, before.masks)
        self.baseline, self.shrunk, self.accuracy = before.baseline, before.shrunk, before.accuracy
        self.test_reads, self._teacher = before.test_reads, None
        self.kept.clear()

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Channels, height, width."""
        channels, height, width = self.images.train.images.shape[1:]
        return channels, height, width

    def set_dense(self, baseline: Baseline) -> None:
        """Take on a dense baseline, with nothing pruned."""
        self.network.load(baseline.weights, {})
        self.baseline, self.shrunk, self.accuracy, self._teacher = baseline, None, None, None

    def need_dense(self) -> Baseline:
        """Return the dense baseline, or raise `DecisionError` if there is none."""
        if self.baseline is None:
            raise DecisionError("there is no dense baseline yet: train or load one first")
        return self.baseline

    def need_pruned(self) -> None:
        """Raise `DecisionError` if nothing is pruned."""
        if not self.network.masks:
            raise DecisionError("nothing is pruned yet: prune first")

    def dense_module(self) -> nn.Module:
        """Return the dense network as a module of its own."""
        module = deepcopy(self.network.module)
        module.load_state_dict(self.need_dense().weights)
        return module.eval()

    def teacher(self, training: Training | None) -> Teacher | None:
        """Return the dense network as a teacher, if the recipe wants one."""
        if training is None or not training.distillation:
            return None
        if self._teacher is None:
            self._teacher = Teacher(self.dense_module())
        return self._teacher

    def checkpoint(self) -> bytes:
        """Return the network as it is now, as a checkpoint's bytes."""
        return encode(self.network.module.state_dict(), self.network.masks)


def counted(network: Network, clock: Clock, *, round: int = 1, num_rounds: int = 1) -> Pruned:
    """Count a network as it is now, after a round; its file is as big as its checkpoint."""
    size = len(encode(network.module.state_dict(), network.masks))
    return count(network, round=round, num_rounds=num_rounds, file_bytes=size, seconds=clock())


def shrunk_checkpoint(network: Network) -> bytes:
    """Return a shrunk network as a checkpoint's bytes."""
    return encode(network.module.state_dict(), network.masks, with_shapes=True)
