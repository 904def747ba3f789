"""Where each value of a program lies in memory: with zeros around it, and sharing room once it is used up."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from prune_tui.native.program import Convolution, Pair, Program, Reshape, Shape

_ALIGNED: Final = 16
"""Values begin at multiples of so many elements."""


@dataclass(frozen=True, slots=True)
class Place:
    """How a value lies in memory, counted in elements: planes of rows, one after the other.

    A plane has `halo` rows above and below, and columns on both sides, that are zero, so that a convolution
    need not ask where an image ends. `offset` is that of the first halo.
    """

    shape: Shape
    halo: Pair
    offset: int

    @property
    def pitch(self) -> int:
        """How far apart two rows are."""
        return self.shape.columns + 2 * self.halo[1]

    @property
    def plane(self) -> int:
        """How far apart two channels are."""
        return (self.shape.rows + 2 * self.halo[0]) * self.pitch

    @property
    def size(self) -> int:
        return self.shape.channels * self.plane

    @property
    def inside(self) -> int:
        """How far the first element is from the first halo."""
        return self.halo[0] * self.pitch + self.halo[1]

    @property
    def is_bare(self) -> bool:
        return self.halo == (0, 0)


@dataclass(frozen=True, slots=True)
class Layout:
    """The place of each value, and how many elements all need."""

    places: tuple[Place, ...]
    size: int

    def is_alias(self, node: int, inputs: Sequence[int]) -> bool:
        """Say whether a node's value lies where its input does, so that nothing is to be done."""
        return self.places[node + 1].offset == self.places[inputs[0]].offset


def layout_of(program: Program) -> Layout:
    """Lay out the values of a program; a reshaped value lies where its input does, if neither has a halo."""
    halos = [(0, 0)] * (len(program.nodes) + 1)
    for node in program.nodes:
        if isinstance(node.operation, Convolution):
            value, padding = node.inputs[0], node.operation.padding
            halos[value] = (max(halos[value][0], padding[0]), max(halos[value][1], padding[1]))
    roots = list(range(len(program.nodes) + 1))
    for value, node in enumerate(program.nodes, 1):
        source = node.inputs[0]
        if isinstance(node.operation, Reshape) and halos[source] == halos[value] == (0, 0) and not node.then:
            roots[value] = roots[source]
    last = [0] * len(roots)
    for value, node in enumerate(program.nodes, 1):
        for used in (value, *node.inputs):
            last[roots[used]] = value
    last[roots[-1]] = len(roots)
    return _placed(program, halos, roots, last)


def _placed(program: Program, halos: Sequence[Pair], roots: Sequence[int], last: Sequence[int]) -> Layout:
    """Give each value the first gap that is free from when it is made until it was last used."""
    places: list[Place] = []
    taken: list[tuple[int, int, int]] = []
    for value, root in enumerate(roots):
        shape = program.shape_of(value)
        if root != value:
            places.append(Place(shape, (0, 0), places[root].offset))
            continue
        taken = [room for room in taken if room[2] >= value]
        size = -(-Place(shape, halos[value], 0).size // _ALIGNED) * _ALIGNED
        start = 0
        for begin, end, _ in sorted(taken):
            if begin - start >= size:
                break
            start = max(start, end)
        taken.append((start, start + size, last[value]))
        places.append(Place(shape, halos[value], start))
    size = max(place.offset + -(-place.size // _ALIGNED) * _ALIGNED for place in places)
    return Layout(tuple(places), size)
