"""The criteria a user can pick: one file a family, one line here to add one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from prune_tui.catalog.lookup import entry_named, load_function

if TYPE_CHECKING:
    import torch

    WeightScores = Callable[[torch.Tensor, torch.Generator], torch.Tensor]
    """(weight, random state) → scores of the weight's shape, ≥ 0; higher is kept."""


@dataclass(frozen=True, slots=True)
class CriterionEntry:
    """A criterion by name; `scores` is `module:function` of the type `WeightScores`.

    A unit's score is the mean of its weights' scores, which ranks units of one layer as the sum does and
    keeps units of different layers comparable.
    """

    name: str
    description: str
    scores: str

    def load(self) -> "WeightScores":
        """Return the function that scores weights."""
        function: WeightScores = load_function(self.scores)
        return function


_MODULE: Final = "prune_tui.catalog.criteria.magnitude"

CRITERIA: Final[Mapping[str, CriterionEntry]] = {
    entry.name: entry
    for entry in (
        CriterionEntry("l1", "smallest |w| goes first (Han et al. 2015)", f"{_MODULE}:l1"),
        CriterionEntry("l2", "smallest w² goes first; for units, the L2 norm", f"{_MODULE}:l2"),
        CriterionEntry("random", "drawn by the seed; the control", f"{_MODULE}:random"),
    )
}


def criterion_entry(name: str) -> CriterionEntry:
    """Return the criterion called `name`, or raise `UnknownNameError`."""
    return entry_named("criterion", name, CRITERIA)
