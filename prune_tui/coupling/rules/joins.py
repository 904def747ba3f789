"""What joining and padding do to units: each stays where its part is put."""

from collections.abc import Sequence

import numpy as np

from prune_tui.coupling.call import Call, Rule
from prune_tui.coupling.labels import Axes, Axis


def joined(call: Call) -> Sequence[Axes]:
    """Tensors one after the other along a dimension; their other dimensions are coupled."""
    parts = [tensor for tensor in call.tensors("tensors") if tensor.dim() == call.outputs[0].dim()]
    dim = call.integer("dim") % call.outputs[0].dim()
    each = [call.known(tensor).axes for tensor in parts]
    sizes = [tensor.shape[dim] for tensor in parts]
    axes: list[Axis | None] = []
    for place, together in enumerate(zip(*each, strict=True)):
        axes.append(_along(call, together, sizes) if place == dim else call.ledger.tie(together))
    return [tuple(axes)]


def _along(call: Call, parts: Sequence[Axis | None], sizes: Sequence[int]) -> Axis | None:
    """Return the axes of parts one after the other; parts without units hold their place."""
    if all(part is None for part in parts):
        return None
    whole = [part or call.ledger.filler(size) for part, size in zip(parts, sizes, strict=True)]
    return Axis(
        np.concatenate([part.atoms for part in whole]), np.concatenate([part.is_zero for part in whole])
    )


def stacked(call: Call) -> Sequence[Axes]:
    """Tensors along a new dimension; all others are coupled."""
    each = [call.known(tensor).axes for tensor in call.tensors("tensors")]
    axes = [call.ledger.tie(together) for together in zip(*each, strict=True)]
    dim = call.integer("dim") % call.outputs[0].dim()
    return [(*axes[:dim], None, *axes[dim:])]


def padded(call: Call) -> Sequence[Axes]:
    """Constants before and after; `pad` counts from the last dimension, two numbers each."""
    axes, pad = list(call.axes("self")), call.integers("pad")
    for back, (before, after) in enumerate(zip(pad[::2], pad[1::2], strict=True), start=1):
        axis = axes[-back]
        if axis is None or (before, after) == (0, 0):
            continue
        if before < 0 or after < 0:
            call.ledger.pin(axis, "only some of its units are taken")
            axes[-back] = None
            continue
        is_zero = not call.arguments.get("value")
        parts = [
            call.ledger.filler(before, is_zero=is_zero),
            axis,
            call.ledger.filler(after, is_zero=is_zero),
        ]
        axes[-back] = _along(call, parts, [before, len(axis), after])
    return [tuple(axes)]


RULES: dict[str, Rule] = {"cat": joined, "stack": stacked, "constant_pad_nd": padded}
