"""How accurate a network is before and after its weights share the values of a codebook."""

from dataclasses import dataclass

from torch import nn

from prune_tui.core.returning import drained
from prune_tui.engine.data import DeviceData
from prune_tui.engine.measure.evaluate import evaluate
from prune_tui.export.compact.network import with_tensors_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """The accuracy on the validation images, or what else the task calls its score, as fractions of 1."""

    name: str
    num_images: int
    before: float
    after: float


def scores_of(module: nn.Module, content: bytes, data: DeviceData) -> Scores:
    """Evaluate a module, and the same with the tensors of a compact file, on all validation images."""
    before, after = (
        drained(evaluate(each, data, data.validation, lambda: 0.0)).accuracy
        for each in (module, with_tensors_of(module, content))
    )
    return Scores(name=data.task.score_name, num_images=len(data.validation), before=before, after=after)
