"""A network of your own: `prune-tui --model examples/net.py:tied_residual` prunes it.

prune-tui calls the function, or the class, with `num_classes` if it takes that, and without arguments if not.
Nothing in here knows of prune-tui.
"""

import torch
from torch import nn


def tied_residual(num_classes: int) -> nn.Module:
    """For colour images of any size from 8×8 pixels."""
    return TiedResidual(channels=3, num_classes=num_classes)


def tied_residual_grey(num_classes: int) -> nn.Module:
    """For grey images, such as the bundled digits."""
    return TiedResidual(channels=1, num_classes=num_classes)


class TiedResidual(nn.Module):
    """Three blocks, of which two share their weights, each added in place to what it was given."""

    def __init__(self, *, channels: int, num_classes: int, width: int = 24) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(channels, width, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()
        )
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        self.again = nn.Conv2d(width, width, 3, padding=1)
        self.again.weight = self.first.weight
        self.head = nn.Linear(width, num_classes)

    def forward(self, images: torch.Tensor) -> dict[str, torch.Tensor]:
        """Images [N, channels, H, W] → class scores and what they are made of."""
        features = self.stem(images)
        for block in (self.first, self.second, self.again):
            features += torch.relu(block(features))
        pooled = features.mean(dim=(2, 3))
        return {"logits": self.head(pooled), "features": pooled}
