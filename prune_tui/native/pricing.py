"""Measures what each layer of a program takes at several densities, so that plans can be predicted.

The kernels of each layer are timed alone, then the network as a whole: what it takes beyond its layers is
that of everything else, and what is left of the difference (caches that the layers share) is laid on the
layers in proportion. Weights are kept at random, and times are the shortest of many on one thread.
"""

from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from time import perf_counter, thread_time
from typing import Final

import numpy as np
import torch

from prune_tui.core.returning import Returning
from prune_tui.core.run.latency_table import Examples, LatencyTable, LayerLatency, not_falling
from prune_tui.native.choosing import measuring
from prune_tui.native.program import Convolution, Node, Program
from prune_tui.native.running import NativeNetwork
from prune_tui.native.source.kernels import WAYS, Way

DENSITIES: Final = (1.0, 0.3, 0.1, 0.03, 0.01)

NUM_CHECKED: Final = 2
"""So many plans are drawn at random and timed as a whole, to say how far off predictions are."""

_NS: Final = 1e9
_LEAST_TURNS, _TURN_SECONDS, _LEAST_SECONDS, _MOST_SECONDS = 5, 0.0005, 0.2, 2.0

Densities = Mapping[str, float]
"""The share of nonzero weights by layer; layers left out stay as they are."""


@dataclass(frozen=True, slots=True)
class _Measured:
    """How many nonzeros each layer has, and what layers and the whole take, in seconds."""

    nonzeros: Mapping[str, int]
    layers: Mapping[Way, Mapping[str, float]]
    whole: Mapping[Way, float]


def pricing(
    program: Program, prunable: Collection[str], *, batch_size: int
) -> Generator[float, None, LatencyTable]:
    """Return what a program's prunable layers take; yields the share that is done.

    Raises:
        ExportError: there is no C compiler, or it refuses the source.
    """
    names = [name for name in nonzeros_of(program) if name in set(prunable)]
    random, num_steps = np.random.default_rng(0), len(DENSITIES) + NUM_CHECKED
    found = list[_Measured]()
    for number, density in enumerate(DENSITIES):
        thinned = thinned_to(program, dict.fromkeys(names, density), random)
        timing = Returning(_measured(thinned, batch_size))
        for _ in timing:
            yield number / num_steps
        found.append(timing.value)
    table = _table(found, names, batch_size)
    errors: dict[Examples, float] = {"one": 0.0, "batch": 0.0}
    for number in range(NUM_CHECKED):
        least, most = np.log(min(DENSITIES)), np.log(max(DENSITIES))
        drawn = {name: float(np.exp(random.uniform(least, most))) for name in names}
        thinned = thinned_to(program, drawn, random)
        timing = Returning(_measured(thinned, batch_size))
        for _ in timing:
            yield (len(DENSITIES) + number) / num_steps
        for way, seconds in timing.value.whole.items():
            predicted = table.ns_of(timing.value.nonzeros, way) / _NS
            errors[way] = max(errors[way], abs(predicted / seconds - 1))
    yield 1.0
    return replace(table, one_error=round(errors["one"], 3), batch_error=round(errors["batch"], 3))


def thinned_to(program: Program, densities: Densities, random: np.random.Generator) -> Program:
    """Return a program whose layers keep such shares of their weights, drawn at random; at least one each."""
    return Program(program.input, tuple(_thinned(node, densities, random) for node in program.nodes))


def nonzeros_of(program: Program) -> dict[str, int]:
    """Return how many weights of each layer are not zero."""
    return {
        node.name: int(np.count_nonzero(node.operation.weight))
        for node in program.nodes
        if isinstance(node.operation, Convolution)
    }


def timed(network: NativeNetwork, program: Program, batch_size: int) -> dict[Way, float]:
    """Return the shortest time of a network in seconds: for a batch, and for one example."""
    shape = program.input
    inputs = torch.zeros(batch_size, shape.channels, shape.rows, shape.columns)
    return {
        "batch": _shortest(lambda: network(inputs)),
        "one": _shortest(lambda: network(inputs[:1])),
    }


def _thinned(node: Node, densities: Densities, random: np.random.Generator) -> Node:
    operation = node.operation
    if not isinstance(operation, Convolution) or node.name not in densities:
        return node
    weight = operation.weight
    kept = np.zeros(weight.size, dtype=bool)
    kept[random.permutation(weight.size)[: max(1, round(weight.size * densities[node.name]))]] = True
    # Weights that are zero already would be left out as well.
    filled = np.where(weight == 0, np.float32(1e-3), weight)
    return replace(
        node, operation=replace(operation, weight=np.where(kept.reshape(weight.shape), filled, np.float32(0)))
    )


def _measured(program: Program, batch_size: int) -> Generator[None, None, _Measured]:
    """Time a program's layers and the whole of it, each layer in the way that is fastest."""
    timing = Returning(measuring(program))
    yield from timing
    plan, nonzeros = timing.value, nonzeros_of(program)
    layers: dict[Way, dict[str, float]] = {way: dict.fromkeys(nonzeros, 0.0) for way in WAYS}
    for index, node in enumerate(program.nodes):
        if isinstance(node.operation, Convolution):
            for way in WAYS:
                # A layer that runs twice has its weights once.
                layers[way][node.name] += plan.seconds[way][index]
    yield
    network = NativeNetwork(program, plan.choices, few=plan.few)
    return _Measured(nonzeros, layers, timed(network, program, batch_size))


def _table(found: list[_Measured], names: Sequence[str], batch_size: int) -> LatencyTable:
    others, layers = dict[Way, int](), dict[Way, dict[str, tuple[tuple[int, ...], tuple[int, ...]]]]()
    for way in WAYS:
        alone = [sum(one.layers[way][name] for name in names) for one in found]
        wholes = [one.whole[way] for one in found]
        # How many times as long the layers take in the network, from the two ends.
        factor = max(1.0, (wholes[0] - wholes[-1]) / max(1e-12, alone[0] - alone[-1]))
        other = max(0.0, min(wholes[-1] - factor * alone[-1], *wholes))
        others[way] = round(other * _NS)
        layers[way] = {
            name: not_falling(
                {
                    one.nonzeros[name]: one.layers[way][name] * (whole - other) / sum_alone * _NS
                    for one, whole, sum_alone in zip(found, wholes, alone, strict=True)
                }
            )
            for name in names
        }
    return LatencyTable(
        layers=tuple(
            LayerLatency(name, nonzeros, times, layers["batch"][name][1])
            for name, (nonzeros, times) in layers["one"].items()
        ),
        other_one_ns=others["one"],
        other_batch_ns=others["batch"],
        batch_size=batch_size,
        num_checked=NUM_CHECKED,
        one_error=0.0,
        batch_error=0.0,
    )


def _shortest(run: Callable[[], object]) -> float:
    """Return the shortest of many turns of a run, in seconds a run.

    They are seconds of this thread's processor, so that other work on the machine does not count.
    """
    began, best, count, times = perf_counter(), float("inf"), 0, 1
    while True:
        start = thread_time()
        for _ in range(times):
            run()
        best, count = min(best, (thread_time() - start) / times), count + 1
        times = max(1, min(1000, int(_TURN_SECONDS / max(best, 1e-9))))
        waited = perf_counter() - began
        if (count > _LEAST_TURNS and waited > _LEAST_SECONDS) or waited > _MOST_SECONDS:
            return best
