"""A budget as it is typed: the plan that it would give, and what to say of it."""

from dataclasses import dataclass

from prune_tui.core.errors import DecisionError, TargetError
from prune_tui.core.planning.budget import is_met
from prune_tui.core.planning.goal import Goal, edited_groups, goal_of, solve_plan
from prune_tui.core.planning.plan_editor import EditablePlan
from prune_tui.core.planning.price import Price
from prune_tui.core.planning.target import Target, TargetKind, describe_target, parse_target
from prune_tui.tui.state import State

EXAMPLES = "such as 20x, 0.1 MB, 10k params, 3x MACs, 95 %, ≥ 96 % accuracy, 1 point"
RUINOUS_POINTS = 5.0


@dataclass(frozen=True, slots=True)
class BudgetTrial:
    """A budget as typed: the plan and the goal that it would give, or why it gives none."""

    plan: EditablePlan | None
    goal: Goal | None
    message: str
    is_wrong: bool = False


def try_budget(text: str, plan: EditablePlan, state: State) -> BudgetTrial:
    """Read and solve what is typed; nothing typed is no goal."""
    if not text.strip():
        gone = "   enter clears the goal" if state.goal is not None else ""
        return BudgetTrial(plan, None, gone.strip() or EXAMPLES)
    try:
        target = parse_target(text)
        solved, solution = solve_plan(target, plan, state.planner)
    except (TargetError, DecisionError) as error:
        return BudgetTrial(None, None, f"✗ {error}", is_wrong=True)
    if not solution.is_met:
        return BudgetTrial(None, None, f"✗ {describe_target(target)} can't be met", is_wrong=True)
    promise = _promise(target, solved, state)
    if target.kind == "sparsity" and text.rstrip().endswith("%"):
        named = describe_target(target)
        promise = promise.replace(named, f"{named} (for accuracy type ≥ {target.value:g} %)", 1)
    return BudgetTrial(solved, goal_of(target, solved), promise)


def _promise(target: Target, solved: EditablePlan, state: State) -> str:
    """Say what Enter would do to the plan."""
    num_locked = sum(solved.entries[group.name].is_locked for group in state.groups if group.is_free)
    kept = f", {num_locked} locked" if num_locked else ""
    if is_ruinous(target, solved, state):
        return f"{describe_target(target)} is predicted to cost {points_lost(solved, state):.0f} points{kept}"
    most = "saves most" if target.of_size is None else "is predicted to lose least"
    return f"✓ {describe_target(target)}: the plan above {most}{kept}"


def outcome(target: Target, solved: EditablePlan, state: State) -> str:
    """Say that the plan now meets the target; warn if it ruins the network."""
    if is_ruinous(target, solved, state):
        lost = points_lost(solved, state)
        return f"{describe_target(target)} is predicted to cost {lost:.0f} points: u takes it back"
    return f"✓ {describe_target(target)} is met: u takes it back"


def is_ruinous(target: Target, solved: EditablePlan, state: State) -> bool:
    """Whether a plan loses so much that meeting the target is no success, unless the target is a drop."""
    return target.of_accuracy is None and points_lost(solved, state) >= RUINOUS_POINTS


def points_lost(plan: EditablePlan, state: State) -> float:
    """Return the points that a plan is predicted to lose; 0 where nothing is."""
    accuracy, scan = state.planner.price(plan).accuracy, state.scan
    return (scan.dense_accuracy - accuracy) * 100 if scan is not None and accuracy is not None else 0.0


def whether_met(goal: Goal | None, price: Price, state: State) -> bool | None:
    """Whether a plan of this price reaches the goal; None without a goal, or where it can't be predicted."""
    if goal is None or state.scan is None:
        return None
    met = outcomes(goal, price, state).values()
    return False if False in met else None if None in met else True


def outcomes(goal: Goal | None, price: Price, state: State) -> dict[TargetKind, bool | None]:
    """Say of each part of the goal whether it is reached; empty without a goal or a scan."""
    if goal is None or state.scan is None:
        return {}
    return {
        part.kind: is_met(part, price, state.scan) if _is_known(part, price) else None
        for part in goal.target.parts
    }


def _is_known(part: Target, price: Price) -> bool:
    """Whether what a part of a goal is about is predicted."""
    figure = price.latency_ns if part.kind == "latency" else price.accuracy
    return figure is not None or not (part.is_of_accuracy or part.kind == "latency")


def way_back(goal: Goal, plan: EditablePlan, state: State) -> str:
    """Say how to meet a goal that is no longer met."""
    edited = edited_groups(goal, plan, state.groups)
    keeps = f"locks {', '.join(edited[:2])}{' …' if len(edited) > 2 else ''} and " if edited else ""
    what = "solves the others again" if edited else "solves it again"
    return f"the goal is not met: B {keeps}{what}"
