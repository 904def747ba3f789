"""The base of all tasks: which of a network's outputs is scored, and what a task must answer."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch

from prune_tui.catalog.batches import Batch, Tree
from prune_tui.core.errors import ModelError

_USUAL_KEYS = ("logits", "out", "output", "scores", "prediction")
"""The names under which networks usually return what is scored."""


@dataclass(frozen=True, slots=True)
class Task(ABC):
    """What is scored of a network's outputs, and by what loss.

    `num_outputs` is the number of classes or values that a network must put out for an example, None if that
    is left to the network. `key` names the output that is scored where a network returns several: a key of a
    dict, a field, or a position; None takes the one with a usual name, or the first of a tuple.
    """

    name: ClassVar[str]
    score_name: ClassVar[str]
    """What the score of a split is called: a mean over examples, of which 1 is the best."""

    num_outputs: int | None = None
    key: str | int | None = None

    @property
    def chance(self) -> float | None:
        """The score of guessing, as a fraction of 1; None where it is not known."""
        return None

    @abstractmethod
    def loss(self, outputs: Tree, batch: Batch, *, label_smoothing: float = 0.0) -> torch.Tensor:
        """Return the mean loss over a batch, a scalar."""

    @abstractmethod
    def scores(self, outputs: Tree, batch: Batch) -> torch.Tensor:
        """Return the score of each example, [N]: a boolean, or a number that is 1 at best."""

    @abstractmethod
    def signal(self, outputs: Tree) -> torch.Tensor:
        """Return what two networks' outputs are compared by, float [N, values]."""

    def total_loss(self, outputs: Tree, batch: Batch) -> torch.Tensor:
        """Return the sum of the losses of the examples."""
        return self.loss(outputs, batch) * len(batch)

    def imitation(self, outputs: Tree, teachers: Tree) -> torch.Tensor:
        """Return the mean loss against a teacher's outputs: the mean squared error of the signals."""
        return (self.signal(outputs) - self.signal(teachers)).square().mean()

    def picked(self, outputs: object) -> Tree:
        """Return the output that is scored, from what a network returned.

        Raises:
            ModelError: it has no such output, or several without a usual name.
        """
        if self.key is not None:
            return output_at(outputs, self.key)
        if isinstance(outputs, torch.Tensor):
            return outputs
        named = _named(outputs)
        for key in _USUAL_KEYS:
            if isinstance(named.get(key), torch.Tensor):
                return named[key]
        values = list(named.values()) if named else outputs
        if isinstance(values, Sequence) and not isinstance(values, str):
            tensors = [value for value in values if isinstance(value, torch.Tensor)]
            if tensors and (len(tensors) == 1 or not named or isinstance(outputs, tuple)):
                return tensors[0]
        what = f"a {type(outputs).__name__} with {', '.join(named)}" if named else type(outputs).__name__
        raise ModelError(
            f"the network returns {what}: name the output to be scored (`output` of the dataset)"
        )


def tensor(outputs: Tree) -> torch.Tensor:
    """Return the outputs as the one tensor that they are, as float if they are of lower precision."""
    if not isinstance(outputs, torch.Tensor):
        raise ModelError(f"the output to be scored is a {type(outputs).__name__}: a tensor is wanted")
    return outputs.float() if outputs.dtype in (torch.float16, torch.bfloat16) else outputs


def output_at(outputs: object, key: str | int) -> Tree:
    """Return an output by its key, field or position.

    Raises:
        ModelError: there is none.
    """
    if isinstance(key, int) and isinstance(outputs, Sequence) and -len(outputs) <= key < len(outputs):
        by_position: Tree = outputs[key]
        return by_position
    named = _named(outputs)
    if isinstance(key, str) and key in named:
        return named[key]
    there = ", ".join(named) or f"a {type(outputs).__name__}"
    raise ModelError(f"the network has no output {key!r}: it returns {there}")


def _named(outputs: object) -> dict[str, Tree]:
    """Return the outputs that have names: those of a dict, a named tuple or a data class."""
    if isinstance(outputs, Mapping):
        return {str(key): value for key, value in outputs.items()}
    if isinstance(outputs, tuple) and hasattr(outputs, "_asdict"):
        return dict(outputs._asdict())
    fields = getattr(outputs, "__dataclass_fields__", None)
    return {name: getattr(outputs, name) for name in fields} if fields else {}
