"""Times the forward passes of several networks in turn, on the same batch."""

from collections.abc import Generator, Mapping
from time import perf_counter
from typing import TypeVar

import numpy as np
import torch
from torch import nn

from prune_tui.catalog.batches import Tree
from prune_tui.catalog.running import run
from prune_tui.core.report import Latency
from prune_tui.engine.device import wait_for

Name = TypeVar("Name", bound=str)

_NUM_WARM_UPS = 1
_MAX_TURNS = 12
_MAX_PASSES_A_TURN = 30
_TURN_SECONDS = 0.02
_MAX_TIMED_SECONDS = 2.0


def time_forward(
    modules: Mapping[Name, nn.Module], inputs: Tree, device: torch.device
) -> Generator[Name, None, dict[Name, Latency]]:
    """Time forward passes of the same inputs through each network in turn.

    The networks take turns so that drift of the machine affects all alike. The first pass of a turn does not
    count: it brings the network's weights back into the processor's cache. Yields a network's name after each
    of its turns; returns p50 and p95 in milliseconds.
    """
    seconds: dict[Name, list[float]] = {name: [] for name in modules}
    began = perf_counter()
    for turn in range(_NUM_WARM_UPS + _MAX_TURNS):
        for name, module in modules.items():
            passes = _turn(module, inputs, device)
            if turn >= _NUM_WARM_UPS:
                seconds[name] += passes[1:]
            yield name
        if turn > _NUM_WARM_UPS + 2 and perf_counter() - began > _MAX_TIMED_SECONDS:
            break
    return {
        name: Latency(
            p50=round(float(np.percentile(taken, 50)) * 1000, 4),
            p95=round(float(np.percentile(taken, 95)) * 1000, 4),
        )
        for name, taken in seconds.items()
    }


def _turn(module: nn.Module, inputs: Tree, device: torch.device) -> list[float]:
    """Return the seconds of at least two passes, and of as many as fit into a turn."""
    passes: list[float] = []
    with torch.inference_mode():
        while len(passes) < 2 or (sum(passes) < _TURN_SECONDS and len(passes) < _MAX_PASSES_A_TURN):
            wait_for(device)
            start = perf_counter()
            run(module, inputs)
            wait_for(device)
            passes.append(perf_counter() - start)
    return passes
