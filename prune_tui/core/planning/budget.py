"""Budgets: the sparsities that meet a target at the least logit error."""

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from prune_tui.core.errors import DecisionError
from prune_tui.core.planning.groups import PruningGroup, by_layer
from prune_tui.core.planning.price import Price, price
from prune_tui.core.planning.target import Target, describe_target
from prune_tui.core.planning.tradeoffs import Tradeoff, cost_at, hull_steps, saved_at, tradeoffs_of
from prune_tui.core.report import ScanFigures
from prune_tui.core.scanning.predictor import Predictor, fitted_predictor, predicted_accuracy

FINE_STEPS = 10_000
"""Sparsities are solved to a ten-thousandth, the resolution of the plan editor."""

MAX_TRIMS = 16


@dataclass(frozen=True, slots=True)
class Solution:
    """The sparsities of the groups that were not locked, and the price of the whole plan."""

    plan: Mapping[str, float]
    price: Price
    is_met: bool


@dataclass(frozen=True, slots=True)
class _Problem:
    """A target, the trade-offs of the groups that may move, and the sparsities of those `locked`."""

    target: Target
    groups: tuple[PruningGroup, ...]
    scan: ScanFigures
    predictor: Predictor
    locked: Mapping[str, float]
    tradeoffs: tuple[Tradeoff, ...]
    other_parameters: int
    other_macs: int


def solve(
    target: Target,
    groups: Sequence[PruningGroup],
    scan: ScanFigures | None,
    locked: Mapping[str, float],
    *,
    other_parameters: int,
    other_macs: int,
) -> Solution:
    """Return the plan that meets a target at the least logit error.

    `locked` gives the sparsities of groups that stay as they are. Groups without a scan curve, and those with
    a `locked_reason`, stay at 0.

    Logit errors, raised to the predictor's power, add up over groups (`predictor.Predictor`). Each Lagrange
    multiplier has a plan of least cost (Everett 1963; for bit allocation Shoham & Gersho 1988). From dense to
    fully pruned, these plans follow the groups' convex hulls, the cheapest step per saving first. The walk
    stops at the target; then one group is moved until the target is only just met. An accuracy drop is met
    if the predicted accuracy meets it.

    Raises:
        DecisionError: there is no scan, or the target can't be reached; the message names the best that can.
    """
    if scan is None:
        raise DecisionError("a budget is solved from the scan's curves: scan the network first")
    if scan.dense_accuracy <= 0:
        raise DecisionError("the dense network scores 0, so nothing can be predicted: train it first")
    predictor = fitted_predictor(scan)
    free = [group.name for group in groups if group.is_free]
    problem = _Problem(
        target=target,
        groups=tuple(groups),
        scan=scan,
        predictor=predictor,
        locked={name: locked[name] for name in free if name in locked},
        tradeoffs=tradeoffs_of(target.kind, groups, scan.granularity, predictor, locked),
        other_parameters=other_parameters,
        other_macs=other_macs,
    )
    moved = _widest_within_drop(problem) if target.kind == "accuracy_drop" else _cheapest_saving(problem)
    plan = {name: moved.get(name, 0.0) for name in free if name not in locked}
    paid = _price(problem, plan)
    return Solution(plan=plan, price=paid, is_met=is_met(target, paid, scan))


def is_met(target: Target, paid: Price, scan: ScanFigures) -> bool:
    """Return whether a plan of this price meets the target; a drop is from the scan's dense accuracy."""
    match target.kind:
        case "file_size":
            return paid.file_bytes <= target.value
        case "compression_ratio":
            return paid.compression_ratio >= target.value
        case "theoretical_speedup":
            return paid.theoretical_speedup >= target.value
        case "accuracy_drop":
            floor = scan.dense_accuracy - target.value / 100
            return paid.accuracy is not None and paid.accuracy >= floor - 1e-9
        case _:
            assert_never(target.kind)


def _cheapest_saving(problem: _Problem) -> dict[str, float]:
    """Follow the hulls until the target is met; return the cheapest plan that only just meets it."""
    tradeoffs = problem.tradeoffs
    need = _saving_needed(problem)
    if need <= 0:
        return {}
    if sum(tradeoff.savings[-1] for tradeoff in tradeoffs) < need:
        raise DecisionError(_unreachable(problem))
    at, saved = [0] * len(tradeoffs), 0
    before, missing = list(at), need
    for number, high in hull_steps(tradeoffs):
        before, missing = list(at), need - saved
        saved += tradeoffs[number].savings[high] - tradeoffs[number].savings[at[number]]
        at[number] = high
        if saved >= need:
            break
    best, least = _plan(tradeoffs, at), _cost(tradeoffs, at)
    for start, more in ((before, missing), (at, need - saved)):
        spent = _cost(tradeoffs, start)
        for number, tradeoff in enumerate(tradeoffs):
            here = start[number]
            sparsity = _least_level(problem, tradeoff, tradeoff.savings[here] + more)
            if sparsity is not None:
                cost = spent - tradeoff.costs[here] + cost_at(problem.predictor, tradeoff.name, sparsity)
                if cost < least:
                    best, least = _plan(tradeoffs, start) | {tradeoff.name: sparsity}, cost
    return _trimmed(problem, best, need)


def _trimmed(problem: _Problem, plan: dict[str, float], need: int) -> dict[str, float]:
    """Return what is saved beyond `need`: repeatedly lower the group whose cost this reduces most."""
    trimmed = dict(plan)
    for _ in range(MAX_TRIMS):
        saved = {
            tradeoff.name: saved_at(problem.target.kind, tradeoff.group.layers, trimmed[tradeoff.name])
            for tradeoff in problem.tradeoffs
        }
        excess = sum(saved.values()) - need
        most, lowered = 0.0, {}
        for tradeoff in problem.tradeoffs:
            sparsity = _least_level(problem, tradeoff, saved[tradeoff.name] - excess)
            if sparsity is not None and sparsity < trimmed[tradeoff.name]:
                before = cost_at(problem.predictor, tradeoff.name, trimmed[tradeoff.name])
                reduction = before - cost_at(problem.predictor, tradeoff.name, sparsity)
                if reduction > most:
                    most, lowered = reduction, {tradeoff.name: sparsity}
        if not lowered:
            break
        trimmed |= lowered
    return trimmed


def _widest_within_drop(problem: _Problem) -> dict[str, float]:
    """Follow the hulls as far as the predicted accuracy allows; then move one more group."""
    tradeoffs = problem.tradeoffs
    floor = problem.scan.dense_accuracy - problem.target.value / 100 - 1e-9
    _check_locked(problem, floor)

    def stays(plan: Mapping[str, float]) -> bool:
        accuracy = predicted_accuracy(problem.predictor, {**problem.locked, **plan})
        return accuracy is not None and accuracy >= floor

    steps = hull_steps(tradeoffs)

    def climbed(num_steps: int) -> dict[str, float]:
        at = [0] * len(tradeoffs)
        for number, high in steps[:num_steps]:
            at[number] = high
        return _plan(tradeoffs, at)

    num_steps = bisect_left(range(1, len(steps) + 1), True, key=lambda count: not stays(climbed(count)))
    plan = climbed(num_steps)
    if num_steps == len(steps) or problem.scan.granularity == "n_m":
        return plan
    number, high = steps[num_steps]
    tradeoff = tradeoffs[number]
    low, high = round(plan[tradeoff.name] * FINE_STEPS), round(tradeoff.levels[high] * FINE_STEPS)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if stays({**plan, tradeoff.name: middle / FINE_STEPS}) else (low, middle)
    return {**plan, tradeoff.name: low / FINE_STEPS}


def _saving_needed(problem: _Problem) -> int:
    """Return how many bytes, MACs or weights must still be saved; 0 or less if the target is met."""
    paid, value = _price(problem, {}), problem.target.value
    match problem.target.kind:
        case "file_size":
            return paid.file_bytes - math.floor(value)
        case "compression_ratio":
            return paid.nonzero - _most_left(paid.parameters, value)
        case "theoretical_speedup":
            return paid.nonzero_macs - _most_left(paid.macs, value)
        case "accuracy_drop":
            return 0
        case _:
            assert_never(problem.target.kind)


def _most_left(total: int, ratio: float) -> int:
    """Return the largest count for which `total` / count, in floating point, is at least `ratio`."""
    left = max(1, math.floor(total / ratio))
    if total / (left + 1) >= ratio:
        return left + 1
    return left if total / left >= ratio else left - 1


def _check_locked(problem: _Problem, floor: float) -> None:
    """Check that the locked groups leave the drop within reach.

    Raises:
        DecisionError: the locked groups lose more than the drop by themselves, or one of them has no curve.
    """
    accuracy = predicted_accuracy(problem.predictor, problem.locked)
    if accuracy is None:
        unknown = next(
            name
            for name, sparsity in problem.locked.items()
            if sparsity > 0 and name not in problem.predictor.logit_errors
        )
        raise DecisionError(
            f"the drop can't be predicted, as locked {unknown} is not scanned: set it to 0 or scan it"
        )
    if accuracy < floor:
        lost = (problem.scan.dense_accuracy - accuracy) * 100
        best = Target("accuracy_drop", math.ceil(lost * 100) / 100)
        raise DecisionError(
            f"{describe_target(problem.target)}: locked rows alone lose more; type {describe_target(best)} "
            "or unlock a row"
        )


def _unreachable(problem: _Problem) -> str:
    """Return the message that a target can't be reached, with the best that can."""
    paid = _price(problem, {tradeoff.name: tradeoff.levels[-1] for tradeoff in problem.tradeoffs})
    match problem.target.kind:
        case "file_size":
            best = Target("file_size", math.ceil(paid.file_bytes / 100) * 100.0)
        case "compression_ratio":
            best = Target("compression_ratio", math.floor(paid.compression_ratio * 100) / 100)
        case "theoretical_speedup":
            best = Target("theoretical_speedup", math.floor(paid.theoretical_speedup * 100) / 100)
        case "accuracy_drop":
            best = problem.target
        case _:
            assert_never(problem.target.kind)
    advice = " or unlock a row" if problem.locked else ""
    return f"{describe_target(problem.target)} can't be reached: type at best {describe_target(best)}{advice}"


def _price(problem: _Problem, plan: Mapping[str, float]) -> Price:
    """Price a plan together with the locked groups."""
    whole = {**problem.locked, **plan}
    counted = price(
        [layer for group in problem.groups for layer in group.layers],
        by_layer(problem.groups, whole),
        other_parameters=problem.other_parameters,
        other_macs=problem.other_macs,
    )
    return replace(counted, accuracy=predicted_accuracy(problem.predictor, whole))


def _least_level(problem: _Problem, tradeoff: Tradeoff, need: int) -> float | None:
    """Return the lowest sparsity that saves at least `need`, to a ten-thousandth; None if none does."""
    if need <= 0:
        return 0.0
    above = bisect_left(tradeoff.savings, need)
    if above == len(tradeoff.savings):
        return None
    if problem.scan.granularity == "n_m":
        return tradeoff.levels[above]
    low, high = round(tradeoff.levels[above - 1] * FINE_STEPS), round(tradeoff.levels[above] * FINE_STEPS)
    while high - low > 1:
        middle = (low + high) // 2
        is_enough = saved_at(problem.target.kind, tradeoff.group.layers, middle / FINE_STEPS) >= need
        low, high = (low, middle) if is_enough else (middle, high)
    return high / FINE_STEPS


def _plan(tradeoffs: Sequence[Tradeoff], at: Sequence[int]) -> dict[str, float]:
    return {tradeoff.name: tradeoff.levels[level] for tradeoff, level in zip(tradeoffs, at, strict=True)}


def _cost(tradeoffs: Sequence[Tradeoff], at: Sequence[int]) -> float:
    return sum(tradeoff.costs[level] for tradeoff, level in zip(tradeoffs, at, strict=True))
