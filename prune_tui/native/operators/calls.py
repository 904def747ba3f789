"""One operation of a traced network: its arguments by name, and what it makes of them in a program."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch._ops import OpOverload

from prune_tui.core.errors import ExportError
from prune_tui.native.operators.draft import Draft, Value
from prune_tui.native.program import Operation, Pair, Shape

CAN_BE = (
    "convolutions, linear layers, batch norm, activations, pooling, sums, products, concatenations, slices "
    "and softmax can"
)


@dataclass(frozen=True, slots=True)
class Call:
    """An operation: `path` is the layer it runs in, `shapes` are the torch shapes of its results.

    Arguments are numbers, tensors that don't depend on the network's input, and values that do.
    """

    target: OpOverload
    path: str
    arguments: Mapping[str, object]
    shapes: Sequence[tuple[int, ...]]
    draft: Draft

    @property
    def operation(self) -> str:
        """Its name without namespace and overload: `conv2d`."""
        return plain_name(self.target)

    def refused(self, reason: str = CAN_BE) -> ExportError:
        """Return the error that says why this can't be in a program."""
        return ExportError(f"{self.path}: {self.operation} can't be written as C: {reason}")

    def value(self, name: str) -> Value:
        given = self.arguments.get(name)
        if not isinstance(given, Value):
            raise self.refused(f"its {name} is no tensor that depends on the network's input")
        return given

    def values(self) -> list[Value]:
        """Return all arguments that depend on the network's input, those in lists with them."""
        found: list[Value] = []
        for given in self.arguments.values():
            parts = given if isinstance(given, list | tuple) else (given,)
            found += [part for part in parts if isinstance(part, Value)]
        return found

    def placed(self, name: str) -> int:
        """Return the number of an argument as a value of the program."""
        return self.draft.placed(self.value(name), self.path)

    def constant(self, name: str) -> torch.Tensor | None:
        """Return a tensor that doesn't depend on the input, as float64; None if it is not given."""
        given = self.arguments.get(name)
        if isinstance(given, Value):
            raise self.refused(f"its {name} depends on the network's input")
        return given.detach().cpu().double() if isinstance(given, torch.Tensor) else None

    def number(self, name: str, default: float = math.nan) -> float:
        """Return a number; the default if it is not given."""
        given = self.arguments.get(name)
        if given is None:
            return default
        if isinstance(given, torch.Tensor) and given.numel() == 1:
            return float(given)
        if not isinstance(given, int | float):
            raise self.refused(f"its {name} is no number")
        return float(given)

    def flag(self, name: str) -> bool:
        return bool(self.arguments.get(name))

    def integers(self, name: str) -> tuple[int, ...]:
        """Return whole numbers; none if they are not given."""
        given = self.arguments.get(name)
        if isinstance(given, int):
            return (given,)
        return tuple(int(item) for item in given) if isinstance(given, list | tuple) else ()

    def pair(self, name: str, *, alone: int) -> Pair:
        """Return sizes for rows and columns; `alone` is that of the one row of a 1D operation."""
        match self.integers(name), self.operation.endswith("1d"):
            case (columns,), True:
                return alone, columns
            case (both,), False:
                return both, both
            case (rows, columns), False:
                return rows, columns
        raise self.refused(f"its {name} is not for rows and columns")

    def added(self, operation: Operation, *inputs: int, shape: Shape | None = None) -> int:
        """Add a node of this layer, of the shape of the first input unless told otherwise."""
        return self.draft.add(operation, inputs, shape or self.draft.shape_of(inputs[0]), self.path)

    def result(self, number: int) -> Value:
        """Return a value of the program as the call's first result."""
        return self.draft.viewed(number, self.shapes[0])


Result: TypeAlias = Value | torch.Tensor | int | tuple[Value, ...]
Rule: TypeAlias = Callable[[Call], Result]
"""What an operation adds to the program, and what it returns."""


def plain_name(target: object) -> str:
    """Return the name of an operation without namespace and overload; without the `_` of one in place."""
    if isinstance(target, OpOverload):
        name = target._schema.name.partition("::")[2]
        return name.strip("_") or name
    return getattr(target, "__name__", str(target))
