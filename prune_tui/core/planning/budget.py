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
from prune_tui.core.planning.tradeoffs import Tradeoff, climbs, cost_at, saved_at, tradeoffs_of
from prune_tui.core.report import ScanFigures
from prune_tui.core.scanning.predictor import Predictor, fitted_predictor, predicted_accuracy

FINE_STEPS = 10_000
"""The last layer to move is set to a ten-thousandth, as a draft is, so that a target is met tightly."""

MAX_TRIMS = 16


@dataclass(frozen=True, slots=True)
class Solution:
    """The sparsity of each free group, what the whole plan costs and saves, and if it meets the target."""

    plan: Mapping[str, float]
    price: Price
    is_met: bool


@dataclass(frozen=True, slots=True)
class _Problem:
    """The groups that are free, those that are not with their sparsities, and all that is to be priced."""

    target: Target
    groups: tuple[PruningGroup, ...]
    scan: ScanFigures
    predictor: Predictor
    locked: Mapping[str, float]
    rows: tuple[Tradeoff, ...]
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
    """Return the plan of the groups that are not `locked` that meets a target at the least logit error.

    Logit errors, to the predictor's power, add up over groups (`predictor.Predictor`). The plans best at
    some price of a saving (a Lagrangian's, Everett 1963; per layer as Shoham and Gersho 1988) form a chain
    from dense to everything pruned: a walk up the groups' convex hulls, the cheapest step first. Between the
    plan before the target and the one after, one group is moved until the target is just met. Whether an
    accuracy drop is met is predicted. `locked` are the sparsities of groups that are to stay as they are;
    groups without a curve, and those with a reason to be locked, stay at 0.

    Raises:
        DecisionError: there is no scan, or the target can't be reached; the message names the best that can.
    """
    if scan is None or scan.dense_accuracy <= 0:
        raise DecisionError("a budget is solved from the scan's curves: scan the network first")
    predictor = fitted_predictor(scan)
    free = [group.name for group in groups if group.is_free]
    problem = _Problem(
        target=target,
        groups=tuple(groups),
        scan=scan,
        predictor=predictor,
        locked={name: locked[name] for name in free if name in locked},
        rows=tradeoffs_of(target.kind, groups, scan.granularity, predictor, locked),
        other_parameters=other_parameters,
        other_macs=other_macs,
    )
    moved = _widest_within_drop(problem) if target.kind == "accuracy_drop" else _cheapest_saving(problem)
    plan = {name: moved.get(name, 0.0) for name in free if name not in locked}
    paid = _price(problem, plan)
    return Solution(plan=plan, price=paid, is_met=is_met(target, paid, scan))


def is_met(target: Target, paid: Price, scan: ScanFigures) -> bool:
    """Return whether a plan of this price meets the target."""
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
    """Walk up the chain until the target's saving is reached; return the best plan that just reaches it."""
    rows = problem.rows
    need = _saving_needed(problem)
    if need <= 0:
        return {}
    if sum(row.savings[-1] for row in rows) < need:
        raise DecisionError(_unreachable(problem))
    at, saved = [0] * len(rows), 0
    before, missing = list(at), need
    for number, high in climbs(rows):
        before, missing = list(at), need - saved
        saved += rows[number].savings[high] - rows[number].savings[at[number]]
        at[number] = high
        if saved >= need:
            break
    best, least = _plan(rows, at), _cost(rows, at)
    for start, more in ((before, missing), (at, need - saved)):
        spent = _cost(rows, start)
        for number, row in enumerate(rows):
            here = start[number]
            sparsity = _least_level(problem, row, row.savings[here] + more)
            if sparsity is not None:
                cost = spent - row.costs[here] + cost_at(problem.predictor, row.name, sparsity)
                if cost < least:
                    best, least = _plan(rows, start) | {row.name: sparsity}, cost
    return _trimmed(problem, best, need)


def _trimmed(problem: _Problem, plan: dict[str, float], need: int) -> dict[str, float]:
    """Give back what is saved beyond need: lower the row whose cost that spares most, again and again."""
    trimmed = dict(plan)
    for _ in range(MAX_TRIMS):
        saved = {
            row.name: saved_at(problem.target.kind, row.group.layers, trimmed[row.name])
            for row in problem.rows
        }
        spare = sum(saved.values()) - need
        most, lowered = 0.0, {}
        for row in problem.rows:
            sparsity = _least_level(problem, row, saved[row.name] - spare)
            if sparsity is not None and sparsity < trimmed[row.name]:
                spent = cost_at(problem.predictor, row.name, trimmed[row.name])
                spared = spent - cost_at(problem.predictor, row.name, sparsity)
                if spared > most:
                    most, lowered = spared, {row.name: sparsity}
        if not lowered:
            break
        trimmed |= lowered
    return trimmed


def _widest_within_drop(problem: _Problem) -> dict[str, float]:
    """Walk up the chain as far as the prediction stays within the drop; then one row as far as it goes."""
    rows = problem.rows
    floor = problem.scan.dense_accuracy - problem.target.value / 100 - 1e-9
    _check_fixed(problem, floor)

    def stays(plan: Mapping[str, float]) -> bool:
        accuracy = predicted_accuracy(problem.predictor, {**problem.locked, **plan})
        return accuracy is not None and accuracy >= floor

    steps = climbs(rows)

    def climbed(num_steps: int) -> dict[str, float]:
        at = [0] * len(rows)
        for number, high in steps[:num_steps]:
            at[number] = high
        return _plan(rows, at)

    num_steps = bisect_left(range(1, len(steps) + 1), True, key=lambda count: not stays(climbed(count)))
    plan = climbed(num_steps)
    if num_steps == len(steps) or problem.scan.granularity == "n_m":
        return plan
    number, high = steps[num_steps]
    row = rows[number]
    low, high = round(plan[row.name] * FINE_STEPS), round(row.levels[high] * FINE_STEPS)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if stays({**plan, row.name: middle / FINE_STEPS}) else (low, middle)
    return {**plan, row.name: low / FINE_STEPS}


def _saving_needed(problem: _Problem) -> int:
    """Return how many bytes, MACs or weights the free rows must save, or 0 or less if none."""
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
    """Return the largest count whose ratio to `total`, as divided in floating point, is at least `ratio`."""
    left = max(1, math.floor(total / ratio))
    if total / (left + 1) >= ratio:
        return left + 1
    return left if total / left >= ratio else left - 1


def _check_fixed(problem: _Problem, floor: float) -> None:
    """Raise if the drop can't be met whatever the free groups are.

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
    """Say that the target is out of reach, and what is the most that isn't."""
    paid = _price(problem, {row.name: row.levels[-1] for row in problem.rows})
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
    mend = " or unlock a row" if problem.locked else ""
    return f"{describe_target(problem.target)} can't be reached: type at best {describe_target(best)}{mend}"


def _price(problem: _Problem, plan: Mapping[str, float]) -> Price:
    """Price the locked groups with a plan of the others."""
    whole = {**problem.locked, **plan}
    counted = price(
        [layer for group in problem.groups for layer in group.layers],
        by_layer(problem.groups, whole),
        other_parameters=problem.other_parameters,
        other_macs=problem.other_macs,
    )
    return replace(counted, accuracy=predicted_accuracy(problem.predictor, whole))


def _least_level(problem: _Problem, row: Tradeoff, need: int) -> float | None:
    """Return the lowest sparsity at which a row saves as much as needed, to a ten-thousandth, if any does."""
    if need <= 0:
        return 0.0
    above = bisect_left(row.savings, need)
    if above == len(row.savings):
        return None
    if problem.scan.granularity == "n_m":
        return row.levels[above]
    low, high = round(row.levels[above - 1] * FINE_STEPS), round(row.levels[above] * FINE_STEPS)
    while high - low > 1:
        middle = (low + high) // 2
        is_enough = saved_at(problem.target.kind, row.group.layers, middle / FINE_STEPS) >= need
        low, high = (low, middle) if is_enough else (middle, high)
    return high / FINE_STEPS


def _plan(rows: Sequence[Tradeoff], at: Sequence[int]) -> dict[str, float]:
    return {row.name: row.levels[level] for row, level in zip(rows, at, strict=True)}


def _cost(rows: Sequence[Tradeoff], at: Sequence[int]) -> float:
    return sum(row.costs[level] for row, level in zip(rows, at, strict=True))
