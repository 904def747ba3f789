"""Functions of each element, and softmax."""

import math

import numpy as np
import torch

from prune_tui.native.operators.calls import Call, Result
from prune_tui.native.operators.layers import floats
from prune_tui.native.program import Activation, ActivationKind, Affine, Elementwise, Shape, Softmax

_PLAIN: dict[str, ActivationKind] = {
    "sigmoid": "sigmoid",
    "hardsigmoid": "hardsigmoid",
    "silu": "silu",
    "hardswish": "hardswish",
    "tanh": "tanh",
}

# `selu` is elu(x, alpha) * scale (Klambauer et al. 2017).
_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772, 1.0507009873554805


def plain(call: Call) -> Result:
    """A function without settings."""
    return _activated(call, Activation(_PLAIN[call.operation]))


def clamp(call: Call) -> Result:
    """ReLU, ReLU6, and limits by number."""
    match call.operation:
        case "relu":
            low, high = 0.0, math.inf
        case "relu6":
            low, high = 0.0, 6.0
        case "hardtanh":
            low, high = call.number("min_val"), call.number("max_val")
        case _:
            low, high = call.number("min", -math.inf), call.number("max", math.inf)
    return _activated(call, Activation("clamp", low, high))


def gelu(call: Call) -> Result:
    """With the error function, or near it by tanh."""
    return _activated(call, Activation("gelu_tanh" if call.arguments["approximate"] == "tanh" else "gelu"))


def leaky_relu(call: Call) -> Result:
    """x above 0, else slope * x."""
    return _activated(call, Activation("leaky", slope=call.number("negative_slope")))


def prelu(call: Call) -> Result:
    """max(x, 0) + slope * min(x, 0), with a slope a channel or one for all."""
    slopes = call.constant("weight")
    assert slopes is not None
    if slopes.numel() == 1:
        return _activated(call, Activation("leaky", slope=float(slopes)))
    number = call.placed("self")
    above = call.added(Activation("clamp"), number)
    below = call.added(Activation("clamp", -math.inf, 0.0), number)
    slopes = slopes.reshape(-1).repeat_interleave(call.draft.shape_of(number).channels // slopes.numel())
    scaled = call.added(Affine(floats(slopes), floats(torch.zeros_like(slopes))), below)
    return call.result(call.added(Elementwise("add"), above, scaled))


def elu(call: Call) -> Result:
    """`elu`, `celu` and `selu`: scale * x above 0, else scale * alpha * (exp(input_scale * x) - 1)."""
    alpha, scale, inner = 1.0, 1.0, 1.0
    match call.operation:
        case "elu":
            alpha, scale, inner = (call.number(name) for name in ("alpha", "scale", "input_scale"))
        case "celu":
            alpha = call.number("alpha")
            inner = 1 / alpha
        case _:
            alpha, scale = _SELU_ALPHA, _SELU_SCALE
    number = _scaled(call, call.placed("self"), inner)
    number = call.added(Activation("elu", slope=alpha * inner), number)
    return call.result(_scaled(call, number, scale / inner))


def softmax(call: Call) -> Result:
    """`softmax` and `log_softmax` over the channels."""
    value = call.value("self")
    rank = len(value.shape)
    if int(call.number("dim")) % rank != 1 or rank > 4:
        raise call.refused("only over the channels can it be")
    return call.result(call.added(Softmax(log=call.operation == "log_softmax"), call.placed("self")))


def _activated(call: Call, activation: Activation) -> Result:
    return call.result(call.added(activation, call.placed("self")))


def _scaled(call: Call, number: int, factor: float) -> int:
    """Return a value times a number."""
    shape: Shape = call.draft.shape_of(number)
    if factor == 1:
        return number
    scale, shift = np.full(shape.channels, factor, np.float32), np.zeros(shape.channels, np.float32)
    return call.added(Affine(scale, shift), number)
