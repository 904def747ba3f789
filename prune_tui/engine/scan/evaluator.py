"""Computes a network's outputs with one group pruned, re-executing only what the pruning changes."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch

from prune_tui.catalog.batches import Batch, Split, Tree, tensors_of
from prune_tui.catalog.tasks.task import Task
from prune_tui.core.terms import Precision
from prune_tui.engine.data import DeviceData
from prune_tui.engine.device import computes_bfloat16
from prune_tui.engine.network.network import Masks, Network
from prune_tui.engine.scan.reexecution import ControlFlowChangedError, Recording

NUM_COMPARED = 32
"""The images on which re-execution is checked against the full forward pass, for every group."""

LARGEST_BATCH_SIZE = 512
SMALLEST_BATCH_SIZE = 8
RECORDED_BYTES = 256 * 2**20
"""The most memory for the recorded results of a batch; larger models get smaller batches."""

Levels = Mapping[str, torch.Tensor]
"""By parameter name: at how many of the rising sparsities each weight remains, uint8."""


class Evaluator:
    """Computes outputs batch by batch; see `load_batch`.

    `is_reused` says whether results of the dense network are recorded and reused, with `recorded_bytes` for a
    whole batch.
    """

    def __init__(self, network: Network, data: DeviceData, precision: Precision) -> None:
        self.network, self._data = network, data
        self._is_mixed = precision == "bfloat16" and computes_bfloat16(data.device)
        self.is_reused = False
        self.recorded_bytes = 0
        self._inputs = data.batch(data.validation, slice(0, 1)).inputs
        self._recording: Recording | None = None
        network.module.eval()

    @property
    def task(self) -> Task:
        return self._data.task

    @property
    def batch_size(self) -> int:
        """The images of a batch that is not recorded."""
        return self._data.batch_size

    def load_batch(self, split: Split, part: slice, *, records: bool = True) -> Batch:
        """Take the next batch of images, and return it; `records` False if it is evaluated only once."""
        batch = self._data.batch(split, part)
        self._inputs, self._recording = batch.inputs, None
        if self.is_reused and records:
            with self._computing():
                self._recording = Recording(self.network.module, self._inputs)
        return batch

    def try_recording(self, split: Split, levels: Mapping[str, Levels]) -> int:
        """Find out whether the model can be re-executed, and return the largest batch size.

        On the first images of the split, with each group pruned to its middle sparsity, the outputs must
        equal those of the full forward pass to the bit.
        """
        self.is_reused = True
        self.load_batch(split, slice(0, SMALLEST_BATCH_SIZE))
        assert self._recording is not None
        per_image = self._recording.num_bytes / min(SMALLEST_BATCH_SIZE, len(split))
        largest = int(RECORDED_BYTES / max(1.0, per_image))
        largest = max(SMALLEST_BATCH_SIZE, min(LARGEST_BATCH_SIZE, largest))
        self.load_batch(split, slice(0, min(NUM_COMPARED, largest)))
        if not all(self._agrees(layer) for layer in levels.values()):
            self.is_reused = False
            return self.batch_size
        self.recorded_bytes = round(per_image * min(largest, len(split)))
        return largest

    def dense_outputs(self) -> Tree:
        """Return the outputs of the network as it is."""
        return self._plain() if self._recording is None else self.task.picked(self._recording.outputs)

    def outputs(self, levels: Levels, position: int) -> Tree:
        """Return the outputs with one group pruned to the sparsity at `position`."""
        with self._pruned(levels, position):
            return self._outputs(list(levels))

    def outputs_with(self, masks: Masks) -> Tree:
        """Return the outputs under these masks."""
        with self._pruned({name: mask.to(torch.uint8) for name, mask in masks.items()}, 0):
            return self._plain()

    def _agrees(self, levels: Levels) -> bool:
        with self._pruned(levels, int(max(level.max() for level in levels.values())) // 2):
            try:
                return _are_equal(self._rerun(list(levels)), self._plain())
            except ControlFlowChangedError:
                return False

    def _outputs(self, changed: Sequence[str]) -> Tree:
        """Return the outputs for the batch after changes to these parameters."""
        if self._recording is None:
            return self._plain()
        try:
            return self._rerun(changed)
        except ControlFlowChangedError:  # these images take another path than those checked at first
            return self._plain()

    def _rerun(self, changed: Sequence[str]) -> Tree:
        assert self._recording is not None
        with self._computing():
            parameters = [self.network.module.get_parameter(name) for name in changed]
            return self.task.picked(self._recording.rerun(parameters))

    def _plain(self) -> Tree:
        with self._computing():
            return self._data.outputs(self.network.module, self._inputs)

    @contextmanager
    def _computing(self) -> Iterator[None]:
        device = self._data.device.type
        with torch.inference_mode(), torch.autocast(device, torch.bfloat16, enabled=self._is_mixed):
            yield

    @contextmanager
    def _pruned(self, levels: Levels, position: int) -> Iterator[None]:
        """Prune to the sparsity at `position`, and restore the parameters afterwards."""
        parameters = {name: self.network.module.get_parameter(name).data for name in levels}
        originals = {name: parameter.clone() for name, parameter in parameters.items()}
        try:
            for name, parameter in parameters.items():
                parameter.masked_fill_(levels[name] <= position, 0.0)
            yield
        finally:
            for name, parameter in parameters.items():
                parameter.copy_(originals[name])


def _are_equal(one: Tree, other: Tree) -> bool:
    """Return whether two networks' outputs are the same to the bit."""
    return all(torch.equal(*pair) for pair in zip(tensors_of(one), tensors_of(other), strict=True))
