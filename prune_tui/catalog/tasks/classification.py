"""Classification: one class an example, or several (multi-label)."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn

from prune_tui.catalog.batches import Batch, Tree
from prune_tui.catalog.tasks.task import Task, tensor
from prune_tui.core.session.recipe import DISTILLATION_TEMPERATURE


@dataclass(frozen=True, slots=True)
class Classification(Task):
    """One class an example: cross-entropy in nats; the highest logit is the predicted class.

    Logits are [N, classes], labels whole numbers [N].
    """

    name: ClassVar[str] = "classification"
    score_name: ClassVar[str] = "accuracy"

    @property
    def chance(self) -> float | None:
        return 1 / self.num_outputs if self.num_outputs else None

    def loss(self, outputs: Tree, batch: Batch, *, label_smoothing: float = 0.0) -> torch.Tensor:
        labels = tensor(batch.targets).long()
        return nn.functional.cross_entropy(tensor(outputs), labels, label_smoothing=label_smoothing)

    def total_loss(self, outputs: Tree, batch: Batch) -> torch.Tensor:
        return nn.functional.cross_entropy(tensor(outputs), tensor(batch.targets).long(), reduction="sum")

    def scores(self, outputs: Tree, batch: Batch) -> torch.Tensor:
        return tensor(outputs).argmax(dim=1) == tensor(batch.targets)

    def signal(self, outputs: Tree) -> torch.Tensor:
        """Return the logits with mean 0 for each example: a constant changes no prediction."""
        logits = tensor(outputs).float()
        return logits - logits.mean(dim=1, keepdim=True)

    def imitation(self, outputs: Tree, teachers: Tree) -> torch.Tensor:
        """Return T² · KL(teacher ‖ student), mean over the batch (Hinton et al. 2015)."""
        divergence = nn.functional.kl_div(
            nn.functional.log_softmax(tensor(outputs) / DISTILLATION_TEMPERATURE, dim=1),
            nn.functional.log_softmax(tensor(teachers) / DISTILLATION_TEMPERATURE, dim=1),
            reduction="batchmean",
            log_target=True,
        )
        return divergence * DISTILLATION_TEMPERATURE**2


@dataclass(frozen=True, slots=True)
class MultiLabel(Task):
    """Any number of classes an example: binary cross-entropy; logits above 0 predict their classes.

    Logits and targets are [N, classes], targets 0 or 1. The score of an example is the F1 of its predicted
    classes, 2 · right / (predicted + true), and 1 where there are neither.
    """

    name: ClassVar[str] = "multi_label"
    score_name: ClassVar[str] = "F1"

    def loss(self, outputs: Tree, batch: Batch, *, label_smoothing: float = 0.0) -> torch.Tensor:
        logits, targets = tensor(outputs), tensor(batch.targets)
        smoothed = targets.to(logits.dtype) * (1 - label_smoothing) + label_smoothing / 2
        return nn.functional.binary_cross_entropy_with_logits(logits, smoothed)

    def scores(self, outputs: Tree, batch: Batch) -> torch.Tensor:
        predicted, true = tensor(outputs) > 0, tensor(batch.targets) > 0.5
        right = (predicted & true).flatten(1).sum(dim=1).float()
        total = (predicted.flatten(1).sum(dim=1) + true.flatten(1).sum(dim=1)).float()
        return torch.where(total > 0, 2 * right / total.clamp_min(1), torch.ones_like(total))

    def signal(self, outputs: Tree) -> torch.Tensor:
        return tensor(outputs).float().flatten(1)
