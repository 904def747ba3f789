"""Evaluates a network on a split of the dataset: its score and its loss."""

from collections.abc import Generator
from dataclasses import dataclass

import torch
from torch import nn

from prune_tui.catalog.batches import Split
from prune_tui.core.run.events import BatchEvaluated
from prune_tui.engine.context import Clock
from prune_tui.engine.data import DeviceData
from prune_tui.engine.network.network import leave_inference


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The score of a split (a classifier's is its accuracy, a fraction of 1) and its mean loss."""

    accuracy: float
    loss: float


def evaluate(
    module: nn.Module, data: DeviceData, split: Split, clock: Clock
) -> Generator[BatchEvaluated, None, Evaluation]:
    """Evaluate a whole split; yields an event after each batch."""
    was_training = module.training
    module.eval()
    parts = data.parts(len(split))
    precise = torch.float64 if data.device.type != "mps" else torch.float32
    score = torch.zeros((), dtype=precise, device=data.device)
    loss = torch.zeros_like(score)
    batches = data.batches(split, parts)
    for number, batch in enumerate(batches, start=1):
        with torch.inference_mode():
            outputs = data.outputs(module, batch.inputs)
            score += data.task.scores(outputs, batch).to(precise).sum()
            loss += data.task.total_loss(outputs, batch)
        yield BatchEvaluated(number, len(parts), clock())
    leave_inference(module)
    module.train(was_training)
    return Evaluation(accuracy=as_accuracy(float(score) / len(split)), loss=float(loss) / len(split))


def as_accuracy(score: float) -> float:
    """Return a mean score as a fraction of 1; R² of a ruined network, below 0, counts as 0."""
    return min(1.0, max(0.0, score))
