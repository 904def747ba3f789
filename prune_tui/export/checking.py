"""Compares an exported network with the one in torch, and times the two."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import torch
from torch import nn

from prune_tui.catalog.batches import Tree, call, taken
from prune_tui.core.errors import ExportError
from prune_tui.core.report import Latency
from prune_tui.core.returning import drained
from prune_tui.core.terms import FileFormat
from prune_tui.engine.measure.latency import time_forward
from prune_tui.export.formats import opened, runtime_of
from prune_tui.export.network import Exported
from prune_tui.export.torch_export import Runnable
from prune_tui.export.trees import relative_difference
from prune_tui.native.exporting import first_line

MOST_DIFFERENCE: Final = 1e-4
"""The largest difference of an output that is accepted, relative to the largest output."""

_TIMED_BATCH_SIZES: Final = (1, 64)
_LONGEST_PASS_MS: Final = 2_000.0

Latencies = dict[str, dict[str, dict[str, Latency]]]
"""By what runs the network, batch size and number of threads."""


def compare(network: Exported, content: bytes, wanted: FileFormat) -> float:
    """Return the largest difference between the outputs of the file and of the network in torch.

    Raises:
        ExportError: the file can't be opened or run.
    """
    num_threads = torch.get_num_threads()
    return difference_of(
        network,
        lambda inputs: call(network.module, inputs),
        lambda: opened(network, content, wanted, num_threads=num_threads),
    )


def difference_of(network: Exported, reference: Runnable, opening: Callable[[], Runnable]) -> float:
    """Return the largest difference between the outputs of a reference and of what is opened.

    It is relative to the largest output, over two batches: all of the inputs, and one alone, so that a file
    with a fixed batch size is found out.

    Raises:
        ExportError: it can't be opened or run.
    """
    try:
        run = opening()
        with torch.inference_mode():
            return max(
                (
                    relative_difference(reference(inputs), run(inputs))
                    for inputs in (network.inputs, taken(network.inputs, 1))
                ),
                key=lambda difference: float("inf") if difference != difference else difference,
            )
    except Exception as error:
        raise ExportError(f"the exported network can't be run: {first_line(error)}") from error


def timed(network: Exported, content: bytes, wanted: FileFormat) -> Latencies:
    """Time the file beside torch. Empty for a format that torch itself runs."""
    runtime = runtime_of(wanted)
    if runtime is None:
        return {}
    return times_of(network, runtime, lambda threads: opened(network, content, wanted, num_threads=threads))


def times_of(network: Exported, runtime: str, opening: Callable[[int], Runnable]) -> Latencies:
    """Time what is opened for a number of threads beside torch: one and all, at batch sizes 1 and 64.

    A batch of 64 is left out where it would take seconds.
    """
    latencies: Latencies = {"torch": {}, runtime: {}}
    for num_threads in sorted({1, torch.get_num_threads()}):
        with _threads(num_threads):
            modules: dict[str, Runnable] = {
                "torch": lambda inputs: call(network.module, inputs),
                runtime: opening(num_threads),
            }
            for size in _TIMED_BATCH_SIZES:
                if size > 1 and latencies["torch"]["1"]["1"].p50 * size > _LONGEST_PASS_MS:
                    continue
                for name, latency in _times(modules, taken(network.inputs, size)).items():
                    latencies[name].setdefault(str(size), {})[str(num_threads)] = latency
    return latencies


class _Fed(nn.Module):
    """A network with its inputs, whatever their form, for what times modules on one tensor."""

    def __init__(self, run: Runnable, inputs: Tree) -> None:
        super().__init__()
        self._run, self._inputs = run, inputs

    def forward(self, _: torch.Tensor) -> Tree:
        return self._run(self._inputs)


def _times(modules: Mapping[str, Runnable], inputs: Tree) -> dict[str, Latency]:
    fed = {name: _Fed(run, inputs) for name, run in modules.items()}
    return drained(time_forward(fed, torch.zeros(1), torch.device("cpu")))


@contextmanager
def _threads(count: int) -> Iterator[None]:
    """Have torch use so many threads meanwhile."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
