"""Writes pooling: rows of a window first, which lie side by side, then its columns."""

import numpy as np

from prune_tui.native.layout import Place
from prune_tui.native.program import Floats, Node, Pooling
from prune_tui.native.source.activations import activated
from prune_tui.native.source.constants import Constants, number
from prune_tui.native.source.places import at


def pooling_lines(
    node: Node, pooling: Pooling, name: str, source: Place, target: Place, side: str, constants: Constants
) -> list[str]:
    """Return the loops of a pooling: a window's rows are joined into `t`, with padding at both ends."""
    shape, (rows, columns) = target.shape, pooling.kernel
    is_max = pooling.kind == "max"
    if _is_inside(pooling, source, target):
        return _inside_lines(node, pooling, source, target, side)
    empty = "-INFINITY" if is_max else "0.0f"
    left = pooling.padding[1]
    last = (shape.columns - 1) * pooling.stride[1] + (columns - 1) * pooling.dilation[1] + 1
    width = max(last, left + source.shape.columns)
    joined = "t[i] = a[i] > t[i] ? a[i] : t[i];" if is_max else "t[i] += a[i];"
    step, top = f"x * {pooling.stride[1]}", f"r * {pooling.stride[0]} - {pooling.padding[0]}"
    lines = [
        f"float buffer[{width} * {side}];",
        f"for (int i = 0; i < {width} * {side}; i++)",
        f"    buffer[i] = {empty};",
        f"float *const t = buffer + {left} * {side};",
        f"for (int c = 0; c < {shape.channels}; c++)",
        f"    for (int r = 0; r < {shape.rows}; r++) {{",
        f"        float *restrict y = {at(target, side, 'c', 'r')};",
        f"        for (int i = 0; i < {source.shape.columns} * {side}; i++)",
        f"            t[i] = {empty};",
        f"        for (int k = 0; k < {rows}; k++) {{",
        f"            const int row = {top} + k * {pooling.dilation[0]};",
        f"            if (row < 0 || row >= {source.shape.rows})",
        "                continue;",
        f"            const float *restrict a = {at(source, side, 'c', 'row')};",
        f"            for (int i = 0; i < {source.shape.columns} * {side}; i++)",
        f"                {joined}",
        "        }",
        f"        for (int x = 0; x < {shape.columns}; x++)",
        f"            for (int i = 0; i < {side}; i++) {{",
        f"                float total = buffer[{step} * {side} + i];",
        f"                for (int k = 1; k < {columns}; k++) {{",
        f"                    const float next = buffer[({step} + k * {pooling.dilation[1]}) * {side} + i];",
        "                    total = " + ("next > total ? next : total;" if is_max else "total + next;"),
        "                }",
    ]
    value = "total"
    if not is_max:
        down, across = (
            constants.add(f"{name}_{axis}_share", _shares(pooling, index, size, outputs))
            for axis, index, size, outputs in (
                ("row", 0, source.shape.rows, shape.rows),
                ("column", 1, source.shape.columns, shape.columns),
            )
        )
        value = f"total * ({down}[r] * {across}[x])"
    return [
        *lines,
        f"                y[x * {side} + i] = {activated(node.then, value)};",
        "            }",
        "    }",
    ]


def _is_inside(pooling: Pooling, source: Place, target: Place) -> bool:
    """Say whether no window reaches beyond the input."""
    return pooling.padding == (0, 0) and all(
        (outputs - 1) * stride + (kernel - 1) * dilation < size
        for outputs, size, kernel, stride, dilation in (
            (target.shape.rows, source.shape.rows, pooling.kernel[0], pooling.stride[0], pooling.dilation[0]),
            (
                target.shape.columns,
                source.shape.columns,
                pooling.kernel[1],
                pooling.stride[1],
                pooling.dilation[1],
            ),
        )
    )


def _inside_lines(node: Node, pooling: Pooling, source: Place, target: Place, side: str) -> list[str]:
    """Return the loops of a pooling whose windows are all inside the input."""
    (rows, columns), (across, apart) = pooling.kernel, (pooling.stride[1], pooling.dilation[1])
    elements = [
        f"a{k}[(x * {across} + {j * apart}) * {side} + i]" for k in range(rows) for j in range(columns)
    ]
    joined = [f"float total = {elements[0]};"]
    for element in elements[1:]:
        is_max = pooling.kind == "max"
        joined.append(f"total = {element} > total ? {element} : total;" if is_max else f"total += {element};")
    share = number(1 / (rows * columns))
    value = "total" if pooling.kind == "max" else f"total * {share}"
    return [
        f"for (int c = 0; c < {target.shape.channels}; c++)",
        f"    for (int r = 0; r < {target.shape.rows}; r++) {{",
        *(
            f"        const float *restrict a{k} = "
            f"{at(source, side, 'c', f'r * {pooling.stride[0]} + {k * pooling.dilation[0]}')};"
            for k in range(rows)
        ),
        f"        float *restrict y = {at(target, side, 'c', 'r')};",
        f"        for (int x = 0; x < {target.shape.columns}; x++)",
        f"            for (int i = 0; i < {side}; i++) {{",
        *("                " + line for line in joined),
        f"                y[x * {side} + i] = {activated(node.then, value)};",
        "            }",
        "    }",
    ]


def _shares(pooling: Pooling, axis: int, size: int, outputs: int) -> Floats:
    """Return 1 / the number of rows (or columns) of each window that count."""
    kernel, stride, padding = pooling.kernel[axis], pooling.stride[axis], pooling.padding[axis]
    first = np.arange(outputs) * stride - padding
    end = np.minimum(first + kernel, size + padding)
    if not pooling.counts_padding:
        first, end = np.maximum(first, 0), np.minimum(end, size)
    return (1.0 / (end - first)).astype(np.float32)


def adaptive_lines(node: Node, source: Place, target: Place, side: str) -> list[str]:
    """Return the loops of an adaptive mean."""
    (rows, columns), (height, width) = ((shape.rows, shape.columns) for shape in (target.shape, source.shape))
    return [
        f"for (int c = 0; c < {target.shape.channels}; c++)",
        f"    for (int r = 0; r < {rows}; r++)",
        f"        for (int x = 0; x < {columns}; x++) {{",
        f"            const int top = r * {height} / {rows};",
        f"            const int bottom = ((r + 1) * {height} + {rows - 1}) / {rows};",
        f"            const int left = x * {width} / {columns};",
        f"            const int right = ((x + 1) * {width} + {columns - 1}) / {columns};",
        "            const float share = 1.0f / (float)((bottom - top) * (right - left));",
        f"            float total[{side}] = {{0}};",
        "            for (int row = top; row < bottom; row++) {",
        f"                const float *restrict a = {at(source, side, 'c', 'row')};",
        "                for (int column = left; column < right; column++)",
        f"                    for (int i = 0; i < {side}; i++)",
        f"                        total[i] += a[column * {side} + i];",
        "            }",
        f"            float *restrict y = {at(target, side, 'c', 'r')} + x * {side};",
        f"            for (int i = 0; i < {side}; i++)",
        f"                y[i] = {activated(node.then, 'total[i] * share')};",
        "        }",
    ]
