"""The engine's state: the network as it is now, the data, the dense baseline, and what came of it."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field

import torch
from torch import nn

from prune_tui.core.session.legal import Fact
from prune_tui.core.session.recipe import Training
from prune_tui.engine.measure.evaluate import DeviceData
from prune_tui.engine.network.checkpoints import encode
from prune_tui.engine.network.network import Masks, Network, Weights
from prune_tui.engine.training.distillation import Teacher

NUM_COMPARED_IMAGES = 512


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
class Snapshot:
    """The engine's state at one moment, to go back to."""

    weights: Weights
    masks: Masks
    baseline: Baseline | None
    shrunk: Network | None
    accuracy: float | None
    test_reads: int


@dataclass(slots=True)
class EngineState:
    """What decisions change; `accuracy` is the network's on the validation split, where it is known."""

    network: Network
    data: DeviceData
    num_classes: int
    baseline: Baseline | None = None
    shrunk: Network | None = None
    accuracy: float | None = None
    test_reads: int = 0
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

    @property
    def facts(self) -> frozenset[Fact]:
        """What there is, for decisions that require it."""
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
    def image_shape(self) -> tuple[int, int, int]:
        """Channels, height, width."""
        channels, height, width = self.data.train.images.shape[1:]
        return channels, height, width

    @property
    def compared_images(self) -> torch.Tensor:
        """The real images on which two networks' outputs are compared, normalised."""
        return self.data.normalised(self.data.validation.images[:NUM_COMPARED_IMAGES])

    @property
    def dense(self) -> Baseline:
        """The dense baseline, which the decision under way requires."""
        assert self.baseline is not None, "core.session.legal lets no such decision through"
        return self.baseline

    def set_dense(self, baseline: Baseline) -> None:
        """Take on a dense baseline, with nothing pruned."""
        self.network.load(baseline.weights, {})
        self.baseline, self.shrunk, self.accuracy, self._teacher = baseline, None, None, None

    def dense_module(self) -> nn.Module:
        """Return the dense network as a module of its own."""
        module = deepcopy(self.network.module)
        module.load_state_dict(self.dense.weights)
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
