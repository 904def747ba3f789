"""The cheapest plan of a size or speed for units, priced as the shrunk network that it becomes.

What a unit saves depends on how many units of the layers before and after it are left, so savings don't add
up. The hulls are built on what each group saves on its own, with the others as they are in the last plan
found; the walk along them stops by the true price.
"""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass

from prune_tui.core.planning.groups import PruningGroup
from prune_tui.core.planning.price import kept_units, num_pruned
from prune_tui.core.planning.solving.problem import Problem, amount, most_allowed
from prune_tui.core.planning.target import Target, TargetKind
from prune_tui.core.planning.tradeoffs import (
    FINE_STEPS,
    Tradeoff,
    coarse_levels,
    cost_at,
    groups_to_move,
    hull_steps,
    tradeoff_of,
)
from prune_tui.core.shrinking import NetworkShape, Shrinking

MAX_WALKS = 4


@dataclass(frozen=True, slots=True)
class _Sought:
    """A problem with units, its target, and how much may be left of what that counts."""

    problem: Problem
    shape: NetworkShape
    target: Target
    allowed: int

    def shrinking(self, plan: Mapping[str, float]) -> Shrinking:
        """Return the network shrunk by a plan and the locked groups."""
        return Shrinking(self.shape, kept_units(self.shape, {**self.problem.locked, **plan}))

    def is_met(self, shrinking: Shrinking) -> bool:
        return amount(self.target.kind, shrinking.counts) <= self.allowed

    def is_met_with(self, shrinking: Shrinking, name: str, sparsity: float) -> bool:
        """Whether the target is met with another sparsity of one group."""
        return _left_with(self.target.kind, self.shape, shrinking, name, sparsity) <= self.allowed

    def cost(self, plan: Mapping[str, float]) -> float:
        return sum(cost_at(self.problem.predictor, name, sparsity) for name, sparsity in plan.items())


def cheapest_units(problem: Problem, shape: NetworkShape, target: Target) -> dict[str, float] | None:
    """Return the cheapest plan found that only just meets a target; None if none does."""
    sought = _Sought(problem, shape, target, most_allowed(target, problem.price({})))
    if sought.is_met(sought.shrinking({})):
        return {}
    best: dict[str, float] = {}
    for _ in range(MAX_WALKS):
        tradeoffs = unit_tradeoffs(target.kind, problem, shape, best)
        if not sought.is_met(sought.shrinking({one.name: one.levels[-1] for one in tradeoffs})):
            return best or None
        found = _trimmed(sought, tradeoffs, _walked(sought, tradeoffs))
        if best and sought.cost(found) >= sought.cost(best):
            break
        best = found
    return best


def unit_tradeoffs(
    kind: TargetKind, problem: Problem, shape: NetworkShape, plan: Mapping[str, float]
) -> tuple[Tradeoff, ...]:
    """Return the trade-offs of the groups that may move, the others each being as in a plan."""
    moving = groups_to_move(problem.groups, problem.predictor, problem.locked)
    whole = Shrinking(shape, kept_units(shape, {**problem.locked, **plan}))
    return tuple(_tradeoff(kind, problem, whole, group) for group in moving if shape.group(group.name))


def _tradeoff(kind: TargetKind, problem: Problem, whole: Shrinking, group: PruningGroup) -> Tradeoff:
    own = whole.shape.group(group.name)
    assert own is not None
    num_steps = min(own.units, FINE_STEPS)
    dense = _left_with(kind, whole.shape, whole, group.name, 0.0)
    return tradeoff_of(
        group,
        problem.predictor,
        coarse_levels(num_steps),
        lambda sparsity: dense - _left_with(kind, whole.shape, whole, group.name, sparsity),
        num_steps=num_steps,
    )


def _left_with(
    kind: TargetKind, shape: NetworkShape, shrinking: Shrinking, name: str, sparsity: float
) -> int:
    group = shape.group(name)
    assert group is not None
    return amount(kind, shrinking.counts_with(name, group.units - num_pruned(group.units, sparsity)))


def _walked(sought: _Sought, tradeoffs: tuple[Tradeoff, ...]) -> dict[str, float]:
    """Follow the hulls until the target is met; return the cheapest plan that the last two steps lead to."""
    steps = hull_steps(tradeoffs)

    def climbed(num_steps: int) -> dict[str, float]:
        plan = dict.fromkeys((one.name for one in tradeoffs), 0.0)
        for number, high in steps[:num_steps]:
            plan[tradeoffs[number].name] = tradeoffs[number].levels[high]
        return plan

    last = bisect_left(
        range(1, len(steps)), True, key=lambda count: sought.is_met(sought.shrinking(climbed(count)))
    )
    best = climbed(last + 1)
    least = sought.cost(best)
    for start in (climbed(last), climbed(last + 1)):
        shrinking = sought.shrinking(start)
        for tradeoff in tradeoffs:
            sparsity = _least(sought, shrinking, tradeoff, tradeoff.levels[-1])
            if sparsity is not None:
                found = {**start, tradeoff.name: sparsity}
                if sought.cost(found) < least:
                    best, least = found, sought.cost(found)
    return best


def _trimmed(sought: _Sought, tradeoffs: tuple[Tradeoff, ...], plan: dict[str, float]) -> dict[str, float]:
    """Give units back while the target is still met, first those whose cost this reduces most."""
    trimmed = dict(plan)
    while True:
        shrinking, spent = sought.shrinking(trimmed), sought.cost(trimmed)
        lowered = [
            {**trimmed, one.name: sparsity}
            for one in tradeoffs
            if (sparsity := _least(sought, shrinking, one, trimmed[one.name])) is not None
            and sparsity < trimmed[one.name]
        ]
        best = min(lowered, key=sought.cost, default=None)
        if best is None or sought.cost(best) >= spent:
            return trimmed
        trimmed = best


def _least(sought: _Sought, shrinking: Shrinking, tradeoff: Tradeoff, highest: float) -> float | None:
    """Return the lowest sparsity of a group, up to `highest`, that meets the target; None if none does."""
    if not sought.is_met_with(shrinking, tradeoff.name, highest):
        return None
    steps = range(tradeoff.step_of(highest))
    least = bisect_left(
        steps,
        True,
        key=lambda step: sought.is_met_with(shrinking, tradeoff.name, tradeoff.sparsity_at(step)),
    )
    return tradeoff.sparsity_at(least)
