"""Budgets in the plan: a goal solved over the rows that are free, and held against every edit since."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from prune_tui.core.planning.budget import Solution, solve
from prune_tui.core.planning.groups import layer_rows
from prune_tui.core.planning.plan_editor import MAX_UNDO, Draft, toggled_lock, with_sparsity
from prune_tui.core.planning.settings import PlanSettings, fixed_reason
from prune_tui.core.planning.target import Target
from prune_tui.core.report import ScanFigures
from prune_tui.core.run.view import View


@dataclass(frozen=True, slots=True)
class Goal:
    """What the plan is to reach, the sparsities last solved for it, and the rows edited by hand since."""

    target: Target
    solved: Mapping[str, float] = field(default_factory=dict)
    edited: frozenset[str] = frozenset()


def why_not_solved(settings: PlanSettings, scan: ScanFigures | None) -> str:
    """Say why no budget can be solved, if so."""
    if settings.scope == "global":
        return "a budget is shared out among layers: under scope global there is one number, s changes it"
    if settings.granularity == "n_m":
        return "2:4 has one sparsity: a layer is on or off, and no budget is left to share out"
    if scan is None:
        return "a budget is solved from the scan's curves: 2, then r scans this way"
    return ""


def solve_rows(
    target: Target, draft: Draft, *, view: View, settings: PlanSettings, scan: ScanFigures | None
) -> tuple[Draft, Solution]:
    """Return the draft with its unlocked rows as a target wants them, one step from what it was.

    Raises:
        DecisionError: the target can't be reached; the message names the best that can.
    """
    names = free_names(view, settings)
    solution = solve(
        target,
        view.layers,
        scan,
        {name: draft.rows[name].sparsity for name in names if draft.rows[name].is_locked},
        other_parameters=view.other_parameters,
        other_macs=view.other_macs,
    )
    plan = {name: solution.plan[name] for name in names if name in solution.plan}
    return as_one_step(draft, filled(draft, plan)), solution


def solve_again(
    goal: Goal, draft: Draft, *, view: View, settings: PlanSettings, scan: ScanFigures | None
) -> tuple[Draft, Goal]:
    """Lock the rows edited since a goal was solved, and solve it over the others, in one step.

    Raises:
        DecisionError: the goal can't be reached with these rows as they are.
    """
    kept = locked(draft, edited_rows(goal, draft, free_names(view, settings)))
    after, _ = solve_rows(goal.target, kept, view=view, settings=settings, scan=scan)
    return as_one_step(draft, after), goal_of(goal.target, after)


def goal_of(target: Target, solved: Draft) -> Goal:
    """Return the goal of a draft that was just solved for it."""
    return Goal(target, {name: row.sparsity for name, row in solved.rows.items()})


def free_names(view: View, settings: PlanSettings) -> list[str]:
    """Return the layers that have a sparsity of their own."""
    rows = layer_rows(view.layers, settings.granularity)
    return [row.layer.name for row in rows if fixed_reason(row.layer, settings) is None]


def locked(draft: Draft, names: Iterable[str]) -> Draft:
    """Lock rows, if they are not."""
    for name in names:
        if not draft.rows[name].is_locked:
            draft = toggled_lock(draft, name)
    return draft


def filled(draft: Draft, plan: Mapping[str, float]) -> Draft:
    """Give every unlocked row the plan's sparsity."""
    for name, sparsity in plan.items():
        draft = with_sparsity(draft, name, sparsity)
    return draft


def as_one_step(before: Draft, after: Draft) -> Draft:
    """Return `after` as one change of `before`, to be undone at once."""
    if after.rows == before.rows:
        return before
    return replace(after, past=(*before.past, before.rows)[-MAX_UNDO:], future=())


def with_edits(goal: Goal | None, before: Draft, after: Draft) -> Goal | None:
    """Remember which rows an edit by hand has changed."""
    if goal is None:
        return None
    changed = {name for name, row in after.rows.items() if row.sparsity != before.rows[name].sparsity}
    return replace(goal, edited=goal.edited | changed)


def edited_rows(goal: Goal, draft: Draft, names: Sequence[str]) -> list[str]:
    """Return the rows that are not as they were solved, because they were edited by hand."""
    return [
        name
        for name in names
        if name in goal.edited and draft.rows[name].sparsity != goal.solved.get(name, 0.0)
    ]
