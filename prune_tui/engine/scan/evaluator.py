"""Computes a network's logits with one group pruned, re-executing only what the pruning changes."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch

from prune_tui.catalog.datasets.images import Split
from prune_tui.core.terms import Precision
from prune_tui.engine.device import computes_bfloat16
from prune_tui.engine.measure.evaluate import EVALUATION_BATCH_SIZE, DeviceData
from prune_tui.engine.network.network import Masks, Network
from prune_tui.engine.scan.reexecution import ControlFlowChangedError, Recording
from prune_tui.engine.task import Classification

NUM_COMPARED = 32
"""The images on which re-execution is checked against the full forward pass, for every group."""

LARGEST_BATCH_SIZE = 512
SMALLEST_BATCH_SIZE = 8
RECORDED_BYTES = 256 * 2**20
"""The most memory for the recorded results of a batch; larger models get smaller batches."""

Levels = Mapping[str, torch.Tensor]
"""By parameter name: at how many of the rising sparsities each weight remains, uint8."""


class Evaluator:
    """Computes logits batch by batch; see `load_batch`.

    `is_reused` says whether results of the dense network are recorded and reused, with `recorded_bytes` for a
    whole batch.
    """

    def __init__(self, network: Network, data: DeviceData, precision: Precision) -> None:
        self.network, self._data = network, data
        self._is_mixed = precision == "bfloat16" and computes_bfloat16(data.device)
        self.is_reused = False
        self.recorded_bytes = 0
        self._batch = data.normalised(data.validation.images[:1])
        self._recording: Recording | None = None
        network.module.eval()

    @property
    def task(self) -> Classification:
        return self._data.task

    def load_batch(self, images: torch.Tensor, *, records: bool = True) -> None:
        """Take the next batch of images, bytes [N, C, H, W]; `records` False if it is evaluated only once."""
        self._batch, self._recording = self._data.normalised(images), None
        if self.is_reused and records:
            with self._computing():
                self._recording = Recording(self.network.module, self._batch)

    def try_recording(self, split: Split, levels: Mapping[str, Levels]) -> int:
        """Find out whether the model can be re-executed, and return the largest batch size.

        On the first images of the split, with each group pruned to its middle sparsity, the outputs must
        equal those of the full forward pass to the bit.
        """
        self.is_reused = True
        self.load_batch(split.images[:SMALLEST_BATCH_SIZE])
        assert self._recording is not None
        per_image = self._recording.num_bytes / min(SMALLEST_BATCH_SIZE, len(split))
        largest = int(RECORDED_BYTES / max(1.0, per_image))
        largest = max(SMALLEST_BATCH_SIZE, min(LARGEST_BATCH_SIZE, largest))
        self.load_batch(split.images[: min(NUM_COMPARED, largest)])
        if not all(self._agrees(layer) for layer in levels.values()):
            self.is_reused = False
            return EVALUATION_BATCH_SIZE
        self.recorded_bytes = round(per_image * min(largest, len(split)))
        return largest

    def dense_logits(self) -> torch.Tensor:
        """Return the logits of the network as it is, [N, classes]."""
        return self._plain() if self._recording is None else self._recording.outputs

    def logits(self, levels: Levels, position: int) -> torch.Tensor:
        """Return the logits with one group pruned to the sparsity at `position`, [N, classes]."""
        with self._pruned(levels, position):
            return self._outputs(list(levels))

    def logits_with(self, masks: Masks) -> torch.Tensor:
        """Return the logits under these masks, [N, classes]."""
        with self._pruned({name: mask.to(torch.uint8) for name, mask in masks.items()}, 0):
            return self._plain()

    def _agrees(self, levels: Levels) -> bool:
        with self._pruned(levels, int(max(level.max() for level in levels.values())) // 2):
            try:
                return torch.equal(self._rerun(list(levels)), self._plain())
            except ControlFlowChangedError:
                return False

    def _outputs(self, changed: Sequence[str]) -> torch.Tensor:
        """Return the outputs for the batch after changes to these parameters."""
        if self._recording is None:
            return self._plain()
        try:
            return self._rerun(changed)
        except ControlFlowChangedError:  # these images take another path than those checked at first
            return self._plain()

    def _rerun(self, changed: Sequence[str]) -> torch.Tensor:
        assert self._recording is not None
        with self._computing():
            return self._recording.rerun([self.network.module.get_parameter(name) for name in changed])

    def _plain(self) -> torch.Tensor:
        with self._computing():
            outputs: torch.Tensor = self.network.module(self._batch)
            return outputs

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
