"""Small networks and data that tests of the library make in no time."""

import torch
from torch import nn

from prune_tui.catalog.datasets.images import Data as Prepared
from prune_tui.library.data import Data
from prune_tui.library.named import baseline, dataset, model


def lenet() -> nn.Module:
    """LeNet-5 as it was trained on the digits."""
    return model("lenet5", weights=baseline("lenet5", "digits"))


def digits() -> Prepared:
    return dataset("digits", progress=False)


class TwoInputs(nn.Module):
    """Numbers and a token each, in a dict; what is scored is in a dict, too."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens = nn.Embedding(10, 8)
        self.first = nn.Linear(16, 32)
        self.norm = nn.BatchNorm1d(32)
        self.last = nn.Linear(32, 3)

    def forward(self, numbers: torch.Tensor, token: torch.Tensor) -> dict[str, torch.Tensor]:
        both = torch.cat([numbers, self.tokens(token)], dim=1)
        return {"hidden": both, "classes": self.last(self.norm(self.first(both)).relu())}


def two_inputs(count: int = 200) -> Data:
    drawn = torch.Generator().manual_seed(0)
    numbers = torch.randn(count, 8, generator=drawn)
    token = torch.randint(10, (count,), generator=drawn)
    labels = (numbers[:, 0] > 0).long() + (token > 5).long()
    return Data(train=({"numbers": numbers, "token": token}, labels), output="classes")


def regression(count: int = 240) -> Data:
    drawn = torch.Generator().manual_seed(0)
    inputs = torch.randn(count, 6, generator=drawn)
    targets = inputs[:, :2].sum(dim=1) + 0.1 * torch.randn(count, generator=drawn)
    third = count // 3
    parts = [(inputs[at : at + third], targets[at : at + third]) for at in range(0, count, third)]
    return Data(train=parts[0], validation=parts[1], test=parts[2], task="regression")


def perceptron(seed: int = 0) -> nn.Sequential:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return nn.Sequential(nn.Linear(6, 64), nn.ReLU(), nn.Linear(64, 1))


def first(model: nn.Module) -> nn.Linear:
    """The first layer of a perceptron."""
    layer = model.get_submodule("0")
    assert isinstance(layer, nn.Linear)
    return layer
