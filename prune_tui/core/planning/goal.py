"""A budget as the goal of a plan: solved over the unlocked groups, and solved again after edits."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from prune_tui.core.errors import DecisionError
from prune_tui.core.planning.budget import Solution, solved
from prune_tui.core.planning.groups import PruningGroup
from prune_tui.core.planning.plan_editor import (
    MAX_UNDO,
    EditablePlan,
    with_locks_toggled,
    with_sparsities,
)
from prune_tui.core.planning.planner import Planner
from prune_tui.core.planning.settings import prune_decision
from prune_tui.core.planning.solving.problem import Problem
from prune_tui.core.planning.target import Target, describe_target
from prune_tui.core.run.measured_plans import PolishedPlan, in_one_shot


@dataclass(frozen=True, slots=True)
class Goal:
    """The target of a plan, the sparsities last solved for it, and the groups edited by hand since."""

    target: Target
    solved: Mapping[str, float] = field(default_factory=dict)
    edited: frozenset[str] = frozenset()


def why_not_solved(planner: Planner) -> str:
    """Return why no budget can be solved; empty if one can."""
    settings = planner.settings
    if settings.scope == "global":
        return "a budget is shared out among layers: under scope global there is one number, s changes it"
    if settings.granularity == "n_m":
        return "2:4 has one sparsity: a layer is on or off, and no budget is left to share out"
    if planner.scan is None:
        return "a budget is solved from the scan's curves: 2, then r scans this way"
    return ""


def solve_plan(
    target: Target,
    plan: EditablePlan,
    planner: Planner,
) -> tuple[EditablePlan, Solution]:
    """Return the plan with its unlocked groups solved for a target, as one step to undo.

    Raises:
        DecisionError: the target can't be reached; the message names the best that can.
    """
    problem = problem_of(plan, planner)
    if problem is None:
        raise DecisionError("a budget is solved from the scan's curves: scan the network first")
    solution = solved(problem, target)
    return as_one_step(plan, filled(plan, solution.plan)), solution


def problem_of(plan: EditablePlan, planner: Planner) -> Problem | None:
    """Return what a budget is to be solved over, with the locked rows of a plan; None without a scan."""
    entries = {group.name: plan.entries[group.name] for group in planner.groups if group.is_free}
    return planner.problem({name: entry.sparsity for name, entry in entries.items() if entry.is_locked})


def polished(plan: EditablePlan, goal: Goal, planner: Planner, found: PolishedPlan) -> EditablePlan | None:
    """Return the plan with what polishing found for its goal, as the same step to undo.

    None if the plan or the goal has changed since.
    """
    if describe_target(goal.target) != found.target:
        return None
    try:
        now = in_one_shot(prune_decision(plan, planner.groups, planner.settings))
    except DecisionError:
        return None
    better = found.found.decision.plan
    if now != found.start or isinstance(better, float):
        return None
    entries = {
        group.name: replace(plan.entries[group.name], sparsity=better.get(group.name, 0.0))
        for group in planner.groups
        if group.is_free
    }
    return replace(plan, entries={**plan.entries, **entries})


def solve_again(
    goal: Goal,
    plan: EditablePlan,
    planner: Planner,
) -> tuple[EditablePlan, Goal]:
    """Lock the groups edited since the goal was solved, and solve it over the others, as one step to undo.

    Raises:
        DecisionError: the goal can't be reached with these groups locked.
    """
    edited = locked(plan, edited_groups(goal, plan, planner.groups))
    after, _ = solve_plan(goal.target, edited, planner)
    return as_one_step(plan, after), goal_of(goal.target, after)


def goal_of(target: Target, plan: EditablePlan) -> Goal:
    """Return the goal of a plan that was just solved for a target."""
    return Goal(target, {name: entry.sparsity for name, entry in plan.entries.items()})


def locked(plan: EditablePlan, names: Iterable[str]) -> EditablePlan:
    """Return the plan with these groups locked."""
    open_ones = [name for name in names if not plan.entries[name].is_locked]
    return with_locks_toggled(plan, open_ones)


def filled(plan: EditablePlan, sparsities: Mapping[str, float]) -> EditablePlan:
    """Return the plan with these sparsities; locked groups stay as they are."""
    return with_sparsities(plan, {name: round(sparsity, 4) for name, sparsity in sparsities.items()})


def as_one_step(before: EditablePlan, after: EditablePlan) -> EditablePlan:
    """Return `after` as one step to undo from `before`."""
    if after.entries == before.entries:
        return before
    return replace(after, past=(*before.past, before.entries)[-MAX_UNDO:], future=())


def with_edits(goal: Goal | None, before: EditablePlan, after: EditablePlan) -> Goal | None:
    """Return the goal with the groups that an edit by hand has changed."""
    if goal is None:
        return None
    changed = {
        name for name, entry in after.entries.items() if entry.sparsity != before.entries[name].sparsity
    }
    return replace(goal, edited=goal.edited | changed)


def edited_groups(goal: Goal, plan: EditablePlan, groups: Sequence[PruningGroup]) -> list[str]:
    """Return the groups that were edited by hand and differ from the solved plan."""
    return [
        group.name
        for group in groups
        if group.is_free
        and group.name in goal.edited
        and plan.entries[group.name].sparsity != goal.solved.get(group.name, 0.0)
    ]
