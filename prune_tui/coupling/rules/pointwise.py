"""What operations on single elements do to units: positions that meet are coupled."""

from collections.abc import Sequence

import numpy as np
import torch

from prune_tui.coupling.call import Call, Rule
from prune_tui.coupling.labels import Axes, Axis

_KEEPS_ZERO_OF_ANY = ("mul",)
_KEEPS_ZERO_OF_THE_FIRST = ("_prelu_kernel", "div", "floor_divide")


def pointwise(call: Call) -> Sequence[Axes]:
    """Tie the operands' axes, aligned at the last dimension; an operand of size 1 is repeated along it."""
    output = call.outputs[0]
    operands = [(tensor, call.known(tensor).axes) for tensor in call.inputs]
    maps_zero_to_zero = _maps_zero_to_zero(call)
    axes: list[Axis | None] = []
    for back in range(output.dim(), 0, -1):
        wide = [
            own[-back]
            for tensor, own in operands
            if tensor.dim() >= back and (tensor.shape[-back] > 1 or output.shape[-back] == 1)
        ]
        first = operands[0][1][-back] if operands[0][0].dim() >= back else None
        tied = call.ledger.tie(wide) if output.shape[-back] > 1 else None
        if tied is not None and all(axis is not None for axis in wide):
            known = [axis.is_zero for axis in wide if axis is not None]
            if call.name in _KEEPS_ZERO_OF_ANY:
                tied = tied.where(np.logical_or.reduce(known))
            elif call.name in _KEEPS_ZERO_OF_THE_FIRST:
                tied = tied.where(False if first is None else first.is_zero)
            elif not maps_zero_to_zero or len(wide) < len(operands):
                tied = tied.where(False)
        axes.append(tied)
    return [tuple(axes)]


def gated(call: Call) -> Sequence[Axes]:
    """The first half of a dimension times the sigmoid of the second; units at the same place are coupled."""
    axes = list(call.axes("self"))
    dim = call.integer("dim", default=-1) % len(axes)
    axis = axes[dim]
    if axis is not None:
        first, second = axis.at(slice(len(axis) // 2)), axis.at(slice(len(axis) // 2, None))
        call.ledger.tie_atoms(first.atoms, second.atoms)
        axes[dim] = first
    return [tuple(axes)]


def like(call: Call) -> Sequence[Axes]:
    """A new tensor with the shape of another."""
    is_zero = call.name == "zeros_like"
    axes = call.known(call.inputs[0]).axes
    return [tuple(axis and axis.where(is_zero) for axis in axes)]


def _maps_zero_to_zero(call: Call) -> bool:
    """Return whether the operation gives 0 for zeros, by trying it."""
    arguments = {
        name: torch.zeros((), dtype=value.dtype) if isinstance(value, torch.Tensor) else value
        for name, value in call.arguments.items()
    }
    schema = call.operation._schema.arguments
    positional = [arguments[argument.name] for argument in schema if not argument.kwarg_only]
    named = {
        argument.name: arguments[argument.name]
        for argument in schema
        if argument.kwarg_only and argument.name not in ("device", "out")
    }
    try:
        result = call.operation(*positional, **named)
    except (RuntimeError, TypeError):
        return False
    return isinstance(result, torch.Tensor) and not bool(result.any())


RULES: dict[str, Rule] = {
    **dict.fromkeys(
        (
            "_prelu_kernel",
            "_to_copy",
            "alias",
            "clone",
            "copy",
            "detach",
            "hardswish",
            "lift_fresh",
            "lift_fresh_copy",
        ),
        pointwise,
    ),
    **dict.fromkeys(
        ("empty_like", "full_like", "ones_like", "rand_like", "randn_like", "zeros_like"),
        like,
    ),
    "glu": gated,
}
"""Besides these, every operation that torch itself marks as pointwise."""
