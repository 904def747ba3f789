"""Activations as C: an expression for one number, and statements for a vector."""

from math import isinf
from typing import assert_never

from prune_tui.native.program import Activation
from prune_tui.native.source.constants import number


def activated(then: Activation | None, expression: str) -> str:
    """Return an expression of C: the activation of a number."""
    if then is None:
        return expression
    match then.kind:
        case "clamp":
            return f"clamp({expression}, {number(then.low)}, {number(then.high)})"
        case "leaky" | "elu":
            return f"{then.kind}({expression}, {number(then.slope)})"
        case "tanh":
            return f"hyperbolic_tangent({expression})"
        case "silu":
            return f"silu({expression})"
        case "sigmoid" | "hardsigmoid" | "hardswish" | "gelu" | "gelu_tanh":
            return f"{then.kind}({expression})"
        case _:
            assert_never(then.kind)


def activating(then: Activation | None, name: str, vector: str) -> list[str]:
    """Return statements that put an accumulator through the activation; `vector` is its type."""
    if then is None:
        return []
    if vector == "float":
        return [f"{name} = {activated(then, name)};"]
    if then.kind == "clamp":
        lines = []
        if not isinf(then.low):
            lines.append(f"{name} = AT_LEAST({vector}, {name}, {number(then.low)});")
        if not isinf(then.high):
            lines.append(f"{name} = AT_MOST({vector}, {name}, {number(then.high)});")
        return lines
    one = activated(then, f"{name}[l]")
    return [f"for (unsigned l = 0; l < sizeof {name} / sizeof(float); l++) {name}[l] = {one};"]
