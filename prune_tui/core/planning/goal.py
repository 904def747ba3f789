"""Budgets in the plan: a goal solved over the rows that are free, and held against every edit since."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from prune_tui.core.planning.budget import Solution, solve
from prune_tui.core.planning.groups import PruningGroup
from prune_tui.core.planning.plan_editor import MAX_UNDO, EditablePlan, toggled_lock, with_sparsity
from prune_tui.core.planning.planner import Planner
from prune_tui.core.planning.target import Target


@dataclass(frozen=True, slots=True)
class Goal:
    """What the plan is to reach, the sparsities last solved for it, and the rows edited by hand since."""

    target: Target
    solved: Mapping[str, float] = field(default_factory=dict)
    edited: frozenset[str] = frozenset()


def why_not_solved(planner: Planner) -> str:
    """Say why no budget can be solved, if so."""
    settings = planner.settings
    if settings.scope == "global":
        return "a budget is shared out among layers: under scope global there is one number, s changes it"
    if settings.granularity == "n_m":
        return "2:4 has one sparsity: a layer is on or off, and no budget is left to share out"
    if planner.scan is None:
        return "a budget is solved from the scan's curves: 2, then r scans this way"
    return ""


def solve_rows(
    target: Target,
    plan: EditablePlan,
    planner: Planner,
) -> tuple[EditablePlan, Solution]:
    """Return the plan with its unlocked rows as a target wants them, one step from what it was.

    Raises:
        DecisionError: the target can't be reached; the message names the best that can.
    """
    rows = {group.name: plan.rows[group.name] for group in planner.groups if group.is_free}
    solution = solve(
        target,
        planner.groups,
        planner.figures,
        {name: row.sparsity for name, row in rows.items() if row.is_locked},
        other_parameters=planner.other_parameters,
        other_macs=planner.other_macs,
    )
    return as_one_step(plan, filled(plan, solution.plan)), solution


def solve_again(
    goal: Goal,
    plan: EditablePlan,
    planner: Planner,
) -> tuple[EditablePlan, Goal]:
    """Lock the rows edited since a goal was solved, and solve it over the others, in one step.

    Raises:
        DecisionError: the goal can't be reached with these rows as they are.
    """
    kept = locked(plan, edited_rows(goal, plan, planner.groups))
    after, _ = solve_rows(goal.target, kept, planner)
    return as_one_step(plan, after), goal_of(goal.target, after)


def goal_of(target: Target, solved: EditablePlan) -> Goal:
    """Return the goal of a plan that was just solved for it."""
    return Goal(target, {name: row.sparsity for name, row in solved.rows.items()})


def locked(plan: EditablePlan, names: Iterable[str]) -> EditablePlan:
    """Lock rows, if they are not."""
    for name in names:
        if not plan.rows[name].is_locked:
            plan = toggled_lock(plan, name)
    return plan


def filled(plan: EditablePlan, sparsities: Mapping[str, float]) -> EditablePlan:
    """Give every unlocked row its new sparsity."""
    for name, sparsity in sparsities.items():
        plan = with_sparsity(plan, name, sparsity)
    return plan


def as_one_step(before: EditablePlan, after: EditablePlan) -> EditablePlan:
    """Return `after` as one change of `before`, to be undone at once."""
    if after.rows == before.rows:
        return before
    return replace(after, past=(*before.past, before.rows)[-MAX_UNDO:], future=())


def with_edits(goal: Goal | None, before: EditablePlan, after: EditablePlan) -> Goal | None:
    """Remember which rows an edit by hand has changed."""
    if goal is None:
        return None
    changed = {name for name, row in after.rows.items() if row.sparsity != before.rows[name].sparsity}
    return replace(goal, edited=goal.edited | changed)


def edited_rows(goal: Goal, plan: EditablePlan, groups: Sequence[PruningGroup]) -> list[str]:
    """Return the rows that are not as they were solved, because they were edited by hand."""
    return [
        group.name
        for group in groups
        if group.is_free
        and group.name in goal.edited
        and plan.rows[group.name].sparsity != goal.solved.get(group.name, 0.0)
    ]
