"""Runs a program by torch, as its operations are described: what others are compared with."""

from typing import assert_never

import torch
from torch.nn import functional as F

from prune_tui.native.program import (
    Activation,
    AdaptiveMean,
    Affine,
    Concatenation,
    Convolution,
    Elementwise,
    Node,
    Pooling,
    Program,
    Reshape,
    Selection,
    Shape,
    Softmax,
)


def interpreted(program: Program, inputs: torch.Tensor) -> torch.Tensor:
    """Inputs [N, …] → outputs [N, channels, rows, columns]."""
    values = [inputs.reshape(len(inputs), *_sizes(program.input))]
    for node in program.nodes:
        assert all(number < len(values) for number in node.inputs)
        made = _made(node, [values[number] for number in node.inputs])
        made = made if node.then is None else _activated(node.then, made)
        assert made.shape[1:] == _sizes(node.shape), (node.name, node.operation, made.shape, node.shape)
        values.append(made)
    return values[-1]


def _sizes(shape: Shape) -> tuple[int, int, int]:
    return shape.channels, shape.rows, shape.columns


def _made(node: Node, given: list[torch.Tensor]) -> torch.Tensor:
    value, operation = given[0], node.operation
    match operation:
        case Convolution(weight, bias, stride, padding, dilation, groups):
            weights, biases = torch.from_numpy(weight), torch.from_numpy(bias)
            made = F.conv2d(value, weights, biases, stride, padding, dilation, groups)
            assert len(given) == 1 or given[1].shape == made.shape
            return made if len(given) == 1 else made + given[1]
        case Affine(scale, shift):
            assert scale.shape == shift.shape == (value.shape[1],)
            return value * torch.from_numpy(scale)[:, None, None] + torch.from_numpy(shift)[:, None, None]
        case Pooling():
            return _pooled(operation, value, node.shape)
        case AdaptiveMean():
            return F.adaptive_avg_pool2d(value, (node.shape.rows, node.shape.columns))
        case Elementwise(kind):
            other = given[1]
            assert other.shape in (value.shape, (*value.shape[:2], 1, 1))
            return {"add": value + other, "subtract": value - other, "multiply": value * other}[kind]
        case Concatenation():
            return torch.cat(given, 1)
        case Selection():
            return _selected(operation, value, node.shape)
        case Reshape():
            return value.reshape(len(value), *_sizes(node.shape))
        case Softmax(log):
            return F.log_softmax(value, 1) if log else F.softmax(value, 1)
        case Activation():
            return _activated(operation, value)
        case _:
            assert_never(operation)


def _pooled(pooling: Pooling, value: torch.Tensor, shape: Shape) -> torch.Tensor:
    """Each window by itself, over values that are padded far enough; what counts is 1 beside them."""
    (kernel_rows, kernel_columns), (top, left) = pooling.kernel, pooling.padding
    outside = -torch.inf if pooling.kind == "max" else 0.0
    far = (0, kernel_columns * pooling.dilation[1], 0, kernel_rows * pooling.dilation[0])
    around = (left, left, top, top)
    padded = F.pad(F.pad(value, around, value=outside), far, value=outside)
    counts = F.pad(F.pad(torch.ones_like(value), around, value=float(pooling.counts_padding)), far)
    rows = torch.arange(shape.rows)[:, None] * pooling.stride[0]
    columns = torch.arange(shape.columns) * pooling.stride[1]
    places = [
        (rows + row * pooling.dilation[0], columns + column * pooling.dilation[1])
        for row in range(kernel_rows)
        for column in range(kernel_columns)
    ]
    windows = torch.stack([padded[:, :, row, column] for row, column in places])
    if pooling.kind == "max":
        return windows.amax(0)
    return windows.sum(0) / torch.stack([counts[:, :, row, column] for row, column in places]).sum(0)


def _selected(selection: Selection, value: torch.Tensor, shape: Shape) -> torch.Tensor:
    _, channels, rows, columns = value.shape
    y = selection.row + selection.row_step * torch.arange(shape.rows)
    x = selection.column + selection.column_step * torch.arange(shape.columns)
    c = torch.from_numpy(selection.channels)
    assert len(c) == shape.channels
    assert int(c.max()) < channels
    there = ((c >= 0)[:, None, None]) & ((y >= 0) & (y < rows))[:, None] & ((x >= 0) & (x < columns))
    chosen = value[:, c.clamp(min=0)][:, :, y.clamp(0, rows - 1)][:, :, :, x.clamp(0, columns - 1)]
    return torch.where(there, chosen, torch.zeros(()))


def _activated(activation: Activation, value: torch.Tensor) -> torch.Tensor:
    match activation.kind:
        case "clamp":
            return value.clamp(activation.low, activation.high)
        case "leaky":
            return F.leaky_relu(value, activation.slope)
        case "elu":
            return F.elu(value, activation.slope)
        case "sigmoid":
            return value.sigmoid()
        case "hardsigmoid":
            return F.hardsigmoid(value)
        case "silu":
            return F.silu(value)
        case "hardswish":
            return F.hardswish(value)
        case "gelu":
            return F.gelu(value)
        case "gelu_tanh":
            return F.gelu(value, approximate="tanh")
        case "tanh":
            return value.tanh()
        case _:
            assert_never(activation.kind)
