"""What views do to units: dimensions are joined, split, moved and repeated."""

from collections.abc import Sequence
from itertools import accumulate
from math import prod

import numpy as np

from prune_tui.coupling.call import Call, Rule
from prune_tui.coupling.labels import Axes, Axis, Ledger

_SLICED = "only some of its units are taken"


def reshaped(call: Call) -> Sequence[Axes]:
    """The same values in another shape; dimensions are joined and split."""
    source = call.inputs[0]
    return [_reshaped(call.ledger, call.known(source).axes, source.shape, call.outputs[0].shape)]


def permuted(call: Call) -> Sequence[Axes]:
    """The same dimensions in another order."""
    axes = call.axes("self")
    order = list(range(len(axes)))
    if call.name == "permute":
        order = call.dims("dims", of=len(axes))
    elif len(axes) > 1:
        first, second = (call.integer(name, default=default) % len(axes) for name, default in _SWAPPED)
        order[first], order[second] = second, first
    return [tuple(axes[dim] for dim in order)]


_SWAPPED = (("dim0", 0), ("dim1", 1))


def restrided(call: Call) -> Sequence[Axes]:
    """The same tensor with other strides, as convolutions give dimensions of size 1."""
    output = call.outputs[0]
    before, after = call.strides_before, output.stride()
    assert call.tensor("self").shape == output.shape
    assert all(size == 1 or before[dim] == after[dim] for dim, size in enumerate(output.shape))
    return [call.axes("self")]


def expanded(call: Call) -> Sequence[Axes]:
    """Dimensions of size 1 are repeated, and new ones put before the others."""
    axes, shape = call.axes("self"), call.tensor("self").shape
    added = call.outputs[0].dim() - len(axes)
    return [
        (None,) * added + tuple(axis if size > 1 else None for axis, size in zip(axes, shape, strict=True))
    ]


def repeated(call: Call) -> Sequence[Axes]:
    """Whole dimensions one after the other; the copies of a unit are that unit."""
    axes, times = call.axes("self"), call.integers("repeats")
    own = (None,) * (len(times) - len(axes)) + axes
    return [
        tuple(
            axis and Axis(np.tile(axis.atoms, time), np.tile(axis.is_zero, time))
            for axis, time in zip(own, times, strict=True)
        )
    ]


def sliced(call: Call) -> Sequence[Axes]:
    """A part of a dimension; of units, all of them or none can be known to be meant."""
    axes = list(call.axes("self"))
    dim = call.integer("dim") % len(axes)
    size, taken = call.tensor("self").shape[dim], call.outputs[0].shape[dim]
    axis = axes[dim]
    if axis is not None and taken < size:
        call.ledger.pin(axis, _SLICED)
        start = call.integer("start")
        axes[dim] = axis.at(slice(start, None, call.integer("step", default=1))).at(slice(taken))
    return [tuple(axes)]


def selected(call: Call) -> Sequence[Axes]:
    """One position of a dimension, which goes; or, of `unbind`, each of them in turn."""
    axes = call.axes("self")
    dim = call.integer("dim") % len(axes)
    call.ledger.pin(axes[dim], _SLICED)
    return [axes[:dim] + axes[dim + 1 :]] * len(call.outputs)


def split(call: Call) -> Sequence[Axes]:
    """Parts of one dimension; of equal parts, units at the same place are coupled: they stay equal."""
    axes = call.axes("self")
    dim = call.integer("dim") % len(axes)
    axis = axes[dim]
    if axis is None:
        return [axes] * len(call.outputs)
    sizes = [output.shape[dim] for output in call.outputs]
    parts = [axis.at(slice(end - size, end)) for size, end in zip(sizes, accumulate(sizes), strict=True)]
    if len(set(sizes)) > 1:
        call.ledger.pin(axis, "its units are split into unequal parts")
    else:
        for part in parts[1:]:
            call.ledger.tie_atoms(parts[0].atoms, part.atoms)
    return [(*axes[:dim], part, *axes[dim + 1 :]) for part in parts]


def _reshaped(ledger: Ledger, axes: Axes, shape: Sequence[int], target: Sequence[int]) -> Axes:
    """Match the dimensions of two shapes in blocks of equal size, and carry the units over in each block."""
    result: list[Axis | None] = [None] * len(target)
    if prod(shape) == 0:
        return tuple(result)
    old = [dim for dim, size in enumerate(shape) if size > 1]
    new = [dim for dim, size in enumerate(target) if size > 1]
    while old:
        block, into = [old.pop(0)], [new.pop(0)]
        while (before := prod(shape[dim] for dim in block)) != (after := prod(target[dim] for dim in into)):
            if before < after:
                block.append(old.pop(0))
            else:
                into.append(new.pop(0))
        joined = _joined(ledger, [axes[dim] for dim in block], [shape[dim] for dim in block])
        if joined is not None:
            dim, axis = _parted(ledger, joined, [target[dim] for dim in into])
            result[into[dim]] = axis
    return tuple(result)


def _joined(ledger: Ledger, axes: Sequence[Axis | None], sizes: Sequence[int]) -> Axis | None:
    """Return dimensions as one; at most one of them may carry units."""
    known = [dim for dim, axis in enumerate(axes) if axis is not None]
    if len(known) > 1:
        for axis in axes:
            ledger.pin(axis, "its units are joined with others in one dimension")
    if len(known) != 1:
        return None
    axis = axes[known[0]]
    assert axis is not None
    shape = [size if dim == known[0] else 1 for dim, size in enumerate(sizes)]
    return Axis(
        np.broadcast_to(axis.atoms.reshape(shape), sizes).reshape(-1),
        np.broadcast_to(axis.is_zero.reshape(shape), sizes).reshape(-1),
    )


def _parted(ledger: Ledger, axis: Axis, sizes: Sequence[int]) -> tuple[int, Axis]:
    """Split a dimension; return the one of the parts that carries the units, and its axis.

    That is the part along which alone they differ. If they differ along several, the largest of these carries
    them, and those at the same place of the others are coupled: the channels of a group, or of a head.
    """
    by_size = sorted(range(len(sizes)), key=lambda dim: -sizes[dim])
    for dim in by_size:
        atoms = np.moveaxis(axis.atoms.reshape(sizes), dim, 0).reshape(sizes[dim], -1)
        if (atoms == atoms[:, :1]).all():
            break
    else:
        dim = by_size[0]
        atoms = np.moveaxis(axis.atoms.reshape(sizes), dim, 0).reshape(sizes[dim], -1)
        ledger.tie_atoms(np.broadcast_to(atoms[:, :1], atoms.shape), atoms)
    is_zero = np.moveaxis(axis.is_zero.reshape(sizes), dim, 0).reshape(sizes[dim], -1)
    return dim, Axis(atoms[:, 0], np.logical_and.reduce(is_zero, axis=1))


RULES: dict[str, Rule] = {
    **dict.fromkeys(
        ("_reshape_alias", "_unsafe_view", "reshape", "squeeze", "unsqueeze", "view", "view_copy"), reshaped
    ),
    **dict.fromkeys(("permute", "t", "transpose"), permuted),
    **dict.fromkeys(("select", "unbind"), selected),
    **dict.fromkeys(("split", "split_with_sizes", "unsafe_split", "unsafe_split_with_sizes"), split),
    "as_strided": restrided,
    "expand": expanded,
    "repeat": repeated,
    "slice": sliced,
}
