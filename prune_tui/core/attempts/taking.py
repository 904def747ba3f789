"""Takes an attempt, or a point of a sweep, as the plan to edit: its sparsities and its settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from prune_tui.core.network import LayerInfo
from prune_tui.core.planning.goal import Goal
from prune_tui.core.planning.groups import by_layer, groups_of
from prune_tui.core.planning.plan_editor import MAX_UNDO, EditablePlan, PlanEntry
from prune_tui.core.planning.settings import PlanSettings
from prune_tui.core.session.decisions import Method, Prune, Sweep


@dataclass(frozen=True, slots=True)
class Taken:
    """A step of a plan's history that also changed the settings, and put an end to a goal.

    `words` say what was taken.
    """

    before: Mapping[str, PlanEntry]
    after: Mapping[str, PlanEntry]
    settings_before: PlanSettings
    settings_after: PlanSettings
    goal_before: Goal | None = None
    words: str = ""


def swept_prune(sweep: Sweep, method: Method, sparsity: float) -> Prune:
    """Return the prune that a point of a sweep is."""
    return Prune(
        plan=sparsity,
        criterion=method.criterion,
        granularity=method.granularity,
        scope=method.scope,
        locked=sweep.locked,
        schedule=sweep.schedule,
        finetune=sweep.finetune,
        finetune_last=sweep.finetune_last,
    )


def target_of(prune: Prune, layers: Sequence[LayerInfo]) -> dict[str, float | None]:
    """Return the target sparsity of every layer; None where a global threshold decides.

    Layers coupled to another have its target, and locked ones 0.
    """
    groups, plan = groups_of(layers, prune.granularity), prune.plan
    if isinstance(plan, float):
        free = {layer.name for group in groups if group.is_free for layer in group.layers}
        locked = by_layer(groups, dict.fromkeys(prune.locked, 0.0)).keys() | set(prune.locked)
        target = None if prune.scope == "global" else plan
        return {layer.name: target if layer.name in free - locked else 0.0 for layer in layers}
    given = by_layer(groups, plan)
    return {layer.name: given.get(layer.name, 0.0) for layer in layers}


def taken(
    prune: Prune, plan: EditablePlan, settings: PlanSettings, layers: Sequence[LayerInfo]
) -> tuple[EditablePlan, Taken]:
    """Return the plan with a prune's sparsities and locks, as one step to undo, and what the step changed."""
    target = target_of(prune, layers)
    if prune.scope == "global" and isinstance(prune.plan, float):
        target = dict.fromkeys(target, prune.plan)
    entries = {
        name: PlanEntry(target.get(name) or 0.0, is_locked=name in prune.locked) for name in plan.entries
    }
    after = replace(plan, entries=entries, past=(*plan.past, plan.entries)[-MAX_UNDO:], future=())
    return after, Taken(plan.entries, entries, settings, settings_of(prune, settings))


def settings_of(prune: Prune, settings: PlanSettings) -> PlanSettings:
    """Return the settings that a prune was made with; `settings` give the fine-tuning if it had none."""
    finetune = prune.finetune
    return PlanSettings(
        criterion=prune.criterion,
        granularity=prune.granularity,
        scope=prune.scope,
        schedule=prune.schedule,
        num_epochs=finetune.num_epochs if finetune is not None else 0,
        learning_rate=finetune.learning_rate if finetune is not None else settings.learning_rate,
        start_from_pruned=prune.start_from == "pruned",
        finetuning=finetune or settings.finetuning,
        rewind=prune.rewind,
    )


def step_back(history: Sequence[Taken], before: EditablePlan, after: EditablePlan) -> Taken | None:
    """Return the step that undoing has just taken back; None if it was another one."""
    return next((one for one in history if before.entries is one.after and after.entries is one.before), None)


def step_again(history: Sequence[Taken], before: EditablePlan, after: EditablePlan) -> Taken | None:
    """Return the step that redoing has just taken again; None if it was another one."""
    return next((one for one in history if before.entries is one.before and after.entries is one.after), None)
