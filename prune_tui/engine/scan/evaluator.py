"""Computes a network's outputs with one group pruned, re-executing only what the pruning changes."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

import torch

from prune_tui.catalog.batches import Batch, Split, Tree
from prune_tui.catalog.tasks.task import Task
from prune_tui.core.terms import Precision
from prune_tui.engine.data import DeviceData
from prune_tui.engine.device import computes_bfloat16
from prune_tui.engine.network.network import Masks, Network
from prune_tui.engine.scan.buffers import Buffers
from prune_tui.reexecution.arena import Arena
from prune_tui.reexecution.dataflow import Dataflow, dataflow_of
from prune_tui.reexecution.recording import Recording
from prune_tui.reexecution.segments import Layout

Levels = Mapping[str, torch.Tensor]
"""By parameter name: at how many of the rising sparsities each weight remains, uint8."""


class Evaluator:
    """Computes outputs batch by batch; see `load_batch`.

    `levels` has the masks of each group that is scanned, in the order in which it is. With a `layout`,
    results of the dense network are recorded and reused; without, each pass starts at the input.
    """

    def __init__(
        self, network: Network, data: DeviceData, precision: Precision, levels: Mapping[str, Levels]
    ) -> None:
        self.network, self.levels, self._data = network, levels, data
        self._is_mixed = precision == "bfloat16" and computes_bfloat16(data.device)
        self.layout: Layout | None = None
        self._numbers = {layer: number for number, layer in enumerate(levels)}
        self._inputs = data.batch(data.validation, slice(0, 1)).inputs
        self._recording: Recording | None = None
        self._arena: Arena | None = None
        self._segment: range | None = None
        network.module.eval()
        self._buffers = Buffers(network.module)
        self.plain_outputs()  # shows which buffers change

    @property
    def task(self) -> Task:
        return self._data.task

    @property
    def device(self) -> torch.device:
        return self._data.device

    @property
    def batch_size(self) -> int:
        """The images of a batch that is not recorded."""
        return self._data.batch_size

    def load_batch(self, split: Split, part: slice) -> Batch:
        """Take the next batch of images, and return it."""
        self._recording = self._segment = None
        batch = self._data.batch(split, part)
        self._inputs = batch.inputs
        return batch

    def dense_outputs(self) -> Tree:
        """Return the outputs of the network as it is."""
        recording = self._recorded(next(iter(self.levels))) if self.levels else None
        return self.plain_outputs() if recording is None else recording.outputs

    def outputs(self, layer: str, position: int) -> Tree:
        """Return the outputs with one group pruned to the sparsity at `position`."""
        is_recorded = self._recorded(layer) is not None
        with self.pruned(layer, position):
            if is_recorded:
                try:
                    return self.rerun(layer)
                except Exception:  # noqa: BLE001 - these images take another path than those of the trial
                    self._recording = None
            return self.plain_outputs()

    def outputs_with(self, masks: Masks) -> Tree:
        """Return the outputs under these masks."""
        with self._masked({name: mask.to(torch.uint8) for name, mask in masks.items()}, 0):
            return self.plain_outputs()

    def plain_outputs(self) -> Tree:
        """Return the outputs of the network as it is, from a whole forward pass."""
        with self._computing():
            return self._data.outputs(self.network.module, self._inputs)

    def flow(self) -> Dataflow:
        """Follow a forward pass of the batch; raises whatever the model raises when it is recorded."""
        module = self.network.module
        changes = [[module.get_parameter(name) for name in levels] for levels in self.levels.values()]
        with self._computing():
            return dataflow_of(module, self._inputs, changes, self.task.picked)

    def record(self, layout: Layout, layer: str) -> None:
        """Record what a group's segment needs of the batch; raises whatever the model then raises."""
        self._recording, self._segment = None, layout.segment_of(self._numbers[layer])
        if self._arena is None:
            self._arena = Arena(layout.recorded_bytes, len(layout.flow.storage_bytes), self.device)
        with self._computing():
            self._recording = Recording(
                self.network.module,
                self._inputs,
                flow=layout.flow,
                changes=self._segment,
                arena=self._arena,
                pick=self.task.picked,
            )

    def rerun(self, layer: str) -> Tree:
        """Return the outputs after changes to a group of the recorded segment; raises what the model does."""
        assert self._recording is not None
        parameters = [self.network.module.get_parameter(name) for name in self.levels[layer]]
        with self._computing():
            return self._recording.rerun(parameters)

    @contextmanager
    def pruned(self, layer: str, position: int) -> Iterator[None]:
        """Prune a group to the sparsity at `position`, and restore it afterwards."""
        with self._masked(self.levels[layer], position):
            yield

    def _recorded(self, layer: str) -> Recording | None:
        """Return the recording of a group's segment; None without reuse, or if the batch has none."""
        if self.layout is None:
            return None
        if self._segment != self.layout.segment_of(self._numbers[layer]):
            with suppress(Exception):  # these images take another path than those of the trial
                self.record(self.layout, layer)
        return self._recording

    @contextmanager
    def _computing(self) -> Iterator[None]:
        device = self._data.device.type
        with (
            torch.inference_mode(),
            torch.autocast(device, torch.bfloat16, enabled=self._is_mixed),
            self._buffers.put_back(),
        ):
            yield

    @contextmanager
    def _masked(self, levels: Levels, position: int) -> Iterator[None]:
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
