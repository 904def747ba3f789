"""The engine's state: the network as it is now, the data, the dense baseline and the shrunk network."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field

from torch import nn

from prune_tui.catalog.batches import Tree
from prune_tui.core.session.legal import Fact
from prune_tui.core.session.recipe import Training
from prune_tui.engine.data import DeviceData
from prune_tui.engine.network.checkpoints import encode
from prune_tui.engine.network.network import Masks, Network, Weights, load_state
from prune_tui.engine.training.distillation import Teacher

NUM_COMPARED = 512


@dataclass(frozen=True, slots=True)
class Baseline:
    """The dense network, and how it was trained, so that pruned networks can be rewound to it.

    `training` is None for weights from a file. `early` holds the weights after each saved epoch. `accuracy`
    is on the validation split, None until it has been evaluated.
    """

    weights: Weights
    training: Training | None = None
    early: Mapping[int, Weights] = field(default_factory=dict)
    accuracy: float | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A copy of the engine's state, to roll back to."""

    weights: Weights
    masks: Masks
    baseline: Baseline | None
    shrunk: Network | None
    accuracy: float | None
    test_reads: int


@dataclass(slots=True)
class EngineState:
    """What decisions change; `accuracy` is the network's on the validation split, None if unknown."""

    network: Network
    data: DeviceData
    baseline: Baseline | None = None
    shrunk: Network | None = None
    accuracy: float | None = None
    test_reads: int = 0
    _teacher: Teacher | None = None

    def snapshot(self) -> Snapshot:
        network = self.network
        return Snapshot(
            network.state(), network.masks, self.baseline, self.shrunk, self.accuracy, self.test_reads
        )

    def roll_back(self, before: Snapshot) -> None:
        self.network.load(before.weights, before.masks)
        self.baseline, self.shrunk, self.accuracy = before.baseline, before.shrunk, before.accuracy
        self.test_reads, self._teacher = before.test_reads, None

    @property
    def facts(self) -> frozenset[Fact]:
        """What the state provides to decisions (`core.session.legal`)."""
        facts: set[Fact] = set()
        if self.baseline is not None:
            facts.add("dense")
            if self.baseline.training is not None:
                facts.add("trained")
        if self.network.masks:
            facts.add("pruned")
        if self.shrunk is not None:
            facts.add("shrunk")
        return frozenset(facts)

    @property
    def compared(self) -> Tree:
        """The inputs of the validation examples on which two networks are compared."""
        return self.data.batch(self.data.validation, slice(0, min(NUM_COMPARED, self.data.batch_size))).inputs

    @property
    def dense(self) -> Baseline:
        """The dense baseline; only for decisions that require one."""
        assert self.baseline is not None, "core.session.legal lets no such decision through"
        return self.baseline

    def set_baseline(self, baseline: Baseline) -> None:
        """Make this the dense baseline, with nothing pruned or shrunk."""
        self.network.load(baseline.weights, {})
        self.baseline, self.shrunk, self.accuracy, self._teacher = baseline, None, None, None

    def use(self, data: DeviceData) -> None:
        """Go on with other data."""
        self.data, self.accuracy, self._teacher = data, None, None

    def adopt(self, weights: Weights) -> None:
        """Take weights that were trained elsewhere for the network as it is now, with its masks."""
        self.network.load(weights, self.network.masks)
        self.shrunk, self.accuracy = None, None

    def dense_module(self) -> nn.Module:
        """Return a copy of the dense network, in evaluation mode."""
        module = deepcopy(self.network.module)
        load_state(module, self.dense.weights)
        return module.eval()

    def teacher(self, training: Training | None) -> Teacher | None:
        """Return the dense network as a teacher; None if the recipe does not distil."""
        if training is None or not training.distillation:
            return None
        if self._teacher is None:
            self._teacher = Teacher(self.dense_module(), self.data)
        return self._teacher

    def checkpoint(self) -> bytes:
        """Return the bytes of a checkpoint of the network as it is now."""
        return encode(self.network.module.state_dict(), self.network.masks)
