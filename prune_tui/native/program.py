"""A network as the few operations that are written as C: each node makes one value of earlier ones."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float32]
Ints: TypeAlias = npt.NDArray[np.int64]
Pair: TypeAlias = tuple[int, int]
"""Rows first, then columns."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The shape of a value for one example; a vector has one row and one column."""

    channels: int
    rows: int = 1
    columns: int = 1

    @property
    def size(self) -> int:
        return self.channels * self.rows * self.columns


ActivationKind: TypeAlias = Literal[
    "clamp", "leaky", "elu", "sigmoid", "hardsigmoid", "silu", "hardswish", "gelu", "gelu_tanh", "tanh"
]


@dataclass(frozen=True, slots=True)
class Activation:
    """A function of each element.

    `clamp` keeps it within `low` and `high` (ReLU: 0 and infinity; ReLU6: 0 and 6). `leaky` and `elu` use
    `slope`, the factor of what is below 0.
    """

    kind: ActivationKind
    low: float = 0.0
    high: float = float("inf")
    slope: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Convolution:
    """A 2D convolution; a linear layer is one with a 1x1 kernel on a vector.

    `weight` has the shape (channels out, channels in / groups, kernel rows, kernel columns), `bias` (channels
    out,). Padding is with zeros, the same on both sides. A node of it has one input, or a second one of the
    node's shape that is added before the activation.
    """

    weight: Floats
    bias: Floats
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)
    dilation: Pair = (1, 1)
    groups: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Affine:
    """x * scale + shift, both of shape (channels,)."""

    scale: Floats
    shift: Floats


@dataclass(frozen=True, slots=True)
class Pooling:
    """The maximum or the mean of windows.

    What lies outside counts as no element for a maximum. A mean divides by the window's elements, those
    outside with them if `counts_padding`; those beyond the padding, which rounding up adds, never count.
    """

    kind: Literal["max", "mean"]
    kernel: Pair
    stride: Pair
    padding: Pair = (0, 0)
    dilation: Pair = (1, 1)
    counts_padding: bool = True


@dataclass(frozen=True, slots=True)
class AdaptiveMean:
    """The mean of windows as `adaptive_avg_pool2d` lays them: as many as the node's shape has elements."""


@dataclass(frozen=True, slots=True)
class Elementwise:
    """The sum, difference or product of two values.

    The second has the first's shape, or one row and column: then it holds for all of a channel.
    """

    kind: Literal["add", "subtract", "multiply"]


@dataclass(frozen=True, slots=True)
class Concatenation:
    """All inputs, one after the other by channels."""


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """Channels, rows and columns of the input, in any order; 0 where there is none.

    Element (c, y, x) is the input's (`channels`[c], `row` + y * `row_step`, `column` + x * `column_step`).
    A channel of -1, and rows and columns outside the input, are zeros: so this also pads.
    """

    channels: Ints
    row: int = 0
    row_step: int = 1
    column: int = 0
    column_step: int = 1


@dataclass(frozen=True, slots=True)
class Reshape:
    """The same elements in the same order, under another shape."""


@dataclass(frozen=True, slots=True)
class Softmax:
    """Softmax over the channels, or its logarithm."""

    log: bool = False


Operation: TypeAlias = (
    Convolution
    | Affine
    | Pooling
    | AdaptiveMean
    | Elementwise
    | Concatenation
    | Selection
    | Reshape
    | Softmax
    | Activation
)


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One operation: which values it takes, and the shape of what it gives.

    `name` is the path of the layer it comes from, for messages and comments. `then` is applied to the result.
    """

    operation: Operation
    inputs: tuple[int, ...]
    shape: Shape
    name: str
    then: Activation | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """A network for one example: value 0 is the input, value i + 1 is what node i gives.

    Every value is there before it is used; the last is the output.
    """

    input: Shape
    nodes: tuple[Node, ...]

    def shape_of(self, value: int) -> Shape:
        return self.input if value == 0 else self.nodes[value - 1].shape
