"""A task of the user's own: one function that gives the loss and the scores."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import torch

from prune_tui.catalog.batches import Batch, Tree, tensors_of
from prune_tui.catalog.tasks.task import Task
from prune_tui.core.errors import DataError

LossAndScore = Callable[[Tree, Batch], tuple[torch.Tensor, torch.Tensor]]
"""(outputs, batch) → the mean loss, a scalar, and the score of each example [N] or of the whole batch."""


@dataclass(frozen=True, slots=True)
class OwnTask(Task):
    """A user's own loss and score, of which 1 is the best.

    The function gets the outputs as the network returns them, unless `key` picks one. The intervals of a scan
    hold for scores between 0 and 1 for each example; they are approximate for others, and for a score of the
    whole batch.
    """

    name: ClassVar[str] = "own"
    score_name: ClassVar[str] = "score"

    function: LossAndScore | None = None

    def loss(self, outputs: Tree, batch: Batch, *, label_smoothing: float = 0.0) -> torch.Tensor:  # noqa: ARG002
        return self._answer(outputs, batch)[0]

    def scores(self, outputs: Tree, batch: Batch) -> torch.Tensor:
        return self._answer(outputs, batch)[1]

    def signal(self, outputs: Tree) -> torch.Tensor:
        parts = [part.float() for part in tensors_of(outputs) if part.is_floating_point()]
        return torch.cat([part.reshape(len(part), -1) for part in parts], dim=1)

    def picked(self, outputs: object) -> Tree:
        if self.key is not None:
            # Zero-argument super() knows no class made anew for its slots.
            return Task.picked(self, outputs)
        return outputs  # type: ignore[return-value]

    def _answer(self, outputs: Tree, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        assert self.function is not None
        answer = self.function(outputs, batch)
        if not (isinstance(answer, tuple) and len(answer) == 2):
            raise DataError("the task's function must return (loss, score): see docs/YOUR-DATA.md")
        loss, score = answer
        scores = torch.as_tensor(score, dtype=torch.float32, device=loss.device).detach()
        if scores.dim() == 0:
            scores = scores.expand(len(batch))
        if loss.dim() or scores.shape != (len(batch),):
            raise DataError(
                f"the task's function returned a loss of shape {tuple(loss.shape)} and scores of shape "
                f"{tuple(scores.shape)}: a scalar and [{len(batch)}] are wanted"
            )
        return loss, scores
