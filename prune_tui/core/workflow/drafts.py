"""The plan being made as a draft to be kept in the session's file, and back."""

from collections.abc import Mapping
from dataclasses import fields, replace

from prune_tui.core.errors import TargetError
from prune_tui.core.planning.goal import Goal, as_one_step
from prune_tui.core.planning.plan_editor import EditablePlan, PlanEntry, new_plan
from prune_tui.core.planning.settings import PlanSettings, settings_for
from prune_tui.core.planning.target import describe_target, parse_target
from prune_tui.core.run.attempts import last_prune
from prune_tui.core.session.decisions import Prune
from prune_tui.core.session.draft import Draft, DraftGoal, DraftSettings
from prune_tui.core.session.session import Session


def draft_of(plan: EditablePlan | None, goal: Goal | None, settings: PlanSettings) -> Draft:
    """Return a plan, its goal and its settings as a draft; a plan without edits follows the scan."""
    is_edited = plan is not None and bool(plan.past or plan.future)
    entries = plan.entries if plan is not None and is_edited else {}
    return Draft(
        plan={name: entry.sparsity for name, entry in entries.items()} if is_edited else None,
        locked=tuple(name for name, entry in entries.items() if entry.is_locked),
        goal=None
        if goal is None
        else DraftGoal(
            target=describe_target(goal.target), solved=dict(goal.solved), edited=tuple(sorted(goal.edited))
        ),
        settings=DraftSettings(**{one.name: getattr(settings, one.name) for one in fields(PlanSettings)}),
    )


def draft_to_resume(session: Session, settings: PlanSettings) -> Draft | None:
    """Return the draft that a session was left with, or else its last plan; None if it has neither.

    `settings` are those of a new session.
    """
    if session.draft is not None:
        return session.draft
    prune = last_prune(session.decisions)
    return _of_prune(prune, settings) if prune is not None else None


def settings_of(draft: Draft) -> PlanSettings:
    """Return the settings of a draft."""
    return PlanSettings(**{one.name: getattr(draft.settings, one.name) for one in fields(PlanSettings)})


def goal_of_draft(draft: Draft) -> Goal | None:
    """Return the goal of a draft; None if it has none, or one that can't be read any more."""
    if draft.goal is None:
        return None
    try:
        target = parse_target(draft.goal.target)
    except TargetError:
        return None
    return Goal(target, dict(draft.goal.solved), frozenset(draft.goal.edited))


def plan_of_draft(draft: Draft | None, suggested: Mapping[str, float]) -> EditablePlan:
    """Return the plan of a draft, as one step to undo from what the scan suggests.

    Layers that the draft does not name stay dense. A draft for layers that there are not, and no draft at
    all, follow the suggestions.
    """
    fresh = new_plan(list(suggested), suggested)
    if draft is None or draft.plan is None or not suggested:
        return fresh
    sparsities = dict.fromkeys(suggested, draft.plan) if isinstance(draft.plan, float) else draft.plan
    if not set(sparsities) <= set(suggested):
        return fresh
    entries = {name: PlanEntry(sparsities.get(name, 0.0), name in draft.locked) for name in suggested}
    return as_one_step(fresh, replace(fresh, entries=entries))


def _of_prune(prune: Prune, fresh: PlanSettings) -> Draft:
    """Return the plan of a prune as a draft, with what its fine-tuning was, or that of fresh settings."""
    tuned = prune.finetune or prune.finetune_last or fresh.finetuning
    settings = replace(
        settings_for(tuned, tolerance_points=fresh.tolerance_points),
        criterion=prune.criterion,
        granularity=prune.granularity,
        scope=prune.scope,
        schedule=prune.schedule,
        num_epochs=tuned.num_epochs if prune.finetune is not None else 0,
        start_from_pruned=prune.start_from == "pruned",
        rewind=prune.rewind,
    )
    return replace(draft_of(None, None, settings), plan=prune.plan, locked=prune.locked)
