"""Operations that compute nothing: they reorder elements, leave some out, pad, or do nothing at all."""

from collections.abc import Mapping

import torch

from prune_tui.native.operators.calls import Call, Result
from prune_tui.native.operators.draft import Value


def unchanged(call: Call) -> Result:
    """Copies, and casts between kinds of floats."""
    dtype = call.arguments.get("dtype")
    if isinstance(dtype, torch.dtype) and not dtype.is_floating_point:
        raise call.refused(f"only floats can, not {str(dtype).removeprefix('torch.')}")
    return call.value("self")


def dropout(call: Call) -> Result:
    """Nothing, as in evaluation."""
    if call.flag("train"):
        raise call.refused("it drops at random in evaluation, too")
    value = call.value("self" if "self" in call.arguments else "input")
    return value if len(call.target._schema.returns) == 1 else (value,)


def moved(call: Call) -> Result:
    """Let torch reorder the indices of the elements."""
    return _moved(call, call.arguments)


def padded(call: Call) -> Result:
    """Pad with zeros, or with what is there (`reflect`, `replicate`, `circular`)."""
    if call.arguments.get("mode", "constant") != "constant":
        return _moved(call, call.arguments)
    if call.number("value", 0.0) != 0:
        raise call.refused("only padding with zeros can")
    return _moved(call, {**call.arguments, "value": -1.0})


def made_like(call: Call) -> Result:
    """A constant of the shape of a value."""
    value = call.value("self")
    made: torch.Tensor = call.target(**{**call.arguments, "self": torch.empty(value.shape)})
    return made


def size(call: Call) -> Result:
    """The size of a dimension."""
    return call.value("self").shape[int(call.number("dim"))]


def _moved(call: Call, arguments: Mapping[str, object]) -> Result:
    """Run the operation on the indices of its one value."""
    values = call.values()
    if len(values) != 1:
        raise call.refused()
    (value,) = values
    index = value.indices().contiguous()
    given = {name: index if part is value else part for name, part in arguments.items()}
    try:
        found = call.target(**given)
    except (RuntimeError, NotImplementedError) as error:
        raise call.refused() from error
    if isinstance(found, torch.Tensor):
        return Value(value.number, tuple(found.shape), found)
    return tuple(Value(value.number, tuple(part.shape), part) for part in found)
