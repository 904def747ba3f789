"""Makes the pruned network as C, in which zeros cost nothing, to be timed beside the others."""

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor, wait
from threading import Event as Flag
from threading import Lock
from time import perf_counter
from typing import Final

import torch
from torch import nn

from prune_tui.catalog.tasks.classification import Classification
from prune_tui.catalog.tasks.task import tensor
from prune_tui.core.errors import ExportError, ModelError
from prune_tui.core.report import NativeFigures
from prune_tui.core.run.events import NativeChecked, StepBegun
from prune_tui.engine.context import Clock
from prune_tui.engine.data import DeviceData
from prune_tui.engine.network.network import Network, leave_inference
from prune_tui.engine.state import EngineState
from prune_tui.native.building import NO_COMPILER, compiler, has_threads
from prune_tui.native.choosing import Plan, measuring, ruled
from prune_tui.native.exporting import first_line
from prune_tui.native.fusing import fused
from prune_tui.native.program import Program
from prune_tui.native.running import NativeNetwork
from prune_tui.native.tracing import program_of

MOST_DISAGREEMENT: Final = 1e-4
"""The largest difference from torch's outputs, relative to the largest, that may come from rounding."""

_BUILDING: Final = "building the pruned network as C"
_CHECKING: Final = "comparing it with torch"
_WAIT_SECONDS: Final = 0.1
_MOST_CHOOSING_SECONDS: Final = 20.0
"""A network that takes longer to try is built by a rule."""

_alone: Final = Lock()
"""A network that is no longer wanted may still be traced when the next begins; torch traces one at a time."""

Steps = Generator[StepBegun | NativeChecked, None, nn.Module | None]


def native_twin(state: EngineState, clock: Clock) -> Steps:
    """Return the pruned network, or the shrunk one if there is one, as a module that runs in C.

    It runs on as many threads as torch does, and agrees with torch on all validation examples. None where
    there is no such network: on a GPU, without a compiler, or for a network that can't be written as C; the
    last event says why.
    """
    if state.data.device.type != "cpu":
        return None
    try:
        figures, module = yield from _checked(state, clock)
    except (ExportError, ModelError) as error:
        figures, module = NativeFigures(refusal=str(error), is_shrunk=state.shrunk is not None), None
    yield NativeChecked(figures, clock())
    return module


def _checked(state: EngineState, clock: Clock) -> Generator[StepBegun, None, tuple[NativeFigures, nn.Module]]:
    """Build the network and compare it with torch.

    Raises:
        ExportError: there is no compiler, the network can't be written as C, or it computes something else.
    """
    if compiler() is None:
        raise ExportError(NO_COMPILER)
    network, data = state.shrunk or state.network, state.data
    num_threads = torch.get_num_threads()
    num_threads = num_threads if num_threads > 1 and has_threads() else 1
    module, dense_layers = yield from _waited(network, data, num_threads, clock)
    yield StepBegun(_CHECKING, clock())
    largest = difference = 0.0
    num_different = 0
    for batch in data.batches(data.validation, data.parts(len(data.validation))):
        with torch.inference_mode():
            wanted = tensor(data.outputs(network.module.eval(), batch.inputs))
            found = tensor(data.outputs(module, batch.inputs))
        largest = max(largest, float(wanted.abs().max()))
        difference = max(difference, float((wanted - found).abs().max()))
        if isinstance(data.task, Classification):
            num_different += int((wanted.argmax(1) != found.argmax(1)).sum())
        yield StepBegun(_CHECKING, clock())
    leave_inference(network.module)
    disagreement = difference / max(largest, 1e-30)
    if not disagreement <= MOST_DISAGREEMENT:
        raise ExportError(f"as C, its outputs differ from torch's by {disagreement:.1e} of the largest")
    figures = NativeFigures(
        is_shrunk=state.shrunk is not None,
        num_threads=num_threads,
        disagreement=disagreement,
        num_images=len(data.validation),
        num_different=num_different,
        dense_layers=dense_layers,
    )
    return figures, module


def _waited(
    network: Network, data: DeviceData, num_threads: int, clock: Clock
) -> Generator[StepBegun, None, tuple[NativeNetwork, tuple[str, ...]]]:
    """Build in a thread, so that a compiler that takes long can be left at any time."""
    is_left = Flag()
    pool = ThreadPoolExecutor(1, "as C")
    try:
        built = pool.submit(_built, network, data, num_threads, is_left)
        while not built.done():
            yield StepBegun(_BUILDING, clock())
            wait([built], timeout=_WAIT_SECONDS)
        return built.result()
    finally:
        is_left.set()
        pool.shutdown(wait=False)


def _built(
    network: Network, data: DeviceData, num_threads: int, is_left: Flag
) -> tuple[NativeNetwork, tuple[str, ...]]:
    """Return the network as C, and the layers whose zeros are computed, too, because that is faster.

    Raises:
        ExportError: it can't be written as C, or the compiler refuses it.
    """
    with _alone:
        try:
            program = fused(program_of(network.module, network.example, output_key=data.task.key))
            plan = _plan(program, is_left)
            module = NativeNetwork(program, plan.choices, few=plan.few, threads=num_threads)
        except (ExportError, ModelError):
            raise
        except Exception as error:  # a network of a user's own may hold anything
            raise ExportError(f"this network can't be written as C: {first_line(error)}") from error
    choices = zip(program.nodes, plan.choices, strict=True)
    dense = [
        node.name for node, choice in choices if choice is not None and (choice.batch, choice.one) != (1, 1)
    ]
    return module, tuple(dict.fromkeys(dense))


def _plan(program: Program, is_left: Flag) -> Plan:
    """Choose how each layer is computed: by trying, unless that takes too long or is no longer wanted."""
    began = perf_counter()
    trying = measuring(program)
    try:
        while not is_left.is_set() and perf_counter() - began < _MOST_CHOOSING_SECONDS:
            next(trying)
    except StopIteration as done:
        found: Plan = done.value
        return found
    if is_left.is_set():
        raise ExportError("it was stopped")
    return ruled(program)
