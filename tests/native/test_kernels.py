"""A program in C computes what torch does, whatever its shapes and however many examples there are."""

from itertools import product

import numpy as np
import pytest
import torch
from torch.nn import functional

from prune_tui.native.building import compiler
from prune_tui.native.program import (
    Activation,
    AdaptiveMean,
    Affine,
    Concatenation,
    Convolution,
    Elementwise,
    Floats,
    Node,
    Operation,
    Pooling,
    Program,
    Reshape,
    Selection,
    Shape,
    Softmax,
)
from prune_tui.native.running import NativeNetwork
from prune_tui.native.source.kernels import Block
from prune_tui.native.source.network import Choice

pytestmark = pytest.mark.skipif(compiler() is None, reason="needs a C compiler")

BLOCKS: tuple[tuple[Block, Block], ...] = ((1, 1), (4, 4), (1, 16))
COUNTS = (1, 3, 16, 37)
RELU = Activation("clamp")


def weights(seed: int, *shape: int, density: float = 1.0) -> Floats:
    random = np.random.default_rng(seed)
    kept = random.random(shape) < density
    return (random.standard_normal(shape) * kept / 4).astype(np.float32)


def built(program: Program, block: tuple[Block, Block] = (1, 1)) -> NativeNetwork:
    return NativeNetwork(program, [Choice(*block)] * len(program.nodes))


def inputs_of(shape: Shape, count: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(count)
    return torch.randn(count, shape.channels, shape.rows, shape.columns, generator=generator)


def close(given: torch.Tensor, wanted: torch.Tensor) -> bool:
    return torch.allclose(
        given.reshape(wanted.shape), wanted, rtol=1e-5, atol=2e-6 * float(wanted.abs().max() + 1)
    )


def convolution(shape: Shape, made: Convolution, then: Activation | None = None) -> Node:
    kernel = made.weight.shape[2:]
    rows, columns = (
        (size + 2 * pad - apart * (length - 1) - 1) // stride + 1
        for size, pad, apart, length, stride in zip(
            (shape.rows, shape.columns), made.padding, made.dilation, kernel, made.stride, strict=True
        )
    )
    return Node(made, (0,), Shape(len(made.weight), rows, columns), "conv", then)


CONVOLUTIONS = {
    "wide": (Shape(3, 9, 40), {"padding": (1, 1)}, (8, 3, 3, 3)),
    "large kernel": (Shape(1, 28, 28), {}, (20, 1, 5, 5)),
    "strided": (Shape(3, 23, 33), {"stride": (2, 2), "padding": (3, 3)}, (8, 3, 7, 7)),
    "pointwise, strided": (Shape(8, 16, 16), {"stride": (2, 2)}, (12, 8, 1, 1)),
    "uneven": (Shape(5, 13, 11), {"stride": (1, 3), "padding": (2, 0), "dilation": (2, 1)}, (6, 5, 3, 2)),
    "dilated": (Shape(4, 12, 12), {"padding": (2, 2), "dilation": (2, 2)}, (8, 4, 3, 3)),
    "groups": (Shape(8, 10, 10), {"padding": (1, 1), "groups": 2}, (16, 4, 3, 3)),
    "depthwise": (Shape(12, 14, 14), {"padding": (1, 1), "stride": (2, 2), "groups": 12}, (12, 1, 3, 3)),
    "small": (Shape(16, 5, 5), {"padding": (1, 1), "stride": (2, 2)}, (18, 16, 3, 3)),
    "tiny": (Shape(9, 2, 2), {"padding": (1, 1)}, (7, 9, 3, 3)),
    "vector": (Shape(70), {}, (30, 70, 1, 1)),
}


@pytest.mark.parametrize("block", BLOCKS, ids=str)
@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_convolutions_compute_what_torch_does(name: str, block: tuple[Block, Block]) -> None:
    shape, settings, size = CONVOLUTIONS[name]
    made = Convolution(weights(1, *size, density=0.4), weights(2, size[0]), **settings)  # type: ignore[arg-type]
    if made.groups > 1 and (size[0] // made.groups % 4 or 16 in block):
        block = (1, 1)
    network = built(Program(shape, (convolution(shape, made, RELU),)), block)
    for count in COUNTS:
        inputs = inputs_of(shape, count)
        wanted = functional.conv2d(
            inputs, torch.tensor(made.weight), torch.tensor(made.bias),
            made.stride, made.padding, made.dilation, made.groups,
        ).relu()  # fmt: skip
        assert close(network(inputs), wanted)


def test_examples_may_all_run_one_by_one() -> None:
    shape = Shape(4, 6, 6)
    made = Convolution(weights(1, 8, 4, 3, 3), weights(2, 8))
    network = NativeNetwork(Program(shape, (convolution(shape, made),)), [Choice()], few=16)
    inputs = inputs_of(shape, 37)
    assert close(
        network(inputs), functional.conv2d(inputs, torch.tensor(made.weight), torch.tensor(made.bias))
    )


def test_a_residual_block_with_a_halo() -> None:
    shape = Shape(8, 9, 12)
    first, second = (
        Convolution(weights(seed, 8, 8, 3, 3, density=0.2), weights(seed, 8), padding=(1, 1))
        for seed in (1, 2)
    )
    nodes = (
        convolution(shape, first, RELU),
        Node(second, (1, 0), shape, "second", Activation("hardswish")),
        Node(Elementwise("multiply"), (2, 1), shape, "product"),
    )
    networks = [built(Program(shape, nodes), block) for block in BLOCKS]
    for network, count in product(networks, COUNTS):
        inputs = inputs_of(shape, count)
        hidden = functional.conv2d(
            inputs, torch.tensor(first.weight), torch.tensor(first.bias), padding=1
        ).relu()
        wanted = functional.conv2d(hidden, torch.tensor(second.weight), torch.tensor(second.bias), padding=1)
        wanted = functional.hardswish(wanted + inputs) * hidden
        assert close(network(inputs), wanted)


SHAPE = Shape(6, 7, 9)
SCALE, SHIFT = weights(3, 6), weights(4, 6)
OTHERS: dict[str, tuple[Operation, Shape]] = {
    "max": (Pooling("max", (2, 2), (2, 2)), Shape(6, 3, 4)),
    "max with padding": (Pooling("max", (3, 3), (2, 2), (1, 1)), Shape(6, 4, 5)),
    "max rounded up": (Pooling("max", (2, 3), (2, 2)), Shape(6, 4, 4)),
    "mean": (Pooling("mean", (2, 3), (1, 2)), Shape(6, 6, 4)),
    "mean with padding": (Pooling("mean", (3, 3), (2, 2), (1, 1)), Shape(6, 4, 5)),
    "mean without padding": (Pooling("mean", (3, 3), (2, 2), (1, 1), counts_padding=False), Shape(6, 4, 5)),
    "adaptive": (AdaptiveMean(), Shape(6, 3, 4)),
    "global": (AdaptiveMean(), Shape(6)),
    "affine": (Affine(SCALE, SHIFT), SHAPE),
    "selection": (Selection(np.array([5, -1, 0, 0]), -1, 2, 1, 3), Shape(4, 4, 3)),
    "reshape": (Reshape(), Shape(6 * 7 * 9)),
    "softmax": (Softmax(), SHAPE),
    "log of softmax": (Softmax(log=True), SHAPE),
}


def wanted_of(name: str, x: torch.Tensor) -> torch.Tensor:
    match name:
        case "max":
            return functional.max_pool2d(x, 2)
        case "max with padding":
            return functional.max_pool2d(x, 3, 2, 1)
        case "max rounded up":
            return functional.max_pool2d(x, (2, 3), 2, ceil_mode=True)
        case "mean":
            return functional.avg_pool2d(x, (2, 3), (1, 2))
        case "mean with padding":
            return functional.avg_pool2d(x, 3, 2, 1)
        case "mean without padding":
            return functional.avg_pool2d(x, 3, 2, 1, count_include_pad=False)
        case "adaptive":
            return functional.adaptive_avg_pool2d(x, (3, 4))
        case "global":
            return x.mean((2, 3))
        case "affine":
            return x * torch.tensor(SCALE)[:, None, None] + torch.tensor(SHIFT)[:, None, None]
        case "selection":
            padded = functional.pad(x, (0, 0, 1, 1))[:, :, ::2, 1::3][:, :, :4]
            return torch.stack(
                [padded[:, 5], torch.zeros_like(padded[:, 0]), padded[:, 0], padded[:, 0]], dim=1
            )
        case "reshape":
            return x.flatten(1)
        case "softmax":
            return x.softmax(1)
        case _:
            return x.log_softmax(1)


@pytest.mark.parametrize("name", OTHERS)
def test_other_operations_compute_what_torch_does(name: str) -> None:
    operation, shape = OTHERS[name]
    network = built(Program(SHAPE, (Node(operation, (0,), shape, name),)))
    for count in COUNTS:
        inputs = inputs_of(SHAPE, count)
        assert close(network(inputs), wanted_of(name, inputs))


def test_values_are_put_together_and_multiplied_by_one_number_a_channel() -> None:
    one = Shape(SHAPE.channels)
    nodes = (
        Node(AdaptiveMean(), (0,), one, "mean", Activation("sigmoid")),
        Node(Elementwise("multiply"), (0, 1), SHAPE, "gate"),
        Node(Concatenation(), (2, 0), Shape(12, SHAPE.rows, SHAPE.columns), "both", RELU),
    )
    network = built(Program(SHAPE, nodes))
    for count in COUNTS:
        inputs = inputs_of(SHAPE, count)
        gate = inputs.mean((2, 3), keepdim=True).sigmoid()
        wanted = torch.cat([inputs * gate, inputs], dim=1).relu()
        assert close(network(inputs), wanted)


ACTIVATIONS = {
    "relu": (RELU, functional.relu),
    "relu6": (Activation("clamp", 0.0, 6.0), functional.relu6),
    "leaky": (Activation("leaky", slope=0.1), lambda x: functional.leaky_relu(x, 0.1)),
    "elu": (Activation("elu", slope=1.0), functional.elu),
    "sigmoid": (Activation("sigmoid"), torch.sigmoid),
    "hardsigmoid": (Activation("hardsigmoid"), functional.hardsigmoid),
    "silu": (Activation("silu"), functional.silu),
    "hardswish": (Activation("hardswish"), functional.hardswish),
    "gelu": (Activation("gelu"), functional.gelu),
    "gelu_tanh": (Activation("gelu_tanh"), lambda x: functional.gelu(x, approximate="tanh")),
    "tanh": (Activation("tanh"), torch.tanh),
}


def test_activations_far_and_near_zero() -> None:
    x = torch.linspace(-100, 100, 3000).reshape(1, 3, 20, 50)
    x = torch.cat([x, x / 50, x / 1e4])
    for name, (activation, function) in ACTIVATIONS.items():
        program = Program(Shape(3, 20, 50), (Node(activation, (0,), Shape(3, 20, 50), name),))
        given, wanted = built(program)(x), torch.as_tensor(function(x))  # type: ignore[no-untyped-call]
        assert torch.allclose(given, wanted, rtol=1e-5, atol=1e-6), name
