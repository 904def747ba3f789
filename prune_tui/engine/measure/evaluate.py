"""The dataset on the device, and a network's accuracy and loss on one of its splits."""

from collections.abc import Generator
from dataclasses import dataclass

import torch
from torch import nn

from prune_tui.catalog.datasets.images import ImageData, Split
from prune_tui.core.run.events import BatchEvaluated
from prune_tui.engine.context import Clock
from prune_tui.engine.task import Classification

EVALUATION_BATCH_SIZE = 500


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Accuracy (a fraction of 1) and mean cross-entropy (nats) on a split."""

    accuracy: float
    loss: float


class DeviceData:
    """The dataset on the device as bytes, and the task of its networks."""

    def __init__(self, data: ImageData, device: torch.device) -> None:
        self.device, self.task = device, Classification()
        self.train, self.validation, self.test = (
            Split(split.images.to(device), split.labels.to(device))
            for split in (data.train, data.validation, data.test)
        )
        shape = (1, len(data.mean), 1, 1)
        self._offset = torch.tensor(data.mean, device=device).reshape(shape) * 255
        self._scale = 1 / (torch.tensor(data.std, device=device).reshape(shape) * 255)

    def normalised(self, images: torch.Tensor) -> torch.Tensor:
        """Return bytes [N, C, H, W] as floats of mean 0 and standard deviation 1 over the training set."""
        return (images.float() - self._offset) * self._scale


def evaluate(
    module: nn.Module, data: DeviceData, split: Split, clock: Clock
) -> Generator[BatchEvaluated, None, Evaluation]:
    """Evaluate a whole split; yields an event after each batch."""
    was_training = module.training
    module.eval()
    num_images = len(split.labels)
    num_batches = -(-num_images // EVALUATION_BATCH_SIZE)
    correct = torch.zeros((), dtype=torch.int64, device=data.device)
    loss = torch.zeros((), dtype=torch.float64 if data.device.type != "mps" else torch.float32)
    loss = loss.to(data.device)
    for batch in range(num_batches):
        part = slice(batch * EVALUATION_BATCH_SIZE, (batch + 1) * EVALUATION_BATCH_SIZE)
        with torch.inference_mode():
            logits = module(data.normalised(split.images[part]))
            labels = split.labels[part]
            correct += data.task.is_right(logits, labels).sum()
            loss += data.task.total_loss(logits, labels)
        yield BatchEvaluated(batch + 1, num_batches, clock())
    module.train(was_training)
    return Evaluation(accuracy=int(correct) / num_images, loss=float(loss) / num_images)
