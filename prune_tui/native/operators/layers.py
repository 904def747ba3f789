"""Layers with weights: convolutions, linear layers and batch norm."""

import numpy as np
import torch

from prune_tui.native.operators.calls import Call, Result
from prune_tui.native.program import Affine, Convolution, Floats, Pair, Selection, Shape


def convolution(call: Call) -> Result:
    """A 2D convolution, or a 1D one as that of one row; padding by numbers, `same` or `valid`."""
    weight, bias = call.constant("weight"), call.constant("bias")
    value = call.value("input")
    if weight is None or len(value.shape) != weight.dim() or weight.dim() not in (3, 4):
        raise call.refused("only convolutions over one or two dimensions can")
    if weight.dim() == 3:
        weight = weight.unsqueeze(2)
    number = call.placed("input")
    stride, dilation = call.pair("stride", alone=1), call.pair("dilation", alone=1)
    kernel = (weight.shape[2], weight.shape[3])
    if call.arguments["padding"] == "same":
        number, padding = _padded_to_same(call, number, kernel, dilation)
    elif call.arguments["padding"] == "valid":
        padding = (0, 0)
    else:
        padding = call.pair("padding", alone=0)
    if bias is None:
        bias = torch.zeros(len(weight))
    (groups,) = call.integers("groups")
    operation = Convolution(floats(weight), floats(bias), stride, padding, dilation, groups)
    return _with_channels(call, operation, number)


def linear(call: Call) -> Result:
    """`linear(input, weight, bias)`, weight [out, in]."""
    weight = call.constant("weight")
    assert weight is not None
    return _linear(call, "input", weight, call.constant("bias"))


def product(call: Call) -> Result:
    """`mm(self, mat2)`, `matmul(self, other)`, `addmm(self, mat1, mat2)`: a linear layer of [in, out]."""
    names = {"mm": ("self", "mat2"), "matmul": ("self", "other"), "addmm": ("mat1", "mat2")}
    first, second = names[call.operation]
    weight = call.constant(second)
    if weight is None or weight.dim() != 2:
        raise call.refused("only products of vectors and a matrix of weights can")
    if call.operation != "addmm":
        return _linear(call, first, weight.T, None)
    if (call.number("alpha"), call.number("beta")) != (1, 1):
        raise call.refused("only a plain sum can")
    return _linear(call, first, weight.T, call.constant("self"))


def batch_norm(call: Call) -> Result:
    """x * scale + shift by the statistics that were kept; the first of several results, if there are."""
    mean, variance = call.constant("running_mean"), call.constant("running_var")
    if mean is None or variance is None or call.flag("training"):
        raise call.refused("it takes its statistics from each batch")
    weight, bias = call.constant("weight"), call.constant("bias")
    scale = (variance + call.number("eps")).rsqrt()
    scale = scale if weight is None else scale * weight
    shift = -mean * scale if bias is None else bias - mean * scale
    number = call.placed("input")
    # Of more than images, a channel is several of the program's.
    times = call.draft.shape_of(number).channels // len(scale)
    scale, shift = scale.repeat_interleave(times), shift.repeat_interleave(times)
    made = call.result(call.added(Affine(floats(scale), floats(shift)), number))
    return made if call.operation == "batch_norm" else (made,)


def floats(tensor: torch.Tensor) -> Floats:
    """Return a tensor as an array of float32 of its own."""
    array: Floats = np.array(tensor.detach().cpu().numpy(), dtype=np.float32)
    return array


def _padded_to_same(call: Call, number: int, kernel: Pair, dilation: Pair) -> tuple[int, Pair]:
    """Return the input and the padding on all sides; what is odd is one more at the end, as torch does it."""
    rows, columns = ((size - 1) * step for size, step in zip(kernel, dilation, strict=True))
    shape = call.draft.shape_of(number)
    if rows % 2 or columns % 2:
        larger = Shape(shape.channels, shape.rows + rows % 2, shape.columns + columns % 2)
        number = call.added(Selection(np.arange(shape.channels)), number, shape=larger)
    return number, (rows // 2, columns // 2)


def _linear(call: Call, name: str, weight: torch.Tensor, bias: torch.Tensor | None) -> Result:
    """A linear layer with a weight [out, in]."""
    if len(call.value(name).shape) != 2:
        raise call.refused("only linear layers over one vector an example can")
    bias = torch.zeros(len(weight)) if bias is None else bias.reshape(-1).expand(len(weight))
    operation = Convolution(floats(weight[:, :, None, None]), floats(bias))
    return _with_channels(call, operation, call.placed(name))


def _with_channels(call: Call, operation: Convolution, number: int) -> Result:
    """Add a convolution, whose result has the rows and columns that torch says."""
    rows, columns = (1, *call.shapes[0][2:])[-2:] if len(call.shapes[0]) > 2 else (1, 1)
    return call.result(call.added(operation, number, shape=Shape(len(operation.weight), rows, columns)))
