"""The settings of a plan: everything in a `Prune` decision but the sparsities."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from prune_tui.core.errors import DecisionError
from prune_tui.core.planning.groups import PruningGroup
from prune_tui.core.planning.histograms import sparsities_by_threshold
from prune_tui.core.planning.plan_editor import EditablePlan
from prune_tui.core.report import ScanFigures
from prune_tui.core.run.events import WeightsBinned
from prune_tui.core.session.decisions import N_M_SPARSITY, Prune
from prune_tui.core.session.recipe import Training, epochs
from prune_tui.core.session.rounds import Iterative, OneShot, Rewinding
from prune_tui.core.terms import GRANULARITY_NAMES, Granularity, Scope

SUGGESTED_LOSS_POINTS: Final = 1.0


@dataclass(frozen=True, slots=True)
class PlanSettings:
    """Criterion, granularity, scope, schedule and fine-tuning; `num_epochs` 0 means no fine-tuning.

    With `rewind`, rounds are retrained after rewinding instead of fine-tuned. `tolerance_points` is what the
    plan that is suggested may lose.
    """

    criterion: str = "l1"
    granularity: Granularity = "weight"
    scope: Scope = "layer"
    schedule: OneShot | Iterative = field(default_factory=OneShot)
    num_epochs: int = 5
    learning_rate: float = 1e-3
    start_from_pruned: bool = False
    finetuning: Training = field(default_factory=lambda: Training(num_epochs=5))
    rewind: Rewinding | None = None
    tolerance_points: float = SUGGESTED_LOSS_POINTS


def settings_for(
    finetuning: Training, *, num_epochs: int | None = None, tolerance_points: float | None = None
) -> PlanSettings:
    """Return the default settings with a model's recommended fine-tuning, and what a person prefers to it."""
    return PlanSettings(
        num_epochs=finetuning.num_epochs if num_epochs is None else num_epochs,
        learning_rate=finetuning.learning_rate,
        finetuning=finetuning,
        tolerance_points=SUGGESTED_LOSS_POINTS if tolerance_points is None else tolerance_points,
    )


def overall_sparsity(plan: EditablePlan, groups: Sequence[PruningGroup]) -> float:
    """Return the share of the weights that a plan prunes: the one number of scope `global`.

    Locked groups do not count.
    """
    free = [group for group in groups if group.is_free and not plan.entries[group.name].is_locked]
    pruned = sum(group.parameters * plan.entries[group.name].sparsity for group in free)
    return round(pruned / max(1, sum(group.parameters for group in free)), 4)


def locked_globally(
    plan: EditablePlan, groups: Sequence[PruningGroup], settings: PlanSettings
) -> tuple[str, ...]:
    """Return the groups that the person locked, which scope `global` leaves dense; else none."""
    if settings.scope != "global":
        return ()
    return tuple(group.name for group in groups if group.is_free and plan.entries[group.name].is_locked)


def group_sparsities(
    plan: EditablePlan,
    groups: Sequence[PruningGroup],
    settings: PlanSettings,
    histograms: Mapping[str, WeightsBinned],
    *,
    is_threshold_on_magnitude: bool,
) -> dict[str, float]:
    """Return the predicted sparsity of each group that is not locked with a reason.

    Under scope `layer` it is that of the plan; with 2:4 it is 0 or 0.5. Under scope `global` it follows from
    a threshold on |w|. For other criteria and for units it can't be predicted, so that all groups are given
    the same sparsity.
    """
    free = [group.name for group in groups if group.is_free]
    if settings.scope == "global":
        target, locked = overall_sparsity(plan, groups), locked_globally(plan, groups, settings)
        pruned = [name for name in free if name not in locked]
        if is_threshold_on_magnitude and settings.granularity == "weight":
            shares = sparsities_by_threshold({name: histograms.get(name) for name in pruned}, target)
        else:
            shares = dict.fromkeys(pruned, target)
        return {name: shares.get(name, 0.0) for name in free}
    if settings.granularity == "n_m":
        return {name: N_M_SPARSITY if plan.entries[name].sparsity > 0 else 0.0 for name in free}
    return {name: plan.entries[name].sparsity for name in free}


def matching_scan(scan: ScanFigures | None, settings: PlanSettings) -> ScanFigures | None:
    """Return the scan if it has the plan's criterion and granularity: other curves would mislead."""
    if scan is None or (scan.criterion, scan.granularity) != (settings.criterion, settings.granularity):
        return None
    return scan


def prune_decision(plan: EditablePlan, groups: Sequence[PruningGroup], settings: PlanSettings) -> Prune:
    """Return the decision that carries a plan out.

    Raises:
        DecisionError: no group is to be pruned.
    """
    locked = locked_globally(plan, groups, settings)
    target = {
        group.name: plan.entries[group.name].sparsity
        for group in groups
        if group.is_free and group.name not in locked and plan.entries[group.name].sparsity > 0
    }
    if not target:
        others = "every layer that is not locked" if locked else "every layer"
        raise DecisionError(f"nothing to prune: {others} is at 0; give a layer a sparsity, such as 0.5")
    if settings.granularity == "n_m":
        target = dict.fromkeys(target, N_M_SPARSITY)
    return Prune(
        plan=overall_sparsity(plan, groups) if settings.scope == "global" else target,
        criterion=settings.criterion,
        granularity=settings.granularity,
        scope=settings.scope,
        locked=locked,
        schedule=settings.schedule,
        finetune=finetuning_of(settings) if settings.num_epochs and settings.rewind is None else None,
        rewind=settings.rewind,
        start_from="pruned" if settings.start_from_pruned else "dense",
    )


def finetuning_of(settings: PlanSettings) -> Training:
    """Return the fine-tuning of a round, of at least one epoch."""
    return replace(
        settings.finetuning,
        num_epochs=max(1, settings.num_epochs),
        learning_rate=settings.learning_rate,
    )


def describe_settings(settings: PlanSettings) -> list[tuple[str, str]]:
    """Return the settings as (label, value) for people, in the order in which they are decided."""
    schedule = settings.schedule
    rounds = (
        f"{schedule.steps}, {schedule.num_rounds} rounds" if isinstance(schedule, Iterative) else "one shot"
    )
    finetune = (
        f"{epochs(settings.num_epochs)} at {settings.learning_rate:g}" if settings.num_epochs else "none"
    )
    if settings.rewind is not None:
        finetune = settings.rewind.description
    return [
        ("prune by", settings.criterion),
        ("each", GRANULARITY_NAMES[settings.granularity]),
        ("scope", settings.scope),
        ("schedule", rounds),
        ("fine-tune", finetune),
        ("from", "pruned" if settings.start_from_pruned else "dense"),
    ]
