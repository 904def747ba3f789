"""One operation of torch in a pass: its arguments by name, its outputs, and the units of its tensors."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch._ops import OpOverload

from prune_tui.coupling.labels import Axes, Axis, Ledger


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a tensor: its axes, whether parameters alone made it, whose weight or output it is."""

    axes: Axes
    is_weight: bool = False
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """An operation that ran: `arguments` by the names of its schema, `outputs` that are tensors.

    `strides_before` are those of its first tensor before it ran.
    """

    operation: OpOverload
    arguments: Mapping[str, object]
    outputs: Sequence[torch.Tensor]
    strides_before: Sequence[int]
    ledger: Ledger
    known: Callable[[torch.Tensor], Known]

    @property
    def name(self) -> str:
        return plain_name(self.operation)

    @property
    def inputs(self) -> list[torch.Tensor]:
        """All tensors among the arguments."""
        found: list[torch.Tensor] = []
        for value in self.arguments.values():
            if isinstance(value, torch.Tensor):
                found.append(value)
            elif isinstance(value, Sequence):
                found += [item for item in value if isinstance(item, torch.Tensor)]
        return found

    def tensor(self, name: str) -> torch.Tensor:
        value = self.arguments[name]
        assert isinstance(value, torch.Tensor)
        return value

    def tensors(self, name: str) -> list[torch.Tensor]:
        value = self.arguments[name]
        assert isinstance(value, Sequence)
        return [item for item in value if isinstance(item, torch.Tensor)]

    def has(self, name: str) -> bool:
        return self.arguments.get(name) is not None

    def axes(self, name: str) -> Axes:
        return self.known(self.tensor(name)).axes

    def only_axis(self, name: str) -> Axis | None:
        """Return the axis of a vector argument; None also if it is not given."""
        return self.axes(name)[0] if self.has(name) else None

    def integer(self, name: str, *, default: int = 0) -> int:
        value = self.arguments.get(name)
        return value if isinstance(value, int) else default

    def integers(self, name: str) -> list[int]:
        value = self.arguments.get(name)
        if isinstance(value, int):
            return [value]
        return [item for item in value if isinstance(item, int)] if isinstance(value, Sequence) else []

    def dims(self, name: str, *, of: int) -> list[int]:
        """Return dimensions counted from 0; all of them if none is given."""
        return [dim % of for dim in self.integers(name)] if self.integers(name) else list(range(of))


Rule: TypeAlias = Callable[[Call], Sequence[Axes]]
"""Returns the axes of the first outputs, after tying and pinning; further outputs carry no units."""


def plain_name(operation: OpOverload) -> str:
    """Return an operation's name without its overload, and without the underscore of those in place."""
    name: str = operation.overloadpacket.__name__
    return name[:-1] if name.endswith("_") and not name.endswith("__") else name


def no_axes(tensor: torch.Tensor) -> Axes:
    """Return the axes of a tensor that carries no units."""
    return (None,) * tensor.dim()
