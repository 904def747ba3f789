"""Plans that were evaluated on validation images: how accurate they are, and how certain that is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from prune_tui.core.fields import Count, Data, Fraction
from prune_tui.core.session.decisions import Prune
from prune_tui.core.session.rounds import OneShot

MAX_KEPT: Final = 200
"""The newest plans that are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredPlan(Data):
    """A plan's accuracy right after pruning, before any fine-tuning.

    `decision` prunes to it in one shot; `after` is the number of decisions before it where it goes on from
    the pruned network, else None. `accuracy` is the dense network's on all `num_total` validation images plus
    the difference on `num_images` of them, `half_width` half the 95 % interval of that difference, as a
    fraction of 1; 0 once all images are seen.
    """

    decision: Prune
    after: Count | None
    accuracy: Fraction
    half_width: float
    num_images: Count
    num_total: Count

    @property
    def is_complete(self) -> bool:
        """Whether all images were seen."""
        return self.num_images >= self.num_total


@dataclass(frozen=True, slots=True, kw_only=True)
class PolishedPlan(Data):
    """The best plan found by evaluating plans that meet the same target.

    `start` is the plan it began with, of which `start_accuracy` was measured, a fraction of 1. `num_plans`
    were evaluated in so many `seconds`.
    """

    target: str
    start: Prune
    start_accuracy: Fraction
    found: MeasuredPlan
    num_plans: Count
    seconds: float


def in_one_shot(decision: Prune) -> Prune:
    """Return the decision that prunes to the same plan in one shot, and retrains nothing."""
    return replace(
        decision,
        schedule=OneShot(),
        finetune=None,
        finetune_last=None,
        rewind=None,
        stopped_after_epochs=None,
    )


def start_of(decision: Prune, num_decisions: int) -> int | None:
    """Return after how many decisions a plan starts, if it goes on from the pruned network."""
    return num_decisions if decision.start_from == "pruned" else None


def measured_plan(known: Sequence[MeasuredPlan], decision: Prune, num_decisions: int) -> MeasuredPlan | None:
    """Return what is known of a plan that is to be the next decision; None if it was not measured."""
    wanted, after = in_one_shot(decision), start_of(decision, num_decisions)
    return next((one for one in reversed(known) if one.after == after and one.decision == wanted), None)


def with_measured(known: Sequence[MeasuredPlan], newest: MeasuredPlan) -> tuple[MeasuredPlan, ...]:
    """Return the plans with the newest figures of one, unless more images are known; the oldest go first."""
    others, same = list[MeasuredPlan](), list[MeasuredPlan]()
    for one in known:
        is_same = (one.after, one.decision) == (newest.after, newest.decision)
        (same if is_same else others).append(one)
    best = max((newest, *same), key=lambda one: one.num_images)
    return (*others, best)[-MAX_KEPT:]
