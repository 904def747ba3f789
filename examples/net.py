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
    """Two blocks whose first layers share their weights, to each of which its input is added in place."""

    def __init__(self, *, channels: int, num_classes: int, width: int = 24) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(channels, width, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()
        )
        self.first = nn.Conv2d(width, 2 * width, 3, padding=1)
        self.second = nn.Conv2d(2 * width, width, 3, padding=1)
        self.again = nn.Conv2d(width, 2 * width, 3, padding=1)
        self.again.weight = self.first.weight
        self.last = nn.Conv2d(2 * width, width, 3, padding=1)
        self.head = nn.Linear(width, num_classes)

    def forward(self, images: torch.Tensor) -> dict[str, torch.Tensor]:
        """Images [N, channels, H, W] → class scores and what they are made of."""
        features = self.stem(images)
        for wide, narrow in ((self.first, self.second), (self.again, self.last)):
            changed = narrow(torch.relu(wide(features)))
            changed += features
            features = torch.relu(changed)
        pooled = features.mean(dim=(2, 3))
        return {"logits": self.head(pooled), "features": pooled}
