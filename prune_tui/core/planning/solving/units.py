"""The cheapest plan of a size or speed for units, priced as the shrunk network that it becomes.

What a unit saves depends on how many units of the layers before and after it are left, so savings don't add
up. The hulls are built on what each group saves on its own, with the others as they are in the last plan
found; the walk along them stops by what is left of the whole network.
"""

from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from prune_tui.core.planning.groups import PruningGroup
from prune_tui.core.planning.price import kept_units
from prune_tui.core.planning.solving.problem import Problem, amount, most_allowed
from prune_tui.core.planning.solving.remaining import Remaining, remaining_of
from prune_tui.core.planning.target import Target, TargetKind
from prune_tui.core.planning.tradeoffs import (
    HIGHEST,
    Tradeoff,
    cost_at,
    groups_to_move,
    hull_steps,
    tradeoff_of,
)
from prune_tui.core.shrinking import NetworkShape, UnitGroup

MAX_WALKS = 4
MAX_TIGHTENINGS = 4
MAX_LEVELS = 400


@dataclass(frozen=True, slots=True)
class _Sought:
    """The groups that may move, what is left of what a target counts, and how much of that may be."""

    problem: Problem
    groups: Mapping[str, UnitGroup]
    remaining: Remaining
    allowed: float

    def left(self, plan: Mapping[str, float]) -> dict[str, int]:
        """Return how many units of each group a plan leaves."""
        return {name: _num_left(group, plan.get(name, 0.0)) for name, group in self.groups.items()}

    def is_met(self, plan: Mapping[str, float]) -> bool:
        return self.remaining.at(self.left(plan)) <= self.allowed

    def cost(self, plan: Mapping[str, float]) -> float:
        return sum(cost_at(self.problem.predictor, name, sparsity) for name, sparsity in plan.items())


def cheapest_units(problem: Problem, shape: NetworkShape, target: Target) -> dict[str, float] | None:
    """Return the cheapest plan found that only just meets a target; None if none does."""
    groups = _moving(problem, shape)
    dense = problem.price({})
    most = allowed = most_allowed(target, dense)
    if amount(target.kind, dense) <= most:
        return {}
    highest = highest_units(problem, shape)
    if amount(target.kind, problem.price(highest)) > most:
        return None
    remaining = _remaining(target.kind, problem, shape)
    for _ in range(MAX_TIGHTENINGS):
        found = _cheapest(_Sought(problem, groups, remaining, allowed))
        excess = amount(target.kind, problem.price(found)) - most
        if excess <= 0:
            return found
        allowed -= excess  # what is left is only nearly a polynomial, see `Remaining`
    return highest


def highest_units(problem: Problem, shape: NetworkShape) -> dict[str, float]:
    """Return the plan that prunes most."""
    return {name: levels_of(group)[-1] for name, group in _moving(problem, shape).items()}


def unit_tradeoffs(kind: TargetKind, problem: Problem, shape: NetworkShape) -> tuple[Tradeoff, ...]:
    """Return the trade-offs of the groups that may move, the others being dense."""
    return _tradeoffs(_Sought(problem, _moving(problem, shape), _remaining(kind, problem, shape), 0), {})


def levels_of(group: UnitGroup) -> tuple[float, ...]:
    """Return the rising sparsities that leave a multiple of the group's step, or all of its units."""
    fewest = group.num_left(max(1, group.units - round(group.units * HIGHEST)))
    lefts = range(group.units // group.step * group.step, fewest - 1, -group.step)
    levels = {round(1 - left / group.units, 4) for left in lefts}
    return tuple(sorted({0.0, *levels}))


def _num_left(group: UnitGroup, sparsity: float) -> int:
    return group.num_left(max(1, group.units - round(group.units * sparsity)))


def _moving(problem: Problem, shape: NetworkShape) -> dict[str, UnitGroup]:
    names = {group.name for group in groups_to_move(problem.groups, problem.predictor, problem.locked)}
    return {group.name: group for group in shape.groups if group.name in names}


def _remaining(kind: TargetKind, problem: Problem, shape: NetworkShape) -> Remaining:
    kept, moving = kept_units(shape, problem.locked), _moving(problem, shape)
    fixed = [group for group in shape.groups if group.name not in moving]
    return remaining_of(kind, shape, {group.name: group.num_left(kept[group.name]) for group in fixed})


def _cheapest(sought: _Sought) -> dict[str, float]:
    """Walk along the hulls, and again along those of the plan found, until no cheaper plan is found."""
    best: dict[str, float] = {}
    for _ in range(MAX_WALKS):
        tradeoffs = _tradeoffs(sought, best)
        if not sought.is_met({one.name: one.levels[-1] for one in tradeoffs}):
            break
        found = _trimmed(sought, tradeoffs, _walked(sought, tradeoffs))
        if best and sought.cost(found) >= sought.cost(best):
            break
        best = found
    return best or {name: levels_of(group)[-1] for name, group in sought.groups.items()}


def _tradeoffs(sought: _Sought, plan: Mapping[str, float]) -> tuple[Tradeoff, ...]:
    start = _start(sought, plan)
    by_name = {group.name: group for group in sought.problem.groups}
    return tuple(_tradeoff(start, by_name[name], levels_of(group)) for name, group in sought.groups.items())


def _tradeoff(start: "_Start", group: PruningGroup, levels: tuple[float, ...]) -> Tradeoff:
    left_at = start.along(group.name)
    coarse = levels[:: 1 + len(levels) // MAX_LEVELS]
    return tradeoff_of(
        group,
        partial(cost_at, start.sought.problem.predictor, group.name),
        coarse if coarse[-1] == levels[-1] else (*coarse, levels[-1]),
        lambda sparsity: left_at(0.0) - left_at(sparsity),
        finest=levels,
    )


@dataclass(frozen=True, slots=True)
class _Start:
    """A plan from which one group is moved: the units that it leaves, and what is left of the whole."""

    sought: _Sought
    left: Mapping[str, int]
    total: float

    def along(self, name: str) -> Callable[[float], float]:
        """Return what is left as one group moves to a sparsity."""
        group = self.sought.groups[name]
        coefficients = self.sought.remaining.along(name, self.left)
        here = self.left[name]
        rest: float = self.total - sum(factor * here**power for power, factor in coefficients)

        def left_at(sparsity: float) -> float:
            units = _num_left(group, sparsity)
            moved: float = sum(factor * units**power for power, factor in coefficients)
            return rest + moved

        return left_at

    def least(self, tradeoff: Tradeoff, highest: float) -> float | None:
        """Return the lowest sparsity of a group up to `highest` that meets the target; None if none does."""
        left_at, allowed = self.along(tradeoff.name), self.sought.allowed
        if left_at(highest) > allowed:
            return None
        least = bisect_left(
            range(tradeoff.step_of(highest)),
            True,
            key=lambda step: left_at(tradeoff.sparsity_at(step)) <= allowed,
        )
        return tradeoff.sparsity_at(least)


def _start(sought: _Sought, plan: Mapping[str, float]) -> _Start:
    left = sought.left(plan)
    return _Start(sought, left, sought.remaining.at(left))


def _walked(sought: _Sought, tradeoffs: tuple[Tradeoff, ...]) -> dict[str, float]:
    """Follow the hulls until the target is met; return the cheapest plan that the last two steps lead to."""
    steps = hull_steps(tradeoffs)

    def climbed(num_steps: int) -> dict[str, float]:
        plan = dict.fromkeys((one.name for one in tradeoffs), 0.0)
        for number, high in steps[:num_steps]:
            plan[tradeoffs[number].name] = tradeoffs[number].levels[high]
        return plan

    last = bisect_left(range(1, len(steps)), True, key=lambda count: sought.is_met(climbed(count)))
    best = climbed(last + 1)
    least = sought.cost(best)
    for plan in (climbed(last), climbed(last + 1)):
        start = _start(sought, plan)
        for tradeoff in tradeoffs:
            sparsity = start.least(tradeoff, tradeoff.levels[-1])
            if sparsity is not None:
                found = {**plan, tradeoff.name: sparsity}
                if sought.cost(found) < least:
                    best, least = found, sought.cost(found)
    return best


def _trimmed(sought: _Sought, tradeoffs: tuple[Tradeoff, ...], plan: dict[str, float]) -> dict[str, float]:
    """Give units back while the target is still met, first those whose cost this reduces most."""
    trimmed = dict(plan)
    while True:
        start = _start(sought, trimmed)
        lowered = [
            {**trimmed, one.name: sparsity}
            for one in tradeoffs
            if (sparsity := start.least(one, trimmed[one.name])) is not None and sparsity < trimmed[one.name]
        ]
        if not lowered:
            return trimmed
        trimmed = min(lowered, key=sought.cost)
