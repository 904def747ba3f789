"""What convolutions and matrix products do to units: they read those of one tensor and compute new ones."""

from collections.abc import Sequence
from math import prod

import numpy as np

from prune_tui.coupling.call import Call, Rule
from prune_tui.coupling.labels import Axes, Axis, Ledger

_ATTENTION = "its units are multiplied with each other, as in attention"


def convolved(call: Call) -> Sequence[Axes]:
    """Units come out of the weight's rows; its columns read those of the input, or their group does."""
    ledger, groups = call.ledger, call.integer("groups", default=1)
    batch, channels = call.axes("input")[:2]
    num_spatial = call.outputs[0].dim() - 2
    rows, columns = call.axes("weight")[:2]
    if call.arguments.get("transposed"):
        rows, columns = columns, rows
    bias = call.only_axis("bias")
    if groups == 1:
        ledger.contract(channels, columns)
        units = rows
    elif not call.arguments.get("transposed"):
        units = _grouped(ledger, channels, rows, groups)
    else:
        for axis in (channels, rows, columns):
            ledger.pin(axis, "its transposed convolution is grouped")
        units = rows
    return [(batch, _plus(ledger, units, bias, has_bias=call.has("bias")), *(None,) * num_spatial)]


def _grouped(ledger: Ledger, channels: Axis | None, rows: Axis | None, groups: int) -> Axis | None:
    """Tie the channels that a group reads to each other, and to the rows that read them."""
    if channels is None or rows is None:
        return ledger.tie([channels, rows])
    read, computed = channels.atoms.reshape(groups, -1), rows.atoms.reshape(groups, -1)
    for atoms in (read, computed):
        ledger.tie_atoms(np.broadcast_to(read[:, :1], atoms.shape), atoms)
    return rows


def multiplied(call: Call) -> Sequence[Axes]:
    """A product of matrices, or of batches of them, with something added for `addmm` and `baddbmm`."""
    left, right = _FACTORS[call.name]
    first, second = call.known(call.tensor(left)), call.known(call.tensor(right))
    first_axes, second_axes = first.axes, second.axes
    if call.name == "linear":
        second_axes = second_axes[::-1]
    if first.is_weight == second.is_weight:
        for axis in (first_axes[-1], second_axes[-2]):
            call.ledger.pin(axis, _ATTENTION)
        call.ledger.tie([first_axes[-1], second_axes[-2]])
    elif second.is_weight:
        call.ledger.contract(first_axes[-1], second_axes[-2])
    else:
        call.ledger.contract(second_axes[-2], first_axes[-1])
    batch = [call.ledger.tie(axes) for axes in zip(first_axes[:-2], second_axes[:-2], strict=False)]
    if call.name == "linear":
        batch = list(first_axes[:-2])
    rows, columns = first_axes[-2], second_axes[-1]
    added = next((name for name in ("bias", "self") if name in call.arguments and name != left), None)
    if added is not None and call.has(added):
        axes = call.axes(added)
        columns = _plus(call.ledger, columns, axes[-1], has_bias=call.tensor(added).shape[-1] > 1)
        is_matrix = len(axes) > 1 and call.tensor(added).shape[-2] > 1
        rows = _plus(call.ledger, rows, axes[-2] if is_matrix else None, has_bias=is_matrix)
        if not is_matrix and rows is not None:
            rows = rows.where(False)
    return [(*batch, rows, columns)]


_FACTORS = {
    "mm": ("self", "mat2"),
    "addmm": ("mat1", "mat2"),
    "bmm": ("self", "mat2"),
    "baddbmm": ("batch1", "batch2"),
    "linear": ("input", "weight"),
}


def product_of(call: Call) -> tuple[str | None, int, Axes] | None:
    """Return the weight of a product, its multiply-adds, and the dimensions that these are proportional to.

    The weight is None for a product of activations; None for what is no product.
    """
    if call.name == "convolution":
        weight = call.tensor("weight")
        image = call.tensor("input") if call.arguments.get("transposed") else call.outputs[0]
        macs = weight.numel() * len(image) * prod(image.shape[2:])
        return call.known(weight).source, macs, (call.axes("input")[0], *call.axes("weight")[:2])
    if call.name not in _FACTORS:
        return None
    left, right = (call.tensor(name) for name in _FACTORS[call.name])
    known = [call.known(left), call.known(right)]
    if call.name == "linear":
        axes = (*known[0].axes, known[1].axes[0])
        return known[1].source, left.numel() * len(right), axes
    macs = left.numel() * right.shape[-1]
    source = next((each.source for each in known if each.is_weight), None)
    batch = [one or other for one, other in zip(known[0].axes[:-2], known[1].axes[:-2], strict=True)]
    return source, macs, (*batch, *known[0].axes[-2:], known[1].axes[-1])


def _plus(ledger: Ledger, axis: Axis | None, bias: Axis | None, *, has_bias: bool) -> Axis | None:
    return ledger.tie([axis, bias]) if has_bias else axis


RULES: dict[str, Rule] = {"convolution": convolved, **dict.fromkeys(_FACTORS, multiplied)}
