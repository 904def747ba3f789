"""A solved plan to be polished: what may move, and what its target allows."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from prune_tui.core.planning.solving.neighbours import Plan
from prune_tui.core.planning.solving.problem import Problem, accuracy_floor, amount, most_allowed
from prune_tui.core.planning.target import Target, TargetKind
from prune_tui.core.session.decisions import Prune

SECONDS = 1.5
"""How long plans are tried, unless told otherwise."""


@dataclass(frozen=True, slots=True)
class Polish:
    """A decision whose plan was solved for a target, and the problem that was solved."""

    decision: Prune
    target: Target
    problem: Problem
    seconds: float = SECONDS

    @property
    def moving(self) -> dict[str, float]:
        """The sparsity of each group that may move."""
        plan = self.decision.plan
        assert isinstance(plan, Mapping), "a budget is shared out among groups"
        return {
            group.name: plan.get(group.name, 0.0)
            for group in self.problem.groups
            if group.is_free
            and group.name not in self.problem.locked
            and group.name in self.problem.predictor.logit_errors
        }

    def with_plan(self, plan: Plan) -> Prune:
        """Return the decision with another plan for the groups that may move."""
        whole = {**self.problem.locked, **plan}
        return replace(self.decision, plan={name: at for name, at in whole.items() if at > 0})

    def saves_enough(self, plan: Plan) -> bool:
        """Return whether a plan meets the part of the target that is of size or speed."""
        size = self.target.of_size
        if size is None:
            return True
        paid = self.problem.price(plan)
        return amount(size.kind, paid) <= most_allowed(size, paid)

    def left(self, plan: Plan) -> int:
        """Return how much a plan leaves of what the target counts."""
        size = self.target.of_size
        kind: TargetKind = "compression_ratio" if size is None else size.kind
        return amount(kind, self.problem.price(plan))

    @property
    def floor(self) -> float | None:
        """The least accuracy that the target allows; None if it allows any."""
        part = self.target.of_accuracy
        return None if part is None else accuracy_floor(part, self.problem.scan.dense_accuracy)
