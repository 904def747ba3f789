"""Small networks of many kinds, each with an example and the layers whose units can be removed."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from prune_tui.catalog.batches import Tree

IMAGE = torch.randn(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))


@dataclass
class Answer:
    logits: torch.Tensor
    hidden: tuple[torch.Tensor, ...] = ()


class PaddedBlock(nn.Module):
    """A residual block whose shortcut pads the new channels with zeros (He et al. 2016, option A)."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, after, 3, 2, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(after)
        self.conv2 = nn.Conv2d(after, after, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(after)
        self.side = (after - before) // 2

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.side, self.side)))


def padded() -> nn.Module:
    return nn.Sequential(
        OrderedDict(
            stem=nn.Conv2d(3, 8, 3, padding=1),
            block1=PaddedBlock(8, 16),
            block2=PaddedBlock(16, 32),
            pool=nn.AdaptiveAvgPool2d(1),
            flat=nn.Flatten(),
            fc=nn.Linear(32, 10),
        )
    )


class Inverted(nn.Module):
    """An inverted residual block with a depthwise convolution and squeeze-excitation (MobileNetV3)."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.BatchNorm2d(8))
        self.expand = nn.Sequential(nn.Conv2d(8, 24, 1, bias=False), nn.BatchNorm2d(24), nn.Hardswish())
        self.depthwise = nn.Sequential(
            nn.Conv2d(24, 24, 3, padding=1, groups=24, bias=False), nn.BatchNorm2d(24), nn.ReLU6()
        )
        self.squeeze = nn.Conv2d(24, 6, 1)
        self.excite = nn.Conv2d(6, 24, 1)
        self.project = nn.Sequential(nn.Conv2d(24, 8, 1, bias=False), nn.BatchNorm2d(8))
        self.fc = nn.Linear(8, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.stem(x)
        y = self.depthwise(self.expand(x))
        y = y * F.hardsigmoid(self.excite(F.relu(self.squeeze(F.adaptive_avg_pool2d(y, 1)))))
        x = x + self.project(y)
        answer: torch.Tensor = self.fc(x.mean((2, 3)))
        return answer


def grouped() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 16, 1),
        nn.BatchNorm2d(16),
        nn.Conv2d(16, 32, 3, groups=4),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.Conv2d(32, 8, 1),
        nn.Flatten(),
        nn.Linear(8 * 14 * 14, 10),
    )


class Shuffled(nn.Module):
    """Two branches whose channels are shuffled and split again."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2, self.conv3 = nn.Conv2d(3, 8, 1), nn.Conv2d(3, 8, 1), nn.Conv2d(8, 10, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = torch.cat([self.conv1(x), self.conv2(x)], 1)
        n, c, h, w = y.shape
        y = y.view(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w)
        left, right = y.chunk(2, 1)
        answer: torch.Tensor = self.conv3((left * right).relu()).mean((2, 3))
        return answer


class Dense(nn.Module):
    """Each layer reads all before it, through a batch norm of its own (DenseNet)."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1, bias=False)
        self.norms = nn.ModuleList(nn.BatchNorm2d(8 + 4 * at) for at in range(3))
        self.convs = nn.ModuleList(nn.Conv2d(8 + 4 * at, 4, 3, padding=1, bias=False) for at in range(3))
        self.last = nn.BatchNorm2d(20)
        self.fc = nn.Linear(20, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.stem(x)
        for norm, conv in zip(self.norms, self.convs, strict=True):
            x = torch.cat([x, conv(F.relu(norm(x)))], 1)
        answer: torch.Tensor = self.fc(F.relu(self.last(x)).mean((2, 3)))
        return answer


class Modern(nn.Module):
    """A ConvNeXt block: a layer norm over channels, and a scale for each channel."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 4, 4)
        self.depthwise = nn.Conv2d(8, 8, 3, padding=1, groups=8)
        self.norm = nn.LayerNorm(8)
        self.up, self.down = nn.Linear(8, 32), nn.Linear(32, 8)
        self.scale = nn.Parameter(torch.full((8, 1, 1), 1e-6))
        self.fc = nn.Linear(8, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.stem(x)
        y = self.down(F.gelu(self.up(self.norm(self.depthwise(x).permute(0, 2, 3, 1)))))
        x = x + self.scale * y.permute(0, 3, 1, 2)
        answer: torch.Tensor = self.fc(x.mean((2, 3)))
        return answer


class Transformer(nn.Module):
    """Tokens, positions, and torch's own encoder layers."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(20, 16)
        self.places = nn.Parameter(torch.randn(1, 6, 16))
        self.encoder = nn.TransformerEncoder(
            nn.TransformerEncoderLayer(16, 4, 32, batch_first=True), 2, enable_nested_tensor=False
        )
        self.fc = nn.Linear(16, 10)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        answer: torch.Tensor = self.fc(self.encoder(self.words(tokens) + self.places).mean(1))
        return answer


class Recurrent(nn.Module):
    def __init__(self, kind: type[nn.LSTM] | type[nn.GRU]) -> None:
        super().__init__()
        self.before, self.cell = nn.Linear(5, 12), kind(12, 8, batch_first=True)
        self.hidden, self.fc = nn.Linear(8, 16), nn.Linear(16, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        outputs, _ = self.cell(F.relu(self.before(x)))
        answer: torch.Tensor = self.fc(F.relu(self.hidden(outputs[:, -1])))
        return answer


class ByName(nn.Module):
    """Several inputs by name, and outputs in a dict, a tuple and a dataclass; one of them from half-way."""

    def __init__(self) -> None:
        super().__init__()
        self.image, self.text = nn.Conv2d(3, 8, 4, 4), nn.Linear(5, 8)
        self.hidden, self.fc = nn.Linear(8, 16), nn.Linear(16, 10)
        self.seen, self.aside = nn.Linear(16, 6), nn.Linear(6, 4)

    def forward(self, image: torch.Tensor, text: torch.Tensor) -> dict[str, object]:
        both = F.relu(self.image(image).mean((2, 3)) + self.text(text))
        hidden = F.relu(self.hidden(both))
        seen = self.seen(hidden)
        return {"answer": Answer(self.fc(hidden), (seen,)), "aside": (self.aside(F.relu(seen)),)}


class Frozen(nn.Module):
    """Frozen features that are computed without gradients, a checkpointed part, a layer never called."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 8, 3), nn.ReLU())
        self.features.requires_grad_(False)
        self.hidden, self.fc, self.spare = nn.Linear(8, 16), nn.Linear(16, 10), nn.Linear(16, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            x = self.features(x).mean((2, 3))
        answer: torch.Tensor = self.fc(checkpoint(lambda y: F.relu(self.hidden(y)), x, use_reentrant=False))
        return answer


class Shared(nn.Module):
    """One module called twice, and a decoder that uses the encoder's weight, so that it can't be silenced."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.twice = nn.Linear(6, 12), nn.Linear(12, 12)
        self.encode, self.fc = nn.Linear(12, 7), nn.Linear(12, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.relu(self.twice(F.relu(self.twice(F.relu(self.first(x))))))
        x = F.linear(self.encode(x), self.encode.weight.t())
        answer: torch.Tensor = self.fc(x)
        return answer


class Counting(nn.Module):
    """Writes a size into its code, passes a sigmoid, takes a mean over channels, norms without a scale."""

    def __init__(self) -> None:
        super().__init__()
        self.written, self.gate = nn.Conv2d(3, 8, 1), nn.Conv2d(8, 8, 1)
        self.averaged, self.bare = nn.Conv2d(8, 8, 1), nn.Conv2d(8, 8, 1)
        self.norm, self.free = nn.BatchNorm2d(8, affine=False), nn.Conv2d(8, 8, 1)
        self.fc = nn.Linear(8, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.relu(self.written(x)).view(1, 8, 256).view(1, 8, 16, 16)
        x = self.averaged(torch.sigmoid(self.gate(x)))
        x = self.norm(self.bare(x + x.mean(1, keepdim=True)))
        answer: torch.Tensor = self.fc(F.relu(self.free(x)).mean((2, 3)))
        return answer


class Decoder(nn.Module):
    """A transposed convolution and a resize, with a skip from the network's inputs (U-Net)."""

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.PReLU(8))
        self.wide = nn.Conv2d(8, 12, 3, 2, 1)
        self.up = nn.ConvTranspose2d(12, 8, 2, 2)
        self.join, self.out = nn.Conv2d(16, 8, 3, padding=1), nn.Conv2d(11, 5, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.down(x)
        y = self.join(torch.cat([self.up(F.relu(self.wide(y))), y], 1))
        y = F.interpolate(F.relu(y), scale_factor=2, mode="bilinear")
        answer: torch.Tensor = self.out(torch.cat([y, x], 1))
        return answer


def volumes() -> nn.Module:
    return nn.Sequential(nn.Conv3d(1, 6, 3), nn.BatchNorm3d(6), nn.ReLU(), nn.Flatten(), nn.Linear(48, 10))


def sounds() -> nn.Module:
    return nn.Sequential(
        nn.Conv1d(2, 6, 3),
        nn.BatchNorm1d(6),
        nn.MaxPool1d(2),
        nn.Conv1d(6, 8, 3),
        nn.Flatten(),
        nn.Linear(40, 10),
    )


def noisy(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(1))


@dataclass(frozen=True)
class Kind:
    """How a network is made, what it is fed, and the layers whose units can be removed, coupled together."""

    build: Callable[[], nn.Module]
    example: Tree
    free: Sequence[tuple[str, ...]]


KINDS = {
    "padded": Kind(padded, IMAGE, [("block1.conv1",), ("block2.conv1",)]),
    "inverted": Kind(
        Inverted,
        IMAGE,
        [("stem.0", "project.0"), ("expand.0", "depthwise.0", "excite"), ("squeeze",)],
    ),
    "grouped": Kind(grouped, IMAGE, [("0", "2"), ("5",)]),
    "shuffled": Kind(Shuffled, IMAGE, [("conv1", "conv2")]),
    "dense": Kind(Dense, IMAGE, [("stem",), ("convs.0",), ("convs.1",), ("convs.2",)]),
    "modern": Kind(Modern, IMAGE, [("up",)]),
    "transformer": Kind(
        Transformer,
        torch.arange(6).unsqueeze(0),
        [("encoder.layers.0.linear1",), ("encoder.layers.1.linear1",)],
    ),
    "lstm": Kind(lambda: Recurrent(nn.LSTM), noisy(1, 7, 5), [("hidden",)]),
    "gru": Kind(lambda: Recurrent(nn.GRU), noisy(1, 7, 5), [("hidden",)]),
    "by name": Kind(ByName, {"image": IMAGE, "text": noisy(1, 5)}, [("image", "text"), ("hidden",)]),
    "frozen": Kind(Frozen, IMAGE, [("features.0",), ("features.2",), ("hidden",)]),
    "shared": Kind(Shared, noisy(1, 6), [("encode",)]),
    "counting": Kind(Counting, IMAGE, [("free",)]),
    "decoder": Kind(Decoder, IMAGE, [("down.0",), ("wide",), ("join",)]),
    "volumes": Kind(volumes, noisy(1, 1, 4, 4, 4), [("0",)]),
    "sounds": Kind(sounds, noisy(1, 2, 16), [("0",), ("3",)]),
}
