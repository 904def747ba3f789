"""The cheapest plan of a size or speed where savings add up over groups: of weights, blocks and 2:4."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from prune_tui.core.planning.solving.problem import Problem, amount, most_allowed
from prune_tui.core.planning.target import Target
from prune_tui.core.planning.tradeoffs import Tradeoff, cost_at, hull_steps, saved_at, tradeoffs_of

MAX_TRIMS = 16


@dataclass(frozen=True, slots=True)
class _Saving:
    """So much to save of what a target counts, and the trade-offs it may come from."""

    problem: Problem
    target: Target
    tradeoffs: tuple[Tradeoff, ...]
    need: int

    def at(self, tradeoff: Tradeoff, sparsity: float) -> int:
        """Return what a group saves at a sparsity."""
        return saved_at(self.target.kind, tradeoff.group, sparsity, kernels=tradeoff.kernels)


def cheapest_weights(problem: Problem, target: Target) -> dict[str, float] | None:
    """Follow the hulls until the target is met; return the cheapest plan that only just meets it, if any."""
    tradeoffs = tradeoffs_of(
        target.kind,
        problem.groups,
        problem.scan.granularity,
        problem.predictor,
        problem.locked,
        problem.kernels,
    )
    paid = problem.price({})
    need = amount(target.kind, paid) - most_allowed(target, paid)
    if need <= 0:
        return {}
    if sum(tradeoff.savings[-1] for tradeoff in tradeoffs) < need:
        return None
    saving = _Saving(problem, target, tradeoffs, need)
    at, saved = [0] * len(tradeoffs), 0.0
    last, level_before, missing = 0, 0, float(need)
    for number, high in hull_steps(tradeoffs):
        last, level_before, missing = number, at[number], need - saved
        saved += tradeoffs[number].savings[high] - tradeoffs[number].savings[at[number]]
        at[number] = high
        if saved >= need:
            break
    before = list(at)
    if before:
        before[last] = level_before
    best, least = _plan(tradeoffs, at), _cost(tradeoffs, at)
    for start, more in ((before, missing), (at, need - saved)):
        spent = _cost(tradeoffs, start)
        for number, tradeoff in enumerate(tradeoffs):
            here = start[number]
            sparsity = _least_level(saving, tradeoff, tradeoff.savings[here] + more)
            if sparsity is not None:
                cost = spent - tradeoff.costs[here] + cost_at(problem.predictor, tradeoff.name, sparsity)
                if cost < least:
                    best, least = _plan(tradeoffs, start) | {tradeoff.name: sparsity}, cost
    return _trimmed(saving, best)


def _trimmed(saving: _Saving, plan: dict[str, float]) -> dict[str, float]:
    """Return what is saved beyond the need: repeatedly lower the group whose cost this reduces most."""
    trimmed, predictor = dict(plan), saving.problem.predictor
    for _ in range(MAX_TRIMS):
        saved = {one.name: saving.at(one, trimmed[one.name]) for one in saving.tradeoffs}
        excess = sum(saved.values()) - saving.need
        most, lowered = 0.0, {}
        for tradeoff in saving.tradeoffs:
            sparsity = _least_level(saving, tradeoff, saved[tradeoff.name] - excess)
            if sparsity is not None and sparsity < trimmed[tradeoff.name]:
                before = cost_at(predictor, tradeoff.name, trimmed[tradeoff.name])
                reduction = before - cost_at(predictor, tradeoff.name, sparsity)
                if reduction > most:
                    most, lowered = reduction, {tradeoff.name: sparsity}
        if not lowered:
            break
        trimmed |= lowered
    return trimmed


def _least_level(saving: _Saving, tradeoff: Tradeoff, need: float) -> float | None:
    """Return the lowest sparsity that saves at least `need`, to a ten-thousandth; None if none does."""
    if need <= 0:
        return 0.0
    above = bisect_left(tradeoff.savings, need)
    if above == len(tradeoff.savings):
        return None
    if saving.problem.scan.granularity == "n_m":
        return tradeoff.levels[above]
    low, high = (tradeoff.step_of(tradeoff.levels[level]) for level in (above - 1, above))
    while high - low > 1:
        middle = (low + high) // 2
        saved = saving.at(tradeoff, tradeoff.sparsity_at(middle))
        low, high = (low, middle) if saved >= need else (middle, high)
    return tradeoff.sparsity_at(high)


def _plan(tradeoffs: Sequence[Tradeoff], at: Sequence[int]) -> dict[str, float]:
    return {tradeoff.name: tradeoff.levels[level] for tradeoff, level in zip(tradeoffs, at, strict=True)}


def _cost(tradeoffs: Sequence[Tradeoff], at: Sequence[int]) -> float:
    return sum(tradeoff.costs[level] for tradeoff, level in zip(tradeoffs, at, strict=True))
