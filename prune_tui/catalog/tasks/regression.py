"""Regression: one number an example, or several."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn

from prune_tui.catalog.batches import Batch, Tree
from prune_tui.catalog.tasks.task import Task, tensor
from prune_tui.core.errors import ModelError


@dataclass(frozen=True, slots=True)
class Regression(Task):
    """Numbers to be predicted: mean squared error; outputs and targets are [N] or [N, values].

    The score of an example is 1 − its squared error / the variance of the training targets, so that a split's
    score is R² against the training set's mean. It has no lower bound: the intervals of a scan are then
    approximate. `variances` holds that of each value.
    """

    name: ClassVar[str] = "regression"
    score_name: ClassVar[str] = "R²"

    variances: tuple[float, ...] = (1.0,)

    @property
    def chance(self) -> float | None:
        """R² of always saying the mean."""
        return 0.0

    def loss(self, outputs: Tree, batch: Batch, *, label_smoothing: float = 0.0) -> torch.Tensor:  # noqa: ARG002
        predicted = tensor(outputs)
        return nn.functional.mse_loss(predicted, _like(batch.targets, predicted))

    def scores(self, outputs: Tree, batch: Batch) -> torch.Tensor:
        predicted = tensor(outputs)
        errors = (predicted - _like(batch.targets, predicted)).flatten(1 if predicted.dim() > 1 else 0)
        squares = errors.reshape(len(predicted), -1).float().square()
        return 1 - (squares / squares.new_tensor(self.variances)).mean(dim=1)

    def signal(self, outputs: Tree) -> torch.Tensor:
        predicted = tensor(outputs).float()
        return predicted.reshape(len(predicted), -1)


def variances_of(targets: torch.Tensor) -> tuple[float, ...]:
    """Return the variance of each value of the targets [N] or [N, values]; 1 where it does not vary."""
    values = targets.reshape(len(targets), -1).double()
    return tuple(variance or 1.0 for variance in values.var(dim=0, unbiased=False).tolist())


def _like(targets: Tree, predicted: torch.Tensor) -> torch.Tensor:
    """Return the targets in the outputs' shape and type: [N] and [N, 1] are the same.

    Raises:
        ModelError: they differ otherwise.
    """
    wanted = tensor(targets)
    given, values = ([size for size in each.shape[1:] if size != 1] for each in (predicted, wanted))
    if len(wanted) != len(predicted) or given != values:
        raise ModelError(
            f"the network puts out {list(predicted.shape)} for targets of {list(wanted.shape)}: the same "
            "values for each example are wanted"
        )
    return wanted.to(predicted.dtype).reshape(predicted.shape)
