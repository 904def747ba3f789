"""The scans and sweeps that are offered: which ways to prune make sense, and the decisions they become."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from prune_tui.core.decisions import (
    N_M_SPARSITY,
    Granularity,
    Method,
    Scan,
    Scope,
    Sweep,
    Training,
)
from prune_tui.core.events import LayerInfo
from prune_tui.core.plan import PlanSettings
from prune_tui.tui.finishing import has_linear

GRANULARITIES: Final[dict[Granularity, str]] = {
    "weight": "single weights",
    "unit": "whole neurons and filters",
    "n_m": "two of every four inputs (2:4)",
}
SWEPT: Final[tuple[tuple[Granularity, Scope], ...]] = (
    ("weight", "layer"),
    ("weight", "global"),
    ("unit", "layer"),
    ("unit", "global"),
)
"""What is pruned at once and over which weights together, as a sweep offers it."""

CONTROLS: Final = ("random", "largest")
TIMED_BATCHES: Final = (1, 64)
DEFAULT_METHODS: Final = (
    Method(criterion="l1"),
    Method(criterion="l1", granularity="unit"),
    Method(criterion="random"),
)


def scan_of(settings: PlanSettings) -> Scan:
    """Return the scan that a plan with these settings needs."""
    if settings.granularity == "n_m":
        return Scan(criterion=settings.criterion, granularity="n_m", sparsities=(N_M_SPARSITY,))
    return Scan(criterion=settings.criterion, granularity=settings.granularity)


def next_granularity(settings: PlanSettings) -> Granularity:
    """Return what comes after weights, units, 2:4."""
    names = list(GRANULARITIES)
    return names[(names.index(settings.granularity) + 1) % len(names)]


def why_not_swept(method: Method) -> str:
    """Say why a method is not worth a curve, if so."""
    if method.criterion in CONTROLS and method.scope == "global":
        return f"{method.criterion} is a control: one for each layer is enough"
    if method.criterion == "lamp" and (method.granularity, method.scope) != ("weight", "global"):
        return "lamp makes single weights comparable across layers: weight, global"
    if method.criterion == "batchnorm_scale" and method.granularity != "unit":
        return "a batch norm has one scale a unit: unit only"
    return ""


@dataclass(frozen=True, slots=True)
class SweepSettings:
    """What a person chose for a sweep; `num_epochs` 0 means no fine-tuning."""

    methods: tuple[Method, ...] = DEFAULT_METHODS
    sparsities: tuple[float, ...] = field(default_factory=lambda: Sweep().sparsities)
    num_epochs: int = 0
    has_from_scratch: bool = False
    is_timed: bool = False


def sweep_of(
    settings: SweepSettings, layers: Sequence[LayerInfo], *, finetuning: Training, training: Training
) -> Sweep:
    """Return the decision; networks that no method leads to are left out."""
    granularities = {method.granularity for method in settings.methods}
    modes: list[str] = []
    if settings.is_timed and "weight" in granularities and has_linear(layers):
        modes.append("sparse")
    if "unit" in granularities and (settings.is_timed or settings.has_from_scratch):
        modes.append("compact")
    has_from_scratch = settings.has_from_scratch and "unit" in granularities
    finetune = finetuning.model_copy(update={"num_epochs": max(1, settings.num_epochs)})
    return Sweep.model_validate(
        {
            "methods": settings.methods,
            "sparsities": settings.sparsities,
            "finetune": finetune if settings.num_epochs else None,
            "modes": tuple(modes),
            "from_scratch": training if has_from_scratch else None,
            "batch_sizes": TIMED_BATCHES if settings.is_timed else (),
        }
    )


def parse_percentages(text: str) -> tuple[float, ...]:
    """Read sparsities in percent, such as `50, 70, 90`, in any order.

    Raises:
        ValueError: there are none, or one is no percentage between 0 and 100.
    """
    sparsities = set()
    for word in text.replace(",", " ").replace("%", " ").split():
        try:
            percent = float(word)
        except ValueError:
            raise ValueError(f"{word} is no number: type percentages such as 50, 70, 90") from None
        if not 0 < percent <= 99.9:
            raise ValueError(f"{word} % can't be pruned: above 0 and at most 99.9, such as 50, 70, 90")
        sparsities.add(round(percent / 100, 5))
    if not sparsities:
        raise ValueError("type the sparsities in percent, such as 50, 70, 90")
    return tuple(sorted(sparsities))


def percentages_text(sparsities: Sequence[float]) -> str:
    """Write sparsities as they are typed: `50, 70, 97.5`."""
    return ", ".join(f"{sparsity * 100:g}" for sparsity in sparsities)
