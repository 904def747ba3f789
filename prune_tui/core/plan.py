"""How a plan is carried out: all that a Prune decision holds beside the draft's sparsities."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from prune_tui.core.decisions import Granularity, Iterative, OneShot, Prune, Scope, Training, epochs
from prune_tui.core.draft import Draft
from prune_tui.core.errors import DecisionError
from prune_tui.core.events import LayerInfo, WeightsBinned
from prune_tui.core.forecast import spread_globally
from prune_tui.core.report import ScanFigures


@dataclass(frozen=True, slots=True)
class PlanSettings:
    """Criterion, granularity, scope, schedule and fine-tuning; `num_epochs` 0 means no fine-tuning."""

    criterion: str = "l1"
    granularity: Granularity = "weight"
    scope: Scope = "layer"
    schedule: OneShot | Iterative = field(default_factory=OneShot)
    num_epochs: int = 5
    learning_rate: float = 1e-3
    start_from_pruned: bool = False
    finetuning: Training = field(default_factory=lambda: Training(num_epochs=5))


def settings_for(finetuning: Training) -> PlanSettings:
    """Begin with the fine-tuning that a model is known to take well."""
    return PlanSettings(
        num_epochs=finetuning.num_epochs, learning_rate=finetuning.learning_rate, finetuning=finetuning
    )


def fixed_reason(layer: LayerInfo, settings: PlanSettings) -> str | None:
    """Say why a layer can't be pruned at this granularity, if so."""
    return layer.locked_reason if settings.granularity == "unit" else None


def overall_sparsity(draft: Draft, layers: Sequence[LayerInfo]) -> float:
    """Return the share of all prunable weights that a draft prunes: the one number of scope `global`."""
    total = sum(layer.parameters for layer in layers)
    pruned = sum(layer.parameters * draft.rows[layer.name].sparsity for layer in layers)
    return round(pruned / max(1, total), 4)


def planned(
    draft: Draft,
    layers: Sequence[LayerInfo],
    settings: PlanSettings,
    histograms: Mapping[str, WeightsBinned],
) -> dict[str, float]:
    """Return the sparsity to expect of each layer: the draft's or, under scope `global`, the threshold's."""
    prunable = [layer for layer in layers if fixed_reason(layer, settings) is None]
    if settings.scope == "global":
        wanted = overall_sparsity(draft, layers)
        if settings.criterion == "random" or settings.granularity == "unit":
            return {layer.name: wanted for layer in prunable}
        return spread_globally({layer.name: histograms.get(layer.name) for layer in prunable}, wanted)
    return {layer.name: draft.rows[layer.name].sparsity for layer in prunable}


def matching_scan(scan: ScanFigures | None, settings: PlanSettings) -> ScanFigures | None:
    """Return the scan if it pruned the way the plan will: other curves would mislead."""
    if scan is None or (scan.criterion, scan.granularity) != (settings.criterion, settings.granularity):
        return None
    return scan


def prune_decision(draft: Draft, layers: Sequence[LayerInfo], settings: PlanSettings) -> Prune:
    """Return the decision that carries the draft out.

    Raises:
        DecisionError: no layer is to be pruned.
    """
    fixed = {layer.name for layer in layers if fixed_reason(layer, settings)}
    plan = {name: sparsity for name, sparsity in draft.plan.items() if name not in fixed}
    if not plan:
        raise DecisionError("nothing to prune: every layer is at 0; give a layer a sparsity, such as 0.5")
    finetune = settings.finetuning.model_copy(
        update={"num_epochs": settings.num_epochs, "learning_rate": settings.learning_rate}
    )
    return Prune(
        plan=overall_sparsity(draft, layers) if settings.scope == "global" else plan,
        criterion=settings.criterion,
        granularity=settings.granularity,
        scope=settings.scope,
        schedule=settings.schedule,
        finetune=finetune if settings.num_epochs else None,
        start_from="pruned" if settings.start_from_pruned else "dense",
    )


def describe_settings(settings: PlanSettings) -> list[tuple[str, str]]:
    """Return the settings as (what, value) in words for people, in the order they are decided."""
    schedule = settings.schedule
    rounds = (
        f"{schedule.steps}, {schedule.num_rounds} rounds" if isinstance(schedule, Iterative) else "one shot"
    )
    finetune = (
        f"{epochs(settings.num_epochs)} at {settings.learning_rate:g}" if settings.num_epochs else "none"
    )
    return [
        ("prune by", settings.criterion),
        ("each", settings.granularity),
        ("scope", settings.scope),
        ("schedule", rounds),
        ("fine-tune", finetune),
        ("from", "pruned" if settings.start_from_pruned else "dense"),
    ]
