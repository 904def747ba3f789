"""Writes what is no convolution: loops over channels, rows and neighbouring elements."""

from collections.abc import Sequence
from typing import assert_never

import numpy as np

from prune_tui.native.layout import Place
from prune_tui.native.program import (
    Activation,
    AdaptiveMean,
    Affine,
    Concatenation,
    Convolution,
    Elementwise,
    Node,
    Pooling,
    Reshape,
    Selection,
    Softmax,
)
from prune_tui.native.source.activations import activated
from prune_tui.native.source.constants import Constants
from prune_tui.native.source.places import at
from prune_tui.native.source.pooling import adaptive_lines, pooling_lines

_SIGNS = {"add": "+", "subtract": "-", "multiply": "*"}


def other_lines(
    node: Node, name: str, sources: Sequence[Place], target: Place, side: str, constants: Constants
) -> list[str]:
    """Return the statements of a node that is no convolution; `side` is how many examples lie side by side.

    They find the memory in `m`, and leave the halo of the result alone.
    """
    operation = node.operation
    match operation:
        case Activation():
            return _rowwise(sources[:1], target, side, activated(node.then, activated(operation, "a[i]")))
        case Affine():
            scale = constants.add(f"{name}_scale", operation.scale)
            shift = constants.add(f"{name}_shift", operation.shift)
            value = f"a[i] * {scale}[c] + {shift}[c]"
            return _rowwise(sources[:1], target, side, activated(node.then, value))
        case Elementwise():
            other = "b[i]" if sources[1].shape == target.shape else _repeated(side)
            value = activated(node.then, f"a[i] {_SIGNS[operation.kind]} {other}")
            return _rowwise(sources, target, side, value)
        case Reshape():
            return _reshaped(sources[0], target, side, node)
        case Concatenation():
            lines, first = list[str](), 0
            for source in sources:
                lines += ["{", *_rowwise([source], target, side, activated(node.then, "a[i]"), first), "}"]
                first += source.shape.channels
            return lines
        case Selection():
            return _selected(node, operation, name, sources[0], target, side, constants)
        case Pooling():
            return pooling_lines(node, operation, name, sources[0], target, side, constants)
        case AdaptiveMean():
            return adaptive_lines(node, sources[0], target, side)
        case Softmax():
            return _softmax(operation, sources[0], target, side)
        case Convolution():
            raise AssertionError("convolutions are written elsewhere")
        case _:
            assert_never(operation)


def _repeated(side: str) -> str:
    """Return the element of a value that holds for all of a channel."""
    return "b[0]" if side == "1" else "b[i % LANES]"


def _rowwise(
    sources: Sequence[Place], target: Place, side: str, value: str, first_channel: int = 0
) -> list[str]:
    """Return the loops that set each element to an expression of `a[i]`, `b[i]` and the channel `c`."""
    shape = sources[0].shape
    rows = [("a", sources[0])] + [("b", source) for source in sources[1:]]
    lines = [
        f"for (int c = 0; c < {shape.channels}; c++)",
        f"    for (int r = 0; r < {shape.rows}; r++) {{",
    ]
    for name, source in rows:
        row = "r" if source.shape.rows == shape.rows else "0"
        lines.append(f"        const float *restrict {name} = {at(source, side, 'c', row)};")
    channel = f"c + {first_channel}" if first_channel else "c"
    lines += [
        f"        float *restrict y = {at(target, side, channel, 'r')};",
        f"        for (int i = 0; i < {shape.columns} * {side}; i++)",
        f"            y[i] = {value};",
        "    }",
    ]
    return lines


def _reshaped(source: Place, target: Place, side: str, node: Node) -> list[str]:
    """Return the loops that copy elements in order, between places of other shapes or halos."""
    rows, columns = source.shape.rows, source.shape.columns
    other = target.shape
    plane = other.rows * other.columns
    inside = (
        f"(size_t)(k / {plane}) * {target.plane} + (size_t)(k % {plane} / {other.columns}) * {target.pitch}"
    )
    return [
        f"for (int c = 0; c < {source.shape.channels}; c++)",
        f"    for (int r = 0; r < {rows}; r++) {{",
        f"        const float *restrict a = {at(source, side, 'c', 'r')};",
        f"        for (int x = 0; x < {columns}; x++) {{",
        f"            const int k = (c * {rows} + r) * {columns} + x;",
        f"            float *restrict y = m + ({inside} + (size_t)(k % {other.columns} + "
        f"{target.offset + target.inside})) * {side};",
        f"            for (int i = 0; i < {side}; i++)",
        f"                y[i] = {activated(node.then, f'a[x * {side} + i]')};",
        "        }",
        "    }",
    ]


def _selected(
    node: Node, selection: Selection, name: str, source: Place, target: Place, side: str, constants: Constants
) -> list[str]:
    """Return the loops that pick elements, and set those that are not there to zero."""
    rows, columns = source.shape.rows, source.shape.columns
    # A channel that is not there becomes one past the last: indices have no sign.
    channels = np.where(selection.channels < 0, source.shape.channels, selection.channels)
    listed = constants.add(f"{name}_channel", channels)
    return [
        f"for (int c = 0; c < {target.shape.channels}; c++)",
        f"    for (int r = 0; r < {target.shape.rows}; r++) {{",
        f"        const int channel = {listed}[c], row = {selection.row} + r * ({selection.row_step});",
        f"        const int is_there = channel < {source.shape.channels} && row >= 0 && row < {rows};",
        f"        float *restrict y = {at(target, side, 'c', 'r')};",
        f"        for (int x = 0; x < {target.shape.columns}; x++) {{",
        f"            const int column = {selection.column} + x * ({selection.column_step});",
        f"            if (is_there && column >= 0 && column < {columns}) {{",
        f"                const float *restrict a = {at(source, side, 'channel', 'row')} + column * {side};",
        f"                for (int i = 0; i < {side}; i++)",
        f"                    y[x * {side} + i] = {activated(node.then, 'a[i]')};",
        "            } else {",
        f"                for (int i = 0; i < {side}; i++)",
        f"                    y[x * {side} + i] = {activated(node.then, '0.0f')};",
        "            }",
        "        }",
        "    }",
    ]


def _softmax(softmax: Softmax, source: Place, target: Place, side: str) -> list[str]:
    """Return the loops of a softmax over the channels; the largest is taken off first."""
    channels = source.shape.channels
    a, y = "a[c * {plane} * {side} + i]", "y[c * {plane} * {side} + i]"
    a, y = (text.format(plane=place.plane, side=side) for text, place in ((a, source), (y, target)))
    result = f"{a} - top - logf(sum)" if softmax.log else f"expf({a} - top) / sum"
    return [
        f"for (int r = 0; r < {source.shape.rows}; r++) {{",
        f"    const float *restrict a = {at(source, side, '0', 'r')};",
        f"    float *restrict y = {at(target, side, '0', 'r')};",
        f"    for (int i = 0; i < {source.shape.columns} * {side}; i++) {{",
        "        float top = -INFINITY, sum = 0.0f;",
        f"        for (int c = 0; c < {channels}; c++)",
        f"            top = {a} > top ? {a} : top;",
        f"        for (int c = 0; c < {channels}; c++)",
        f"            sum += expf({a} - top);",
        f"        for (int c = 0; c < {channels}; c++)",
        f"            {y} = {result};",
        "    }",
        "}",
    ]
