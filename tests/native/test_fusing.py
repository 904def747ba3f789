"""Fusing leaves few nodes, and each where something else uses it."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from prune_tui.catalog.models import MODELS
from prune_tui.native.fusing import fused, without_idle_nodes
from prune_tui.native.program import (
    Activation,
    AdaptiveMean,
    Affine,
    Concatenation,
    Convolution,
    Elementwise,
    Node,
    Operation,
    Pooling,
    Program,
    Reshape,
    Shape,
)
from prune_tui.native.tracing import program_of
from tests.native.helpers import check, with_random_statistics
from tests.native.test_operations import Function

RELU = Activation("clamp")


def kinds(nodes: tuple[Node, ...]) -> list[type[Operation]]:
    return [type(node.operation) for node in nodes]


class Branches(nn.Module):
    """What follows a convolution, for tests of who uses what."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self.one, self.other = nn.Conv2d(4, 4, 3, padding=1), nn.Conv2d(4, 4, 1)
        self.norm = nn.BatchNorm2d(4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        one: torch.Tensor = self.one(x)
        made: torch.Tensor = self._after(x, one)
        return made

    def _after(self, x: torch.Tensor, one: torch.Tensor) -> Any:
        match self.kind:
            case "norm beside":
                return self.norm(one) + one.tanh()
            case "activation beside":
                return F.relu(one) * one
            case "activation before the sum":
                return F.relu(one) + x.sigmoid()
            case "sum, then activation":
                return F.relu(one + x)
            case "sum of two":
                return F.relu(self.norm(one) + self.other(F.relu(x)))
            case "sum of the same":
                return one + one
            case "sum for all of a channel":
                return one.mean((2, 3), keepdim=True) + self.other(x)
            case "sum of a later value":
                return self.other(one.tanh()) + x
            case "joined":
                return F.relu(self.norm(torch.cat([one[:, :2], x[:, :2]], 1)))
        raise AssertionError(self.kind)


@pytest.mark.parametrize(
    ("kind", "left"),
    [
        ("norm beside", [Convolution, Affine, Activation, Elementwise]),
        ("activation beside", [Convolution, Activation, Elementwise]),
        ("activation before the sum", [Convolution, Activation, Elementwise]),
        ("sum, then activation", [Convolution]),
        ("sum of the same", [Convolution, Elementwise]),
        ("sum for all of a channel", [Convolution, AdaptiveMean, Convolution, Elementwise]),
        ("sum of a later value", [Convolution, Convolution]),
    ],
)
def test_what_is_used_elsewhere_stays(kind: str, left: list[type[Operation]]) -> None:
    torch.manual_seed(0)
    nodes = check(Branches(kind), torch.randn(2, 4, 6, 6))
    assert sorted(map(str, kinds(nodes))) == sorted(map(str, left))


def test_the_later_of_two_convolutions_adds_the_other() -> None:
    nodes = check(Branches("sum of two"), torch.randn(2, 4, 6, 6))
    assert kinds(nodes) == [Convolution, Activation, Convolution]
    assert [node.inputs for node in nodes] == [(0,), (0,), (2, 1)]
    assert [node.then for node in nodes] == [None, None, RELU]


def test_a_norm_after_a_concatenation_takes_the_activation() -> None:
    nodes = check(Branches("joined"), torch.randn(2, 4, 6, 6))
    assert kinds(nodes)[-2:] == [Concatenation, Affine]
    assert nodes[-1].then == RELU


def test_a_residual_network_is_convolutions_and_a_mean() -> None:
    nodes = check(MODELS["resnet20"].build(num_classes=10), torch.randn(2, 3, 32, 32))
    assert kinds(nodes) == [*[Convolution] * 21, AdaptiveMean, Convolution]
    assert sum(len(node.inputs) == 2 for node in nodes) == 9
    assert all(node.then == RELU for node in nodes if len(node.inputs) == 2)


def test_zeros_stay_zeros() -> None:
    convolution = nn.Conv2d(4, 8, 3)
    with torch.no_grad():
        convolution.weight[torch.rand(convolution.weight.shape) < 0.9] = 0
    (node,) = check(nn.Sequential(convolution, nn.BatchNorm2d(8)), torch.randn(2, 4, 6, 6))
    assert isinstance(node.operation, Convolution)
    assert np.array_equal(node.operation.weight == 0, convolution.weight.detach().numpy() == 0)


@pytest.mark.parametrize(("padding", "left"), [(0, [Convolution]), (1, [Affine, Convolution])])
def test_a_shift_goes_into_a_convolution_that_pads_nothing(padding: int, left: list[type[Operation]]) -> None:
    module = nn.Sequential(nn.BatchNorm2d(4), nn.Conv2d(4, 8, 3, padding=padding, groups=2))
    assert kinds(check(module, torch.randn(2, 4, 6, 6))) == left


def test_a_scale_goes_into_a_convolution_that_pads() -> None:
    module = nn.Sequential(Function(lambda x: x / 255), nn.Conv2d(4, 8, 3, padding=1))
    assert kinds(check(module, torch.randn(2, 4, 6, 6))) == [Convolution]


@pytest.mark.parametrize(("around", "is_one"), [((1, 1, 2, 2), True), ((0, 1, 0, 1), False)])
def test_zeros_around_an_image_are_padding_where_they_are_on_both_sides(
    around: tuple[int, int, int, int], is_one: bool
) -> None:
    nodes = check(nn.Sequential(nn.ZeroPad2d(around), nn.Conv2d(4, 8, 3)), torch.randn(2, 4, 6, 6))
    assert (kinds(nodes) == [Convolution]) == is_one


def test_an_activation_after_a_flattening_is_the_convolutions() -> None:
    module = nn.Sequential(nn.Conv2d(4, 8, 3), nn.Flatten(), nn.ReLU(), nn.Linear(128, 2))
    nodes = check(module, torch.randn(2, 4, 6, 6))
    assert kinds(nodes) == [Convolution, Reshape, Convolution]
    assert nodes[0].then == RELU


def test_pooling_takes_the_activation_after_it() -> None:
    (node,) = check(nn.Sequential(nn.MaxPool2d(2), nn.ReLU()), torch.randn(2, 4, 6, 6))
    assert isinstance(node.operation, Pooling)
    assert node.then == RELU


def test_norms_after_another_are_one() -> None:
    module = nn.Sequential(nn.Tanh(), nn.BatchNorm2d(4), nn.BatchNorm2d(4), nn.ReLU())
    assert kinds(check(module, torch.randn(2, 4, 6, 6))) == [Activation, Affine]


def test_what_is_idle_or_unused_goes_and_the_output_stays_last() -> None:
    shape = Shape(2)
    nodes = (
        Node(RELU, (0,), shape, "kept"),
        Node(Reshape(), (1,), shape, "idle"),
        Node(RELU, (2,), shape, "unused"),
        Node(Activation("tanh"), (2,), shape, "last"),
        Node(Reshape(), (4,), shape, "idle, too"),
    )
    left = without_idle_nodes(Program(shape, nodes)).nodes
    assert [(node.name, node.inputs) for node in left] == [("kept", (0,)), ("last", (1,))]


def test_fusing_again_changes_nothing() -> None:
    module = with_random_statistics(MODELS["resnet18"].build(num_classes=10))
    once = fused(program_of(module, torch.zeros(1, 3, 32, 32)))
    twice = fused(once)
    assert [(node.name, node.inputs, node.then) for node in once.nodes] == [
        (node.name, node.inputs, node.then) for node in twice.nodes
    ]
