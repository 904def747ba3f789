"""Budgets: the sparsities that meet a target at the least logit error."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from prune_tui.core.errors import DecisionError
from prune_tui.core.numbers import percent_text
from prune_tui.core.planning.groups import PruningGroup
from prune_tui.core.planning.price import Price
from prune_tui.core.planning.solving.accuracy import widest_within
from prune_tui.core.planning.solving.problem import (
    Problem,
    accuracy_floor,
    amount,
    best_target,
    most_allowed,
)
from prune_tui.core.planning.solving.units import cheapest_units, highest_units
from prune_tui.core.planning.solving.weights import cheapest_weights
from prune_tui.core.planning.target import Target, describe_target
from prune_tui.core.planning.tradeoffs import HIGHEST, groups_to_move
from prune_tui.core.report import ScanFigures
from prune_tui.core.scanning.predictor import fitted_predictor
from prune_tui.core.session.decisions import N_M_SPARSITY
from prune_tui.core.shrinking import NetworkShape


@dataclass(frozen=True, slots=True)
class Solution:
    """The sparsities of the groups that were not locked, and the price of the whole plan."""

    plan: Mapping[str, float]
    price: Price
    is_met: bool


def solve(
    target: Target,
    groups: Sequence[PruningGroup],
    scan: ScanFigures | None,
    locked: Mapping[str, float],
    *,
    other_parameters: int,
    other_macs: int,
    shape: NetworkShape | None = None,
    overhead_bytes: int = 0,
) -> Solution:
    """Return the plan that meets a target at the least logit error.

    `locked` gives the sparsities of groups that stay as they are. Groups without a scan curve, and those with
    a `locked_reason`, stay at 0. `shape` gives what units leave, where the scan is of units. `overhead_bytes`
    are those of a dense checkpoint beside its parameters.

    Logit errors, raised to the predictor's power, add up over groups (`predictor.Predictor`). Each Lagrange
    multiplier has a plan of least cost (Everett 1963; for bit allocation Shoham & Gersho 1988). From dense to
    fully pruned, these plans follow the groups' convex hulls, the cheapest step per saving first. The walk
    stops at the target; then one group is moved until the target is only just met. An accuracy is met if the
    predicted one meets it. With a target of each kind, the one of size or speed is met at the least logit
    error, and the one of accuracy is checked.

    Raises:
        DecisionError: there is no scan, or the target can't be reached; the message names the best that can.
    """
    if scan is None:
        raise DecisionError("a budget is solved from the scan's curves: scan the network first")
    if scan.dense_accuracy <= 0:
        raise DecisionError("the dense network scores 0, so nothing can be predicted: train it first")
    free = [group.name for group in groups if group.is_free]
    problem = Problem(
        groups=tuple(groups),
        scan=scan,
        predictor=fitted_predictor(scan),
        locked={name: locked[name] for name in free if name in locked},
        other_parameters=other_parameters,
        other_macs=other_macs,
        shape=shape if scan.granularity == "unit" else None,
        overhead_bytes=overhead_bytes,
    )
    return solved(problem, target)


def solved(problem: Problem, target: Target) -> Solution:
    """Return the plan that meets a target at the least logit error; see `solve`.

    Raises:
        DecisionError: the target can't be reached; the message names the best that can.
    """
    if any(part.kind == "latency" for part in target.parts):
        if problem.shape is not None:
            raise DecisionError("latency is predicted of single weights: for units type MACs, as 3x MACs")
        if problem.kernels is None:
            raise DecisionError("no kernels are measured to predict a latency: press K on Plan first")
    moved = _solved(problem, target)
    free = [group.name for group in problem.groups if group.is_free]
    plan = {name: moved.get(name, 0.0) for name in free if name not in problem.locked}
    paid = problem.price(plan)
    return Solution(plan=plan, price=paid, is_met=is_met(target, paid, problem.scan))


def is_met(target: Target, paid: Price, scan: ScanFigures) -> bool:
    """Return whether a plan of this price meets the target; a drop is from the scan's dense accuracy."""
    return all(_is_met(part, paid, scan) for part in target.parts)


def _is_met(part: Target, paid: Price, scan: ScanFigures) -> bool:
    if part.is_of_accuracy:
        return paid.accuracy is not None and paid.accuracy >= accuracy_floor(part, scan.dense_accuracy)
    if part.kind == "latency" and paid.latency_ns is None:
        return False
    return amount(part.kind, paid) <= most_allowed(part, paid)


def _solved(problem: Problem, target: Target) -> dict[str, float]:
    size, accuracy = target.of_size, target.of_accuracy
    if size is None:
        assert accuracy is not None
        return widest_within(problem, accuracy, saving="compression_ratio")
    if problem.shape is not None:
        plan = cheapest_units(problem, problem.shape, size)
    else:
        plan = cheapest_weights(problem, size)
    if plan is None:
        raise DecisionError(_unreachable(problem, size))
    if accuracy is not None and not _is_met(accuracy, problem.price(plan), problem.scan):
        raise DecisionError(_too_much(problem, size, accuracy, plan))
    return plan


def _unreachable(problem: Problem, target: Target) -> str:
    """Return the message that a target can't be reached, with the best that can."""
    highest = N_M_SPARSITY if problem.scan.granularity == "n_m" else HIGHEST
    if problem.shape is not None:
        paid = problem.price(highest_units(problem, problem.shape))
    else:
        moving = groups_to_move(problem.groups, problem.predictor, problem.locked)
        paid = problem.price({group.name: highest for group in moving})
    best = describe_target(best_target(target.kind, paid))
    advice = " or unlock a row" if problem.locked else ""
    return f"{describe_target(target)} can't be reached: type at best {best}{advice}"


def _too_much(problem: Problem, size: Target, accuracy: Target, plan: Mapping[str, float]) -> str:
    """Return the message that a size costs more accuracy than may be lost, with the best that does not."""
    widest = widest_within(problem, accuracy, saving=size.kind)
    best = best_target(size.kind, problem.price(widest))
    predicted = problem.price(plan).accuracy
    left = f" ({percent_text(predicted)} is predicted)" if predicted is not None else ""
    return (
        f"{describe_target(accuracy)} can't be met with {describe_target(size)}: "
        f"type at best {describe_target(best)} and {describe_target(accuracy)}{left}"
    )
