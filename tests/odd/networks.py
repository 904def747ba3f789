"""Networks as people have them, each with data of its own: small, untrained, and odd in one way."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import parametrizations, prune, rnn
from torch.utils.checkpoint import checkpoint

from prune_tui.catalog.batches import TensorSplit, Tree, mapped
from prune_tui.catalog.datasets.images import Data
from prune_tui.catalog.tasks.classification import Classification, MultiLabel
from prune_tui.catalog.tasks.regression import Regression, variances_of
from prune_tui.catalog.tasks.segmentation import Segmentation
from prune_tui.catalog.tasks.task import Task

NUM_EXAMPLES = 60
NUM_CLASSES = 4


def normal(*shape: int) -> torch.Tensor:
    return torch.randn(NUM_EXAMPLES, *shape, generator=torch.Generator().manual_seed(0))


def labels() -> torch.Tensor:
    return torch.randint(0, NUM_CLASSES, (NUM_EXAMPLES,), generator=torch.Generator().manual_seed(1))


def data_of(inputs: Tree, targets: torch.Tensor | None = None, task: Task | None = None) -> Data:
    """Forty examples to train on, ten to validate and ten to test."""
    targets = labels() if targets is None else targets

    def split(start: int, stop: int) -> TensorSplit:
        return TensorSplit(mapped(inputs, lambda part: part[start:stop]), targets[start:stop])

    return Data(split(0, 40), split(40, 50), split(50, 60), task or Classification(NUM_CLASSES))


def images() -> Data:
    return data_of(normal(3, 16, 16))


class Made(nn.Module):
    """A network of named parts, and the function of itself and its inputs that is its forward pass."""

    def __init__(self, run: Callable[..., object], **parts: nn.Module) -> None:
        super().__init__()
        self.run = run
        for name, part in parts.items():
            self.add_module(name, part)

    def forward(self, *inputs: Any, **named: Any) -> object:
        return self.run(self, *inputs, **named)


def convolutions() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.Conv2d(8, 16, 3, padding=1),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
    )


def body() -> nn.Sequential:
    return convolutions().append(nn.Linear(16, NUM_CLASSES))


def two_parts(run: Callable[..., object]) -> Made:
    return Made(run, features=convolutions(), head=nn.Linear(16, NUM_CLASSES))


@dataclass
class Answer:
    logits: torch.Tensor
    hidden: torch.Tensor


def frozen() -> nn.Module:
    return nn.Sequential(convolutions().requires_grad_(False), nn.Linear(16, NUM_CLASSES))


def viewing() -> nn.Module:
    def run(m: Any, x: torch.Tensor) -> torch.Tensor:
        x = F.max_pool2d(F.relu(m.conv2(F.relu(m.conv1(x)))), 2)
        scores: torch.Tensor = m.fc2(F.relu(m.fc1(x.view(x.size(0), -1))))
        return scores

    return Made(
        run,
        conv1=nn.Conv2d(3, 6, 5),
        conv2=nn.Conv2d(6, 8, 3),
        fc1=nn.Linear(8 * 5 * 5, 20),
        fc2=nn.Linear(20, NUM_CLASSES),
    )


def without_gradients() -> nn.Module:
    def run(m: Any, x: torch.Tensor) -> object:
        with torch.no_grad():
            features = m.features(x)
        return m.head(features)

    return two_parts(run)


def dict_out() -> nn.Module:
    def run(m: Any, x: torch.Tensor) -> object:
        features = m.features(x)
        return {"features": features, "logits": m.head(features)}

    return two_parts(run)


def tuple_out() -> nn.Module:
    def run(m: Any, x: torch.Tensor) -> object:
        features = m.features(x)
        return m.head(features), m.other(features)

    return Made(run, features=convolutions(), head=nn.Linear(16, NUM_CLASSES), other=nn.Linear(16, 3))


def dataclass_out() -> nn.Module:
    def run(m: Any, x: torch.Tensor) -> object:
        features = m.features(x)
        return Answer(m.head(features), features)

    return two_parts(run)


def weight_normed() -> nn.Module:
    module = body()
    parametrizations.weight_norm(module[0])
    parametrizations.spectral_norm(module[3])
    return module


def formerly_normed() -> nn.Module:
    module = body()
    nn.utils.weight_norm(module[0])
    nn.utils.spectral_norm(module[3])
    return module


def masked_before() -> nn.Module:
    module = body()
    prune.l1_unstructured(module[0], "weight", 0.5)  # type: ignore[no-untyped-call]
    return module


def lazy() -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.LazyLinear(20), nn.ReLU(), nn.LazyLinear(NUM_CLASSES))


def rows_of(x: torch.Tensor) -> torch.Tensor:
    """Images as sequences of their rows, [N, 16, 48]."""
    return x.permute(0, 2, 1, 3).flatten(2)


def lstm() -> nn.Module:
    def run(m: Any, x: torch.Tensor) -> object:
        return m.head(m.lstm(rows_of(x))[0][:, -1])

    return Made(run, lstm=nn.LSTM(48, 12, batch_first=True), head=nn.Linear(12, NUM_CLASSES))


def packed() -> nn.Module:
    def run(m: Any, x: torch.Tensor) -> object:
        lengths = torch.full((len(x),), 16)
        sequences = rnn.pack_padded_sequence(m.embed(rows_of(x)), lengths, batch_first=True)
        return m.head(m.gru(sequences)[1][-1])

    return Made(
        run,
        embed=nn.Linear(48, 10),
        gru=nn.GRU(10, 12, batch_first=True),
        head=nn.Linear(12, NUM_CLASSES),
    )


def attention() -> nn.Module:
    def run(m: Any, x: torch.Tensor) -> object:
        return m.head(m.encoder(m.embed(rows_of(x))).mean(1))

    layer = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)
    return Made(
        run,
        embed=nn.Linear(48, 16),
        encoder=nn.TransformerEncoder(layer, 1, enable_nested_tensor=False),
        head=nn.Linear(16, NUM_CLASSES),
    )


def tokens() -> Data:
    ids = torch.randint(0, 20, (NUM_EXAMPLES, 12), generator=torch.Generator().manual_seed(0))
    return data_of({"input_ids": ids, "attention_mask": torch.ones_like(ids)})


def token_network() -> nn.Module:
    def run(m: Any, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> object:
        x = m.embed(input_ids) * attention_mask.unsqueeze(2)
        x = x + m.down(F.gelu(m.up(x)))
        return {"logits": m.head(x.mean(1))}

    parts = {"up": nn.Linear(16, 32), "down": nn.Linear(32, 16), "head": nn.Linear(16, NUM_CLASSES)}
    return Made(run, embed=nn.Embedding(20, 16), **parts)


def pairs() -> Data:
    return data_of((normal(3, 16, 16), normal(5)))


def two_inputs() -> nn.Module:
    def run(m: Any, x: torch.Tensor, numbers: torch.Tensor) -> object:
        return m.head(torch.cat([m.features(x), F.relu(m.table(numbers))], 1))

    return Made(run, features=convolutions(), table=nn.Linear(5, 6), head=nn.Linear(22, NUM_CLASSES))


def signals() -> Data:
    return data_of(normal(3, 40))


def conv1d() -> nn.Module:
    first = (nn.Conv1d(3, 8, 3), nn.BatchNorm1d(8), nn.ReLU(), nn.Conv1d(8, 8, 3), nn.ReLU())
    return nn.Sequential(*first, nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(8, NUM_CLASSES))


def volumes() -> Data:
    return data_of(normal(1, 8, 8, 8))


def conv3d() -> nn.Module:
    first = (nn.Conv3d(1, 6, 3), nn.BatchNorm3d(6), nn.ReLU(), nn.Conv3d(6, 6, 3), nn.ReLU())
    return nn.Sequential(*first, nn.AdaptiveAvgPool3d(1), nn.Flatten(), nn.Linear(6, NUM_CLASSES))


def counting() -> nn.Module:
    def run(m: Any, x: torch.Tensor) -> object:
        m.passes = m.passes + 1
        return m.body(x)

    module = Made(run, body=body())
    module.register_buffer("passes", torch.zeros(()))
    return module


def remembering() -> nn.Module:
    def run(m: Any, x: torch.Tensor) -> object:
        m.seen = x.detach().mean((1, 2, 3))
        return m.body(x)

    module = Made(run, body=body())
    module.register_buffer("seen", torch.zeros(0))
    return module


def noisy() -> nn.Module:
    return Made(lambda m, x: m.body(x + torch.randn_like(x) / 10), body=body())


def checkpointed() -> nn.Module:
    def run(m: Any, x: torch.Tensor) -> object:
        return m.body[3:](checkpoint(m.body[:3], x, use_reentrant=False))

    return Made(run, body=body())


def experts() -> nn.Module:
    def run(m: Any, x: torch.Tensor) -> object:
        x = x.mean((2, 3))
        chosen, mixed = m.gate(x).argmax(1), torch.zeros(len(x), 8)
        for number, expert in enumerate(m.experts):
            here = chosen == number
            if here.any():
                mixed[here] = expert(x[here])
        return m.head(F.relu(mixed))

    parts = [nn.Linear(3, 8) for _ in range(4)]
    return Made(run, gate=nn.Linear(3, 4), experts=nn.ModuleList(parts), head=nn.Linear(8, NUM_CLASSES))


def with_unused_layer() -> nn.Module:
    return Made(lambda m, x: m.body(x), body=body(), unused=nn.Linear(7, 7))


def tied() -> nn.Module:
    def run(m: Any, x: torch.Tensor) -> object:
        return m.head(F.relu(m.second(F.relu(m.first(F.relu(m.stem(x)))))).mean((2, 3)))

    first, second = nn.Conv2d(8, 8, 3, padding=1), nn.Conv2d(8, 8, 3, padding=1)
    second.weight = first.weight
    return Made(run, stem=nn.Conv2d(3, 8, 1), first=first, second=second, head=nn.Linear(8, NUM_CLASSES))


def inplace_residual() -> nn.Module:
    def run(m: Any, x: torch.Tensor) -> object:
        x = F.relu(m.stem(x))
        y = m.conv(x)
        y += x
        return m.head(y.relu_().mean((2, 3)))

    parts = {"stem": nn.Conv2d(3, 8, 3, padding=1), "conv": nn.Conv2d(8, 8, 3, padding=1)}
    return Made(run, **parts, head=nn.Linear(8, NUM_CLASSES))


def all_at_once() -> nn.Module:
    return Made(lambda m, x: torch._foreach_mul([m.body(x)], 2.0)[0], body=body())


def compiled() -> nn.Module:
    module: nn.Module = torch.compile(body(), backend="eager")  # type: ignore[assignment]
    return module


def squeezing() -> nn.Module:
    return Made(lambda m, x: m.head(m.features[:7](x).squeeze()), features=convolutions(), head=body()[8])


def without_linear() -> nn.Module:
    last = (nn.Conv2d(8, NUM_CLASSES, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), *last)


def depthwise() -> nn.Module:
    first = (nn.Conv2d(3, 8, 1), nn.BatchNorm2d(8), nn.ReLU6())
    middle = (nn.Conv2d(8, 8, 3, groups=8, padding=1), nn.BatchNorm2d(8), nn.ReLU6(), nn.Conv2d(8, 6, 1))
    return nn.Sequential(*first, *middle, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, NUM_CLASSES))


def numbers() -> Data:
    inputs = normal(6)
    targets = inputs.sum(1)
    return data_of(inputs, targets, Regression(variances=variances_of(targets)))


def regression() -> nn.Module:
    return nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 1))


def several_labels() -> Data:
    return data_of(normal(3, 16, 16), (normal(NUM_CLASSES) > 0).long(), MultiLabel(NUM_CLASSES))


def pictures_of_classes() -> Data:
    inputs = normal(3, 16, 16)
    return data_of(inputs, (inputs.mean(1) > 0).long(), Segmentation(2))


def segmenting() -> nn.Module:
    first = (nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU())
    return nn.Sequential(*first, nn.Conv2d(8, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 2, 1))


def lone_batch_norm() -> nn.Module:
    first = (nn.Conv2d(3, 8, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 8))
    return nn.Sequential(*first, nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, NUM_CLASSES))


Odd = tuple[Callable[[], nn.Module], Callable[[], Data]]

ODD: Mapping[str, Odd] = {
    "frozen layers": (frozen, images),
    "view after pooling": (viewing, images),
    "features under no_grad": (without_gradients, images),
    "dict": (dict_out, images),
    "tuple with another head": (tuple_out, images),
    "dataclass": (dataclass_out, images),
    "weight norm and spectral norm": (weight_normed, images),
    "their older forms": (formerly_normed, images),
    "masks of torch.nn.utils.prune": (masked_before, images),
    "float16": (lambda: body().half(), images),
    "bfloat16": (lambda: body().bfloat16(), images),
    "float64": (lambda: body().double(), images),
    "lazy": (lazy, images),
    "LSTM": (lstm, images),
    "packed sequences": (packed, images),
    "attention": (attention, images),
    "tokens": (token_network, tokens),
    "two inputs": (two_inputs, pairs),
    "Conv1d": (conv1d, signals),
    "Conv3d": (conv3d, volumes),
    "buffer that counts": (counting, images),
    "buffer of another shape": (remembering, images),
    "noise": (noisy, images),
    "activation checkpointing": (checkpointed, images),
    "mixture of experts": (experts, images),
    "unused layer": (with_unused_layer, images),
    "shared weight": (tied, images),
    "in-place residual": (inplace_residual, images),
    "foreach": (all_at_once, images),
    "compiled": (compiled, images),
    "data parallel": (lambda: nn.DataParallel(body()), images),
    "squeeze": (squeezing, images),
    "convolution as classifier": (without_linear, images),
    "depthwise": (depthwise, images),
    "regression": (regression, numbers),
    "several labels": (body, several_labels),
    "segmentation": (segmenting, pictures_of_classes),
    "batch norm over single values": (lone_batch_norm, images),
}
