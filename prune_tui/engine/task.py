"""The task of a network: its loss, and which outputs are right."""

from dataclasses import dataclass

import torch
from torch import nn


@dataclass(frozen=True, slots=True)
class Classification:
    """One class per image: cross-entropy in nats; the highest logit is the predicted class."""

    def loss(
        self, logits: torch.Tensor, labels: torch.Tensor, *, label_smoothing: float = 0.0
    ) -> torch.Tensor:
        """Return the mean loss of logits [N, classes] against labels [N]."""
        return nn.functional.cross_entropy(logits, labels, label_smoothing=label_smoothing)

    def total_loss(self, logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Return the sum of the losses of logits [N, classes] against labels [N]."""
        return nn.functional.cross_entropy(logits, labels, reduction="sum")

    def is_right(self, logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Return for each image whether the predicted class is right, a boolean [N]."""
        return logits.argmax(dim=1) == labels
