"""How a plan is carried out: all that a Prune decision holds beside the draft's sparsities."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import assert_never

from prune_tui.core.errors import DecisionError
from prune_tui.core.network import LayerInfo
from prune_tui.core.planning.plan_editor import Draft
from prune_tui.core.planning.price import spread_globally
from prune_tui.core.report import ScanFigures
from prune_tui.core.run.events import WeightsBinned
from prune_tui.core.session.decisions import (
    N_M_SPARSITY,
    Iterative,
    OneShot,
    Prune,
    Rewinding,
    epochs,
)
from prune_tui.core.session.recipe import Training
from prune_tui.core.terms import Granularity, Scope


@dataclass(frozen=True, slots=True)
class PlanSettings:
    """Criterion, granularity, scope, schedule and fine-tuning; `num_epochs` 0 means no fine-tuning.

    With `rewind`, rounds are retrained so instead of fine-tuned.
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


def settings_for(finetuning: Training) -> PlanSettings:
    """Begin with the fine-tuning that a model is known to take well."""
    return PlanSettings(
        num_epochs=finetuning.num_epochs, learning_rate=finetuning.learning_rate, finetuning=finetuning
    )


def fixed_reason(layer: LayerInfo, settings: PlanSettings) -> str | None:
    """Say why a layer has no sparsity of its own at this granularity, if so."""
    match settings.granularity:
        case "unit":
            return f"goes with {layer.coupled_to}" if layer.coupled_to else layer.locked_reason
        case "n_m":
            return n_m_reason(layer)
        case "weight":
            return None
        case _:
            assert_never(settings.granularity)


def n_m_reason(layer: LayerInfo) -> str | None:
    """Say why a layer can't be pruned 2:4, if so: each unit's inputs are taken four at a time."""
    inputs = "1 input is" if layer.inputs == 1 else f"{layer.inputs} inputs are"
    return None if layer.inputs % 4 == 0 else f"its {inputs} not a multiple of 4"


def overall_sparsity(draft: Draft, layers: Sequence[LayerInfo]) -> float:
    """Return the share of the weights that a draft prunes of: the one number of scope `global`.

    Locked layers are spared there, and do not count.
    """
    free = [layer for layer in layers if not draft.rows[layer.name].is_locked]
    pruned = sum(layer.parameters * draft.rows[layer.name].sparsity for layer in free)
    return round(pruned / max(1, sum(layer.parameters for layer in free)), 4)


def spared_layers(draft: Draft, layers: Sequence[LayerInfo], settings: PlanSettings) -> tuple[str, ...]:
    """Return the layers that scope `global` leaves dense: those whose row is locked."""
    if settings.scope != "global":
        return ()
    return tuple(
        layer.name
        for layer in layers
        if draft.rows[layer.name].is_locked and fixed_reason(layer, settings) is None
    )


def planned(
    draft: Draft,
    layers: Sequence[LayerInfo],
    settings: PlanSettings,
    histograms: Mapping[str, WeightsBinned],
) -> dict[str, float]:
    """Return the sparsity to expect of each layer: the draft's or, under scope `global`, the threshold's.

    Layers whose units go with another's have that one's, and 2:4 has the only one it can. Where a global
    threshold is not on |w|, what each layer loses can't be foreseen, and all are given the same.
    """
    prunable = [layer for layer in layers if fixed_reason(layer, settings) is None]
    if settings.scope == "global":
        wanted, spared = overall_sparsity(draft, layers), spared_layers(draft, layers, settings)
        free = [layer.name for layer in prunable if layer.name not in spared]
        if settings.criterion in ("l1", "l2") and settings.granularity == "weight":
            shares = spread_globally({name: histograms.get(name) for name in free}, wanted)
        else:
            shares = dict.fromkeys(free, wanted)
        rows = {layer.name: shares.get(layer.name, 0.0) for layer in prunable}
    else:
        rows = {layer.name: draft.rows[layer.name].sparsity for layer in prunable}
    if settings.granularity == "n_m":
        return {name: N_M_SPARSITY if sparsity > 0 else 0.0 for name, sparsity in rows.items()}
    if settings.granularity == "unit":
        coupled = {layer.name: layer.coupled_to for layer in layers if layer.coupled_to in rows}
        rows |= {name: rows[leader] for name, leader in coupled.items() if leader is not None}
    return rows


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
    spared = spared_layers(draft, layers, settings)
    left_out = {layer.name for layer in layers if fixed_reason(layer, settings)}.union(spared)
    plan = {name: sparsity for name, sparsity in draft.plan.items() if name not in left_out}
    if not plan:
        others = "every layer that is not spared" if spared else "every layer"
        raise DecisionError(f"nothing to prune: {others} is at 0; give a layer a sparsity, such as 0.5")
    if settings.granularity == "n_m":
        plan = dict.fromkeys(plan, N_M_SPARSITY)
    return Prune(
        plan=overall_sparsity(draft, layers) if settings.scope == "global" else plan,
        criterion=settings.criterion,
        granularity=settings.granularity,
        scope=settings.scope,
        locked=spared,
        schedule=settings.schedule,
        finetune=finetuning_of(settings) if settings.num_epochs and settings.rewind is None else None,
        rewind=settings.rewind,
        start_from="pruned" if settings.start_from_pruned else "dense",
    )


def finetuning_of(settings: PlanSettings) -> Training:
    """Return the fine-tuning of a round; at least an epoch of it, for one that is asked for by itself."""
    return replace(
        settings.finetuning,
        num_epochs=max(1, settings.num_epochs),
        learning_rate=settings.learning_rate,
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
    if settings.rewind is not None:
        finetune = settings.rewind.description
    return [
        ("prune by", settings.criterion),
        ("each", settings.granularity),
        ("scope", settings.scope),
        ("schedule", rounds),
        ("fine-tune", finetune),
        ("from", "pruned" if settings.start_from_pruned else "dense"),
    ]
