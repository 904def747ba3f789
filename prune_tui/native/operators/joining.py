"""Puts values together along a dimension: `cat` and `stack`."""

from itertools import accumulate
from typing import TypeAlias

import torch

from prune_tui.native.operators.arithmetic import with_constant
from prune_tui.native.operators.calls import Call, Result
from prune_tui.native.operators.draft import BATCH, Value, in_order
from prune_tui.native.program import Concatenation, Shape

Part: TypeAlias = Value | torch.Size
"""What is joined: a value, or zeros of this shape."""


def joined(call: Call) -> Result:
    """Concatenate values, and constants among them; along another dimension than the first one by one."""
    dim = int(call.number("dim")) % len(call.shapes[0])
    parts = _parts(call, dim)
    values = [part for part in parts if isinstance(part, Value)]
    if len({value.number for value in values}) == 1:
        indices = [part.indices() if isinstance(part, Value) else torch.full(part, -1.0) for part in parts]
        whole = Value(values[0].number, call.shapes[0], torch.cat(indices, dim))
        if len(values) == 1 or call.draft.is_selection(whole):
            return whole
    numbers = [call.draft.placed(value, call.path) for value in values]
    shapes = [call.draft.shape_of(number) for number in numbers]
    if dim != 1:
        shapes = [Shape(shape.size) for shape in shapes]
        numbers = [
            call.draft.reshaped(number, shape, call.path)
            for number, shape in zip(numbers, shapes, strict=True)
        ]
    shape = Shape(sum(shape.channels for shape in shapes), shapes[0].rows, shapes[0].columns)
    number = call.added(Concatenation(), *numbers, shape=shape)
    if dim == 1 and len(values) == len(parts):
        return call.result(number)
    starts = iter(accumulate((shape.size for shape in shapes), initial=0))
    indices = [
        _part_of(part, next(starts), shape.size) if isinstance(part, Value) else torch.full(part, -1.0)
        for part in parts
    ]
    return Value(number, call.shapes[0], torch.cat(indices, dim))


def _parts(call: Call, dim: int) -> list[Part]:
    """Return what is joined; the parts of a stack get the dimension along which they are."""
    given = call.arguments["tensors"]
    assert isinstance(given, list | tuple)
    some = next(part for part in given if isinstance(part, Value))
    parts: list[Part] = []
    for part in given:
        if isinstance(part, Value):
            value = part
        elif part.any():
            zeros = torch.full(part.shape, -1.0, dtype=torch.float64)
            value = with_constant(call, "add", Value(some.number, tuple(part.shape), zeros), part)
        else:
            parts.append((part.unsqueeze(dim) if call.operation == "stack" else part).shape)
            continue
        index = value.indices().unsqueeze(dim)
        parts.append(Value(value.number, tuple(index.shape), index) if call.operation == "stack" else value)
    return parts


def _part_of(value: Value, start: int, size: int) -> torch.Tensor:
    """Return the indices of a value's elements where each example of a whole holds it from `start` on."""
    local = in_order((1, *value.shape[1:])) + start
    return local + torch.arange(BATCH, dtype=local.dtype).reshape(-1, *[1] * (local.dim() - 1)) * size
