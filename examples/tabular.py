"""A table of numbers and a network that predicts two more: a regression.

`prune-tui --model examples/tabular.py:network --dataset examples/tabular.py:data` opens the two.
The numbers are made up; nothing in here knows of prune-tui.
"""

import torch
from torch import nn

NUM_FEATURES, NUM_ROWS = 12, 3_000


def data() -> dict[str, object]:
    """Tensors: one row of `features` and of `targets` for each example."""
    random_state = torch.Generator().manual_seed(0)
    features = torch.randn(NUM_ROWS, NUM_FEATURES, generator=random_state)
    noise = 0.1 * torch.randn(NUM_ROWS, 2, generator=random_state)
    price = features[:, 0] * features[:, 1] + features[:, 2].abs()
    demand = torch.sin(2 * features[:, 3]) + 0.5 * features[:, 4]
    targets = torch.stack([price, demand], dim=1) + noise
    return {"train": (features, targets), "task": "regression"}


def network() -> nn.Module:
    """A perceptron with two outputs."""
    return nn.Sequential(
        nn.Linear(NUM_FEATURES, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2)
    )
