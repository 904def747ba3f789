"""Knowledge distillation: the dense network as a teacher, and the loss against its outputs."""

from collections.abc import Generator, Iterable

import torch
from torch import nn

from prune_tui.core.run.events import BatchEvaluated
from prune_tui.core.session.recipe import DISTILLATION_TEMPERATURE
from prune_tui.engine.context import Clock


class Teacher:
    """A network whose logits are looked up or, for augmented images, computed."""

    def __init__(self, module: nn.Module) -> None:
        self._module = module.eval()
        self._table: torch.Tensor | None = None

    def tabulate(
        self, batches: Iterable[torch.Tensor], num_batches: int, clock: Clock
    ) -> Generator[BatchEvaluated, None, None]:
        """Compute the logits of all training images once, from batches of normalised images [N, C, H, W]."""
        if self._table is not None:
            return
        parts = []
        for number, batch in enumerate(batches, start=1):
            with torch.inference_mode():
                parts.append(self._module(batch))
            yield BatchEvaluated(number, num_batches, clock())
        self._table = torch.cat(parts).clone()

    def looked_up(self, chosen: torch.Tensor) -> torch.Tensor:
        """Return the logits of the training images at these indices, [N, classes]."""
        assert self._table is not None, "tabulate() first"
        return self._table[chosen]

    @torch.no_grad()
    def scores(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return the logits of normalised images [N, C, H, W], [N, classes]."""
        scores: torch.Tensor = self._module(inputs).float()
        return scores


def distillation_loss(scores: torch.Tensor, teachers: torch.Tensor) -> torch.Tensor:
    """Return T² · KL(teacher ‖ student) of logits [N, classes], mean over the batch (Hinton et al. 2015)."""
    temperature = DISTILLATION_TEMPERATURE
    divergence = nn.functional.kl_div(
        nn.functional.log_softmax(scores / temperature, dim=1),
        nn.functional.log_softmax(teachers / temperature, dim=1),
        reduction="batchmean",
        log_target=True,
    )
    return divergence * temperature**2
