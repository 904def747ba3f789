"""Measures what the network's kernels in C take on this machine; nothing of the session's state changes."""

from collections.abc import Iterator
from typing import Final

from prune_tui.core.errors import ExportError
from prune_tui.core.returning import Returning
from prune_tui.core.run.events import Event, KernelsMeasured, KernelsTimed
from prune_tui.engine.context import Clock
from prune_tui.engine.state import EngineState
from prune_tui.native.building import NO_COMPILER, compiler
from prune_tui.native.fusing import fused
from prune_tui.native.pricing import pricing
from prune_tui.native.tracing import program_of

BATCH_SIZE: Final = 64


def measure_kernels(state: EngineState, clock: Clock) -> Iterator[Event]:
    """Time the kernels of each layer at several densities, on one thread; ends with `KernelsMeasured`.

    Raises:
        ExportError: there is no C compiler, or the network can't be written as C; the message says why.
    """
    if compiler() is None:
        raise ExportError(NO_COMPILER)
    yield KernelsTimed(0.0)
    network = state.network
    program = fused(program_of(network.module, network.example, output_key=state.data.task.key))
    names = [layer.name for layer in network.prunable]
    measuring = Returning(pricing(program, names, batch_size=BATCH_SIZE))
    for done in measuring:
        yield KernelsTimed(done)
    yield KernelsMeasured(measuring.value, clock())
