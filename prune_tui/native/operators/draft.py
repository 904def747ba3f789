"""A program while it is traced: values as torch sees them, and the nodes that make them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import torch

from prune_tui.core.errors import ExportError
from prune_tui.native.operators.selecting import one_by_one, selected
from prune_tui.native.program import Node, Operation, Reshape, Shape

BATCH: Final = 3
"""Networks are traced as for so many examples: what mixes them is seen in the indices of their elements."""


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """A tensor of the traced network: elements of one of the program's values, under torch's shape.

    `number` is the program's value; `shape` has the batch first, of `BATCH` examples. `index`, float64 of
    this shape, says which element each is, counted through all examples; -1 is a zero. Where it is None, they
    are all elements in their order.
    """

    number: int
    shape: tuple[int, ...]
    index: torch.Tensor | None = None

    @property
    def example(self) -> Shape:
        """The shape of one example in a program."""
        return shape_of(self.shape)

    def indices(self) -> torch.Tensor:
        """Which element each is, also where they are all in order."""
        return in_order(self.shape) if self.index is None else self.index


def shape_of(shape: Sequence[int]) -> Shape:
    """Return the program's shape of a torch shape: the last two of three or more are rows and columns."""
    match tuple(shape[1:]):
        case ():
            return Shape(1)
        case (channels,):
            return Shape(channels)
        case (channels, columns):
            return Shape(channels, 1, columns)
        case (*channels, rows, columns):
            return Shape(math.prod(channels), rows, columns)
    raise AssertionError(shape)


def in_order(shape: Sequence[int]) -> torch.Tensor:
    """Return the indices of all elements."""
    return torch.arange(math.prod(shape), dtype=torch.float64).reshape(tuple(shape))


class Draft:
    """The nodes so far."""

    def __init__(self, shape: Shape) -> None:
        self.input = shape
        self.nodes: list[Node] = []
        self._placed: dict[Value, int] = {}

    def shape_of(self, number: int) -> Shape:
        return self.input if number == 0 else self.nodes[number - 1].shape

    def add(self, operation: Operation, inputs: Sequence[int], shape: Shape, path: str) -> int:
        """Add a node, and return the number of its value."""
        self.nodes.append(Node(operation, tuple(inputs), shape, path))
        return len(self.nodes)

    def viewed(self, number: int, shape: Sequence[int]) -> Value:
        """Return a value of the program, whole and in its order, under a torch shape of as many elements."""
        same = shape_of(shape) == self.shape_of(number)
        return Value(number, tuple(shape), None if same else in_order(shape))

    def reshaped(self, number: int, shape: Shape, path: str) -> int:
        """Return the number of the same elements in the same order under a shape."""
        if self.shape_of(number) == shape:
            return number
        return self.add(Reshape(), (number,), shape, path)

    def placed(self, value: Value, path: str) -> int:
        """Return the number of a value of the program that has these elements, in their order and shape.

        Raises:
            ExportError: an example has elements of others.
        """
        if value.index is None:
            return value.number
        if value not in self._placed:
            number = value.number
            source = self.shape_of(number)
            index = _of_one_example(value.index, source.size)
            if index is None:
                raise ExportError(f"{path}: can't be written as C: it mixes the examples of a batch")
            steps = selected(index, value.example, source)
            for operation, shape in one_by_one(index, value.example, source) if steps is None else steps:
                number = self.add(operation, (number,), shape, path)
            self._placed[value] = number
        return self._placed[value]

    def is_selection(self, value: Value) -> bool:
        """Whether these elements are channels, rows and columns, not to be chosen one by one."""
        source = self.shape_of(value.number)
        index = _of_one_example(value.indices(), source.size)
        return index is not None and selected(index, value.example, source) is not None


def _of_one_example(index: torch.Tensor, size: int) -> torch.Tensor | None:
    """Return the indices within the first example; None if others don't choose in the same way."""
    if not index.dim() or len(index) != BATCH:
        return None
    steps = torch.arange(BATCH, dtype=index.dtype).reshape(-1, *[1] * (index.dim() - 1)) * size
    first = index[0]
    if bool((first >= size).any()) or not torch.equal(index, torch.where(first < 0, first, first + steps)):
        return None
    return first
