"""Maxima and means: of windows, and over all of some dimensions."""

import math
from typing import Literal

import numpy as np

from prune_tui.native.operators.calls import Call, Result
from prune_tui.native.operators.draft import Value, shape_of
from prune_tui.native.program import AdaptiveMean, Affine, Pooling, Shape


def max_pool(call: Call) -> Result:
    """The maxima; torch's second result, where they are, can't be had."""
    pooling = Pooling("max", *_window(call), dilation=call.pair("dilation", alone=1))
    return _first_of(call, call.added(pooling, _placed(call), shape=shape_of(call.shapes[0])))


def average_pool(call: Call) -> Result:
    """The means of windows."""
    if call.arguments.get("divisor_override") is not None:
        raise call.refused("a divisor of its own can't be")
    pooling = Pooling("mean", *_window(call), counts_padding=call.flag("count_include_pad"))
    return call.result(call.added(pooling, _placed(call), shape=shape_of(call.shapes[0])))


def adaptive_average_pool(call: Call) -> Result:
    """The means of as many windows as are wanted."""
    return call.result(call.added(AdaptiveMean(), _placed(call), shape=shape_of(call.shapes[0])))


def adaptive_max_pool(call: Call) -> Result:
    """The maxima of as many windows as are wanted, where they share out evenly."""
    number, shape = _placed(call), shape_of(call.shapes[0])
    source = call.draft.shape_of(number)
    if source.rows % shape.rows or source.columns % shape.columns:
        raise call.refused("only windows of one size can")
    window = (source.rows // shape.rows, source.columns // shape.columns)
    return _first_of(call, call.added(Pooling("max", window, window), number, shape=shape))


def mean(call: Call) -> Result:
    """The mean over some dimensions."""
    return _over_dimensions(call, "mean")


def sum_(call: Call) -> Result:
    """A mean times the number of elements."""
    result = _over_dimensions(call, "mean")
    count = math.prod(call.value("self").shape) / math.prod(result.shape)
    channels = call.draft.shape_of(result.number).channels
    scale, shift = np.full(channels, count, np.float32), np.zeros(channels, np.float32)
    return Value(call.added(Affine(scale, shift), result.number), result.shape, result.index)


def maximum_over(call: Call) -> Result:
    """`amax(self, dim)`, or the first result of `max(self, dim)`."""
    value = _over_dimensions(call, "max")
    return (value,) if call.operation == "max" else value


def _over_dimensions(call: Call, kind: Literal["max", "mean"]) -> Value:
    """Reduce `dim`: rows and columns where they are, other dimensions after they are moved there."""
    value = call.value("self")
    rank = len(value.shape)
    reduced = {dim % rank for dim in call.integers("dim")}
    if not reduced or 0 in reduced:
        raise call.refused("only within each example can")
    places = {rank - 1, rank - 2} if rank > 3 else {rank - 1} if rank == 3 else set()
    if reduced <= places:
        source = value.example
        wanted = Shape(
            source.channels,
            1 if rank > 3 and rank - 2 in reduced else source.rows,
            1 if rank - 1 in reduced else source.columns,
        )
        number = call.placed("self")
    else:
        kept = [dim for dim in range(1, rank) if dim not in reduced]
        index = value.indices()
        moved = index.permute(0, *kept, *sorted(reduced))
        num_kept = math.prod(value.shape[dim] for dim in kept)
        columns = moved.reshape(value.shape[0], num_kept, -1)
        number = call.draft.placed(Value(value.number, tuple(columns.shape), columns), call.path)
        wanted = Shape(num_kept)
    source = call.draft.shape_of(number)
    window = (source.rows // wanted.rows, source.columns // wanted.columns)
    operation = AdaptiveMean() if kind == "mean" else Pooling("max", window, window)
    return call.result(call.added(operation, number, shape=wanted))


def _placed(call: Call) -> int:
    """Return the number of the input; torch takes one without a batch, too, which is another thing."""
    if len(call.value("self").shape) != (3 if call.operation.endswith("1d") else 4):
        raise call.refused("only batches of images, or of signals, can")
    return call.placed("self")


def _window(call: Call) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int]]:
    """Return kernel, stride and padding."""
    kernel = call.pair("kernel_size", alone=1)
    stride = call.pair("stride", alone=1) if call.integers("stride") else kernel
    return kernel, stride, call.pair("padding", alone=0)


def _first_of(call: Call, number: int) -> Result:
    """Return the value as the operation does: alone, or as the first of several results."""
    return call.result(number) if len(call.target._schema.returns) == 1 else (call.result(number),)
