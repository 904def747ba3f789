"""Sums, differences, products and quotients, with constants and between values."""

from typing import Literal

import torch

from prune_tui.native.operators.calls import Call, Result
from prune_tui.native.operators.draft import Value, shape_of
from prune_tui.native.operators.layers import floats
from prune_tui.native.program import Affine, Elementwise, Shape

Kind = Literal["add", "subtract", "multiply"]


def add(call: Call) -> Result:
    """One + alpha * other."""
    return _combined(call, "add", call.arguments["self"], _times(call, call.arguments["other"]))


def subtract(call: Call) -> Result:
    """`sub(self, other)`, and `rsub`, the other way round."""
    one, other = call.arguments["self"], call.arguments["other"]
    if call.operation == "rsub":
        one, other = other, one
        return _combined(call, "subtract", one, _times(call, other))
    return _combined(call, "subtract", one, _times(call, other))


def multiply(call: Call) -> Result:
    """One * other."""
    return _combined(call, "multiply", call.arguments["self"], call.arguments["other"])


def divide(call: Call) -> Result:
    """One / other, a number or numbers that don't depend on the input."""
    if call.arguments.get("rounding_mode") is not None:
        raise call.refused("quotients that are rounded can't be")
    divisor = call.arguments["other"]
    if isinstance(divisor, Value):
        raise call.refused("only by what doesn't depend on the input can")
    return _combined(call, "multiply", call.arguments["self"], 1 / _tensor(divisor))


def negative(call: Call) -> Result:
    """One with the other sign."""
    return _combined(call, "multiply", call.arguments["self"], -1.0)


def power(call: Call) -> Result:
    """The square alone."""
    if call.operation == "pow" and call.number("exponent") != 2:
        raise call.refused("only squares can")
    return _combined(call, "multiply", call.arguments["self"], call.arguments["self"])


def _times(call: Call, operand: object) -> object:
    """Return the second operand of a sum times `alpha`."""
    alpha = call.number("alpha", 1.0)
    if alpha == 1:
        return operand
    return (
        with_constant(call, "multiply", operand, _tensor(alpha))
        if isinstance(operand, Value)
        else (_tensor(operand) * alpha)
    )


def _combined(call: Call, kind: Kind, one: object, other: object) -> Value:
    if isinstance(one, Value) and isinstance(other, Value):
        return _between(call, kind, one, other)
    if isinstance(one, Value):
        return with_constant(call, kind, one, _tensor(other))
    if isinstance(other, Value):
        if kind == "subtract":
            other, kind = with_constant(call, "multiply", other, _tensor(-1.0)), "add"
        return with_constant(call, kind, other, _tensor(one))
    raise call.refused()


def with_constant(call: Call, kind: Kind, value: Value, constant: torch.Tensor) -> Value:
    """Combine with numbers: a channel each, or else an element each of the value as one vector."""
    shape = _broadcast(value.shape, constant.shape)
    numbers = constant.broadcast_to(shape)
    if not torch.equal(numbers, numbers[:1].expand(shape)):
        raise call.refused("the examples of a batch don't get the same numbers")
    number = call.draft.placed(_expanded(value, shape), call.path)
    lying = call.draft.shape_of(number)
    each = numbers[0].reshape(lying.channels, -1)
    if torch.equal(each, each[:, :1].expand(each.shape)):
        each = each[:, 0]
    else:
        each = each.reshape(-1)
        number = call.draft.reshaped(number, Shape(lying.size), call.path)
    ones, zeros = torch.ones_like(each), torch.zeros_like(each)
    scale, shift = {"add": (ones, each), "subtract": (ones, -each), "multiply": (each, zeros)}[kind]
    number = call.added(Affine(floats(scale), floats(shift)), number)
    return call.draft.viewed(call.draft.reshaped(number, lying, call.path), shape)


def _between(call: Call, kind: Kind, one: Value, other: Value) -> Value:
    """Combine two values; of different shapes, the smaller holds for all of a channel, or is expanded."""
    shape = _broadcast(one.shape, other.shape)
    if kind == "subtract" and one.shape != shape:
        other, kind = with_constant(call, "multiply", other, _tensor(-1.0)), "add"
    if one.shape != shape:
        one, other = other, one
    one = _expanded(one, shape)
    is_whole_channels = len(other.shape) == len(shape) and other.example == Shape(shape_of(shape).channels)
    second = other if is_whole_channels else _expanded(other, shape)
    numbers = [call.draft.placed(value, call.path) for value in (one, second)]
    return call.draft.viewed(call.added(Elementwise(kind), *numbers), shape)


def _expanded(value: Value, shape: tuple[int, ...]) -> Value:
    """Return a value with its elements repeated as torch broadcasts them."""
    if value.shape == shape:
        return value
    index = value.indices()
    return Value(value.number, shape, index.broadcast_to(shape))


def _broadcast(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(torch.broadcast_shapes(one, other))  # type: ignore[no-untyped-call]


def _tensor(number: object) -> torch.Tensor:
    if isinstance(number, torch.Tensor):
        return number.detach().cpu().double()
    assert isinstance(number, int | float)
    return torch.tensor(number, dtype=torch.float64)
