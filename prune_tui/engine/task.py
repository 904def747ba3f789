"""What a network is trained and scored for: its loss, and which of its answers are right."""

from dataclasses import dataclass

import torch
from torch import nn


@dataclass(frozen=True, slots=True)
class Classification:
    """One class an image: cross-entropy (nats), and the highest logit is the answer."""

    def loss(
        self, logits: torch.Tensor, labels: torch.Tensor, *, label_smoothing: float = 0.0
    ) -> torch.Tensor:
        """Return the mean loss of logits [N, classes] against labels [N]."""
        return nn.functional.cross_entropy(logits, labels, label_smoothing=label_smoothing)

    def total_loss(self, logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Return the sum of the losses of logits [N, classes]."""
        return nn.functional.cross_entropy(logits, labels, reduction="sum")

    def is_right(self, logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Say of each image whether its answer is right, [N]."""
        return logits.argmax(dim=1) == labels
