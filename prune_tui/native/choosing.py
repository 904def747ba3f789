"""Chooses how each convolution is computed: by timing every way on this machine, or by a rule."""

from collections.abc import Generator, Mapping, Sequence
from ctypes import CDLL
from dataclasses import dataclass
from time import perf_counter
from typing import Final

from prune_tui.core.returning import drained
from prune_tui.native.building import built
from prune_tui.native.layout import layout_of
from prune_tui.native.program import Convolution, Program
from prune_tui.native.source.kernels import FULL, WAYS, Block, Way
from prune_tui.native.source.network import Choice, header_of, source_of

_DENSE_FROM: Final[Mapping[Way, float]] = {"batch": 0.7, "one": 0.6}
_DENSE_VECTORS_FROM: Final = 0.15
"""From this density on, a matrix times one vector is faster with zeros than without."""

_TRIED_FROM: Final = 0.08
"""Below this density no way that computes zeros, too, was ever faster."""

_NUM_TURNS: Final = 5
_TURN_SECONDS: Final = 0.002
_MOST_KEPT_BYTES: Final = 2**21
"""Where the values of a batch are larger than a core's cache, one example at a time is faster."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a program is computed: a choice for each node that is a convolution, and when side by side.

    Up to `few` sixteenths of a vector's examples run one by one; with sixteen, all do. `seconds` has what
    each node was measured to take, by way: for a whole vector of examples, and for one. It is empty where a
    rule chose.
    """

    choices: tuple[Choice | None, ...]
    few: int
    seconds: Mapping[Way, Mapping[int, float]]


def ruled(program: Program) -> Plan:
    """Choose by densities and sizes alone: the same on every machine."""
    largest = max(program.shape_of(value).size for value in range(len(program.nodes) + 1))
    few = 3 if largest * FULL * 4 <= _MOST_KEPT_BYTES else FULL
    choices = list[Choice | None]()
    for node in program.nodes:
        if not isinstance(node.operation, Convolution):
            choices.append(None)
            continue
        density = _density(node.operation)
        batch: Block = 4 if density >= _DENSE_FROM["batch"] else 1
        dense_from = _DENSE_VECTORS_FROM if node.shape.rows == node.shape.columns == 1 else _DENSE_FROM["one"]
        one: Block = FULL if density >= dense_from else 1
        allowed = _blocks(node.operation)
        choices.append(Choice(batch if batch in allowed else 1, one if one in allowed else 1))
    return Plan(tuple(choices), few, {})


def measured(program: Program) -> Plan:
    """Choose by timing each convolution in all ways that may be fastest, for some hundredths of a second.

    Raises:
        ExportError: there is no C compiler, or it refuses the source.
    """
    return drained(measuring(program))


def measuring(program: Program) -> Generator[None, None, Plan]:
    """Choose as `measured` does; yields after each node that was timed."""
    layout = layout_of(program)
    times: dict[tuple[Way, int, Block], float] = {}
    lanes = 1
    blocks: tuple[Block, ...] = (1, 4, FULL)
    for block in blocks:
        tried: dict[int, Block] = {
            index: block
            for index, node in enumerate(program.nodes)
            if isinstance(node.operation, Convolution) and _is_tried(node.operation, block)
        }
        if not tried:
            continue
        choices = [
            Choice(_batch_block(tried.get(index, 1)), tried.get(index, 1))
            if _is_convolution(program, index)
            else None
            for index in range(len(program.nodes))
        ]
        library = built(source_of(program, choices, embeds=False, for_timing=True), header_of(program))
        lanes = int(library.net_lanes())
        library.net_node(0, 0)
        nodes = [index for index, node in enumerate(program.nodes) if not layout.is_alias(index, node.inputs)]
        for number, (way, index) in enumerate((way, index) for way in WAYS for index in nodes):
            if block == 1 or (index in tried and not (way == "batch" and block == FULL)):
                times[way, index, block] = _node_seconds(library, number)
                yield
    return _fastest(program, times, lanes)


def _fastest(program: Program, times: Mapping[tuple[Way, int, Block], float], lanes: int) -> Plan:
    best: dict[Way, dict[int, tuple[float, Block]]] = {"batch": {}, "one": {}}
    for (way, index, block), taken in times.items():
        known = best[way].get(index)
        if known is None or taken < known[0]:
            best[way][index] = taken, block
    choices = tuple(
        Choice(best["batch"][index][1], best["one"][index][1]) if _is_convolution(program, index) else None
        for index in range(len(program.nodes))
    )
    seconds = {way: {index: each for index, (each, _) in best[way].items()} for way in WAYS}
    batch, one = (sum(by_node.values()) for by_node in seconds.values())
    few = min(FULL, int(batch / one * FULL / lanes)) if one else FULL
    return Plan(choices, few, seconds)


def _node_seconds(library: CDLL, number: int) -> float:
    """Return the shortest time that a node takes, over a few turns of some milliseconds."""
    times, best = 1, float("inf")
    for _ in range(_NUM_TURNS):
        began = perf_counter()
        library.net_node(number, times)
        taken = perf_counter() - began
        best = min(best, taken / times)
        times = max(1, min(1000, int(_TURN_SECONDS / best)))
    return best


def _is_convolution(program: Program, index: int) -> bool:
    return isinstance(program.nodes[index].operation, Convolution)


def _batch_block(block: Block) -> Block:
    return 1 if block == FULL else block


def _is_tried(convolution: Convolution, block: Block) -> bool:
    return block in _blocks(convolution) and (block == 1 or _density(convolution) >= _TRIED_FROM)


def _blocks(convolution: Convolution) -> Sequence[Block]:
    """Return the blocks a convolution can be computed in: the channels of one share their inputs."""
    if convolution.groups == 1:
        return (1, 4, FULL)
    return (1, 4) if len(convolution.weight) // convolution.groups % 4 == 0 else (1,)


def _density(convolution: Convolution) -> float:
    return float((convolution.weight != 0).mean())
