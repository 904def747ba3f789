"""Segmentation: one class a pixel."""

from dataclasses import dataclass
from typing import ClassVar, Final

import torch
from torch import nn

from prune_tui.catalog.batches import Batch, Tree
from prune_tui.catalog.tasks.task import Task, tensor

IGNORED: Final = 255
"""The label of pixels that count for nothing."""


@dataclass(frozen=True, slots=True)
class Segmentation(Task):
    """One class a pixel: cross-entropy; logits are [N, classes, H, W], labels whole numbers [N, H, W].

    The score of an image is its mean IoU: intersection / union of each class that is predicted or true in it,
    averaged over these classes. A split's score is the mean over its images, not the IoU of all its pixels.
    """

    name: ClassVar[str] = "segmentation"
    score_name: ClassVar[str] = "mIoU"

    def loss(self, outputs: Tree, batch: Batch, *, label_smoothing: float = 0.0) -> torch.Tensor:
        labels = tensor(batch.targets).long()
        return nn.functional.cross_entropy(
            tensor(outputs), labels, ignore_index=IGNORED, label_smoothing=label_smoothing
        )

    def scores(self, outputs: Tree, batch: Batch) -> torch.Tensor:
        logits, labels = tensor(outputs), tensor(batch.targets)
        count, classes = logits.shape[:2]
        predicted = logits.argmax(dim=1)
        image = torch.arange(count, device=labels.device).reshape(-1, 1, 1) * classes
        counts_most = labels != IGNORED

        def per_class(at: torch.Tensor, where: torch.Tensor) -> torch.Tensor:
            found = torch.bincount((image + at)[where], minlength=count * classes)
            return found.reshape(count, classes).float()

        both = per_class(predicted, counts_most & (predicted == labels))
        union = per_class(predicted, counts_most) + per_class(labels, counts_most) - both
        is_there = union > 0
        return (both / union.clamp_min(1)).sum(dim=1) / is_there.sum(dim=1).clamp_min(1)

    def signal(self, outputs: Tree) -> torch.Tensor:
        logits = tensor(outputs).float()
        return (logits - logits.mean(dim=1, keepdim=True)).flatten(1)
