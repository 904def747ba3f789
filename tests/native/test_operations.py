"""Each operation, alone or with its like, gives what torch gives."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from prune_tui.native.program import Affine, Concatenation, Convolution, Elementwise, Selection
from tests.native.helpers import check

IMAGE, VECTOR, SIGNAL = (6, 9, 8), (12,), (4, 11)

Run = Callable[[torch.Tensor], torch.Tensor]


class Function(nn.Module):
    """A function of a tensor as a network."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self.run = run

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return self.run(inputs)


def numbers(*shape: int) -> torch.Tensor:
    return torch.arange(math.prod(shape)).cos().reshape(shape)


def halves_swapped(x: torch.Tensor) -> torch.Tensor:
    one, other = x.chunk(2, 1)
    return torch.cat([other, one], 1)


def split_unevenly(x: torch.Tensor) -> torch.Tensor:
    one, two, three = torch.split(x, [1, 2, 3], 1)
    joined: torch.Tensor = torch.cat([two * one, three + one], 1)
    return joined


def shuffled(x: torch.Tensor) -> torch.Tensor:
    """As ShuffleNetV2 has it."""
    batch, channels, height, width = x.size()
    x = x.view(batch, 3, channels // 3, height, width)
    return torch.transpose(x, 1, 2).contiguous().view(batch, channels, height, width)


def shuffled_across_the_batch(x: torch.Tensor) -> torch.Tensor:
    """As the first ShuffleNetV2 has it: the batch is not the first dimension meanwhile."""
    batch, channels, height, width = x.size()
    x = x.reshape(batch * channels // 2, 2, height * width).permute(1, 0, 2)
    x = x.reshape(2, -1, channels // 2, height, width)
    return torch.cat((x[0], x[1]), 1)


def focused(x: torch.Tensor) -> torch.Tensor:
    """As YOLOv5 begins."""
    x = x[:, :, :8]
    return torch.cat([x[..., ::2, ::2], x[..., 1::2, ::2], x[..., ::2, 1::2], x[..., 1::2, 1::2]], 1)


def changed_under_another_name(x: torch.Tensor) -> torch.Tensor:
    y = x * 2
    y.flatten(1).add_(1)
    y.view(-1, 6, 72).relu_()
    return y - x


def used_after_a_change(x: torch.Tensor) -> torch.Tensor:
    y = x + 1
    F.relu_(y)
    return y * 2


ACTIVATIONS: dict[str, Run] = {
    "relu": F.relu,
    "relu6": lambda x: F.relu6(4 * x),
    "hardtanh": lambda x: F.hardtanh(x, -0.5, 0.25),
    "clamp": lambda x: x.clamp(max=0.3).clamp(-0.2, 5.0).clamp_min(-0.1).clamp_max(0.2),
    "leaky_relu": lambda x: F.leaky_relu(x, 0.2),
    "prelu": nn.PReLU(),
    "prelu of channels": lambda x: F.prelu(x, torch.linspace(-1, 1, 6)),
    "elu": lambda x: F.elu(x, 0.7),
    "celu": lambda x: F.celu(x, 0.7),
    "selu": F.selu,
    "sigmoid": torch.sigmoid,
    "hardsigmoid": lambda x: F.hardsigmoid(3 * x),
    "silu": F.silu,
    "hardswish": lambda x: F.hardswish(3 * x),
    "gelu": F.gelu,
    "gelu by tanh": lambda x: F.gelu(x, approximate="tanh"),
    "tanh": torch.tanh,
    "softmax": lambda x: F.softmax(x, 1),
    "log_softmax": lambda x: F.log_softmax(x, -3),
}

POOLING: dict[str, Run] = {
    "max": lambda x: F.max_pool2d(x, (3, 2), (2, 1), padding=(1, 0), dilation=(1, 2)),
    "max, rounded up": lambda x: F.max_pool2d(x, 2, 2, ceil_mode=True),
    "mean": lambda x: F.avg_pool2d(x, 3, 2, padding=1),
    "mean of what is inside": lambda x: F.avg_pool2d(x, 3, 2, padding=1, count_include_pad=False),
    "mean, rounded up": lambda x: F.avg_pool2d(x, 3, 2, padding=1, ceil_mode=True),
    "adaptive mean": lambda x: F.adaptive_avg_pool2d(x, (4, 3)),
    "adaptive mean of more": lambda x: F.adaptive_avg_pool2d(x, 12),
    "adaptive max": lambda x: F.adaptive_max_pool2d(x, (3, 4)),
    "all": lambda x: x.mean((2, 3)),
    "all, kept": lambda x: x * x.mean((2, 3), keepdim=True),
    "rows": lambda x: x.mean(2),
    "columns": lambda x: x - x.mean(-1, keepdim=True),
    "one after the other": lambda x: x.mean(-1).mean(-1),
    "channels": lambda x: x * x.mean(1, keepdim=True).sigmoid(),
    "maxima of channels": lambda x: torch.cat([x.mean(1, keepdim=True), x.max(1, keepdim=True)[0]], 1),
    "sum": lambda x: x.sum((2, 3)),
    "amax": lambda x: x.amax((2, 3)),
}

ARITHMETIC: dict[str, Run] = {
    "numbers": lambda x: 3 - (2 * x + 1 - 0.5) / 4,
    "factors": lambda x: torch.rsub(torch.sub(torch.add(x, x.relu(), alpha=2), x, alpha=3), 1, alpha=2),
    "negative": lambda x: -x,
    "square": lambda x: x**2 + x.square(),
    "itself": lambda x: x * torch.sigmoid(x),
    "channels": lambda x: (x - numbers(6, 1, 1)) / (numbers(1, 6, 1, 1).abs() + 0.5),
    "every element": lambda x: x * numbers(6, 9, 8) + numbers(9, 8),
    "channels minus all": lambda x: x.mean((2, 3), keepdim=True) - x,
    "one channel": lambda x: x * x[:, :1] + x[:, 1:2, :1],
    "to more": lambda x: x.mean((2, 3), keepdim=True) * numbers(1, 1, 2, 3),
    "in place": used_after_a_change,
    "in place, under another name": changed_under_another_name,
}

MOVING: dict[str, Run] = {
    "nothing": lambda x: F.dropout(x.clone().contiguous(), training=False).float() + 0,
    "slices": lambda x: x[:, 1:5:2, ::2, 1::3],
    "selected": lambda x: x[:, 2].unsqueeze(1) + x[:, :, 3:4],
    "split": lambda x: x.chunk(2, 1)[1][:, :1] + torch.unbind(x, 1)[0].unsqueeze(1),
    "split unevenly": split_unevenly,
    "swapped": halves_swapped,
    "padded": lambda x: F.pad(x, (1, 2, 0, 3)) + 1,
    "cropped": lambda x: F.pad(x, (-1, 2, -2, -1)) + 1,
    "padded channels": lambda x: F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 3, 3)),
    "zeros joined": lambda x: torch.cat([x, torch.zeros_like(x[:, :4])], 1),
    "constants joined": lambda x: torch.cat([x, torch.linspace(-1, 1, 8).expand(x.size(0), 1, 9, 8)], 1),
    "zeros joined below": lambda x: torch.cat([x.relu(), x, x.new_zeros(x.shape[0], 6, 1, 8)], 2),
    "reflected": lambda x: F.pad(x, (1, 1, 2, 0), mode="reflect"),
    "flat": lambda x: x.flatten(1).relu().view(-1, 6, 72).view(-1, 2, 3, 72).reshape(x.size(0), -1),
    "transposed": lambda x: x.transpose(2, 3).permute(0, 3, 1, 2),
    "shuffled": shuffled,
    "shuffled across the batch": shuffled_across_the_batch,
    "shuffled by torch": nn.ChannelShuffle(2),
    "pixels": lambda x: F.pixel_unshuffle(x[:, :, :8], 2),
    "reordered": lambda x: x[:, torch.tensor([5, 0, 3])].flip(1),
    "stacked": lambda x: torch.stack([x.relu(), x.tanh()], 2).flatten(1, 2),
    "joined": lambda x: torch.cat([x.relu(), x.tanh()[:, 2:], x], 1),
    "joined below": lambda x: torch.cat([x.relu(), x.tanh()], 2),
    "focused": focused,
    "expanded": lambda x: x[:, :1].expand(-1, 4, -1, -1) + x.repeat(1, 2, 1, 1)[:, 5:9],
    "enlarged": lambda x: F.interpolate(x, scale_factor=2, mode="nearest"),
}

ON_IMAGES = {"activations": ACTIVATIONS, "pooling": POOLING, "arithmetic": ARITHMETIC, "moving": MOVING}

ON_OTHERS: dict[str, tuple[nn.Module, tuple[int, ...]]] = {
    "linear, without a bias": (nn.Linear(12, 5, bias=False), VECTOR),
    "product": (Function(lambda x: x @ numbers(12, 3) + torch.addmm(numbers(3), x, numbers(12, 3))), VECTOR),
    "batch norm of vectors": (nn.Sequential(nn.Linear(12, 8), nn.BatchNorm1d(8), nn.Linear(8, 2)), VECTOR),
    "softmax": (nn.Softmax(-1), VECTOR),
    "batch norm of volumes": (nn.Sequential(nn.Unflatten(2, (3, 3)), nn.BatchNorm3d(6)), IMAGE),
    "mean": (Function(lambda x: x - x.mean(1, keepdim=True)), VECTOR),
    "signals": (
        nn.Sequential(
            nn.Conv1d(4, 6, 3, stride=2, padding=1),
            nn.BatchNorm1d(6),
            nn.ReLU(),
            nn.MaxPool1d(2),
            nn.AdaptiveAvgPool1d(1),
            nn.Flatten(),
        ),
        SIGNAL,
    ),
}

CONVOLUTIONS: dict[str, nn.Module] = {
    "plain": nn.Conv2d(6, 4, (3, 2), stride=(2, 1), padding=(1, 0), dilation=(1, 2)),
    "groups": nn.Conv2d(6, 12, 3, groups=3, bias=False),
    "same": nn.Conv2d(6, 4, (4, 3), padding="same", dilation=(1, 2)),
    "valid": nn.Conv2d(6, 4, 3, padding="valid"),
    "reflecting": nn.Conv2d(6, 4, 3, padding=1, padding_mode="reflect"),
    "weight norm": nn.utils.parametrizations.weight_norm(nn.Conv2d(6, 4, 3)),
    "spectral norm": nn.utils.parametrizations.spectral_norm(nn.Conv2d(6, 4, 3)),
}


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind in ON_IMAGES for name in ON_IMAGES[kind]])
def test_functions_of_images(kind: str, name: str) -> None:
    torch.manual_seed(0)
    check(Function(ON_IMAGES[kind][name]), torch.randn(4, *IMAGE))


@pytest.mark.parametrize("name", list(ON_OTHERS))
def test_functions_of_vectors_and_signals(name: str) -> None:
    torch.manual_seed(0)
    module, shape = ON_OTHERS[name]
    check(module, torch.randn(4, *shape))


@pytest.mark.parametrize("name", list(CONVOLUTIONS))
def test_convolutions(name: str) -> None:
    torch.manual_seed(0)
    check(CONVOLUTIONS[name], torch.randn(4, *IMAGE))


@pytest.mark.parametrize("name", ["slices", "swapped", "padded channels", "shuffled", "reordered"])
def test_what_moves_is_one_selection(name: str) -> None:
    (node,) = check(Function(MOVING[name]), torch.randn(2, *IMAGE))
    assert isinstance(node.operation, Selection)


def test_parts_of_different_kinds_are_selected_and_joined() -> None:
    nodes = check(Function(focused), torch.randn(2, *IMAGE))
    assert [type(node.operation) for node in nodes] == [*[Selection] * 4, Concatenation]
    assert all(len(node.operation.channels) == 6 for node in nodes if isinstance(node.operation, Selection))


def test_what_holds_for_a_channel_is_not_repeated() -> None:
    nodes = check(Function(lambda x: x.mean((2, 3), keepdim=True) - x), torch.randn(2, *IMAGE))
    assert not any(isinstance(node.operation, Selection) for node in nodes)


def test_weights_are_float32_of_their_own() -> None:
    convolution = nn.Conv2d(6, 4, 3)
    module = nn.Sequential(convolution, nn.Flatten(), nn.Linear(4 * 7 * 6, 2))
    nodes = check(module, torch.randn(2, *IMAGE))
    weights = [node.operation.weight for node in nodes if isinstance(node.operation, Convolution)]
    assert [weight.dtype.name for weight in weights] == ["float32", "float32"]
    with torch.no_grad():
        convolution.weight.zero_()
    assert weights[0].any()


def test_names_are_the_paths_of_layers() -> None:
    module = nn.Sequential(nn.Sequential(nn.Conv2d(6, 4, 3), nn.ReLU()), nn.MaxPool2d(2))
    assert [node.name for node in check(module, torch.randn(2, *IMAGE))] == ["0.0", "1"]


def test_a_layer_that_runs_twice_has_one_name() -> None:
    layer = nn.Linear(12, 12)
    nodes = check(nn.Sequential(layer, nn.Tanh(), layer), torch.randn(2, *VECTOR))
    assert {node.name for node in nodes} <= {"0", "2"}
    assert not any(isinstance(node.operation, Affine | Elementwise) for node in nodes)
