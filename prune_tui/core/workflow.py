"""The scans and sweeps that are offered: which ways to prune make sense, and the decisions they become."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from prune_tui.core.finishing import has_linear
from prune_tui.core.network import LayerInfo
from prune_tui.core.planning.price import safe_sparsity
from prune_tui.core.planning.settings import PlanSettings
from prune_tui.core.report import ScanCurve, ScanFigures
from prune_tui.core.scanning.statistics import is_settled
from prune_tui.core.session.decisions import N_M_SPARSITY, Method, Scan, Sweep
from prune_tui.core.session.recipe import Training
from prune_tui.core.terms import Granularity, Scope

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

QUICK_POINTS: Final = 1.0
MOST_IMAGES_EXACT: Final = 2_000
CONTROLS: Final = ("random", "largest")
TIMED_BATCHES: Final = (1, 64)
DEFAULT_METHODS: Final = (
    Method(criterion="l1"),
    Method(criterion="l1", granularity="unit"),
    Method(criterion="random"),
)


def scan_of(settings: PlanSettings, *, is_quick: bool) -> Scan:
    """Return the scan that a plan with these settings needs; only a quick one gives up digits for speed."""
    is_n_m = settings.granularity == "n_m"
    return Scan(
        criterion=settings.criterion,
        granularity=settings.granularity,
        sparsities=(N_M_SPARSITY,) if is_n_m else Scan().sparsities,
        tolerance_points=QUICK_POINTS if is_quick else None,
        precision="bfloat16" if is_quick else "float32",
    )


def is_quick_by_default(num_images: int) -> bool:
    """Whether a scan on so many validation images is quick unless told otherwise."""
    return num_images > MOST_IMAGES_EXACT


def num_settled(scan: ScanFigures) -> int:
    """Return how many cells are as sure as they are to be."""
    return sum(
        accuracy is not None
        and half_width is not None
        and (
            half_width == 0
            if scan.tolerance_points is None
            else is_settled(accuracy - scan.dense_accuracy, half_width, scan.tolerance_points)
        )
        for curve in scan.layers
        for accuracy, half_width in zip(curve.accuracies, half_widths_of(curve), strict=True)
    )


def half_widths_of(curve: ScanCurve) -> tuple[float | None, ...]:
    """Return half the 95 % interval of each cell; 0 where every image was evaluated."""
    return curve.half_widths or tuple(None if known is None else 0.0 for known in curve.accuracies)


def half_width_where_safe(scan: ScanFigures, curve: ScanCurve) -> float | None:
    """Return the widest half interval up to the first cell beyond what is safe: that on which it rests."""
    safe = safe_sparsity(scan, curve.name)
    beyond = next((at for at in scan.sparsities if at > safe), 1.0)
    widths = zip(scan.sparsities, half_widths_of(curve), strict=True)
    return max((width for at, width in widths if at <= beyond and width is not None), default=None)


def images_seen(scan: ScanFigures) -> tuple[int, int]:
    """Return on how many images the cells that have a figure were evaluated: the fewest and the most."""
    seen = [count for curve in scan.layers for count in curve.num_images if count]
    return min(seen, default=0), max(seen, default=0)


def cells_words(scan: ScanFigures) -> str:
    """Say how far a scan is: every batch of images makes all its cells surer, until they are settled."""
    num_cells, settled = sum(len(curve.accuracies) for curve in scan.layers), num_settled(scan)
    if scan.joint:
        return f"all {num_cells} cells settled, whole plan {len(scan.joint)}"
    if scan.num_known == num_cells and scan.tolerance_points is None:
        return f"{num_cells} cells, {images_seen(scan)[0]:,}/{scan.num_images:,} images"
    return f"{scan.num_known}/{num_cells} cells, {settled} settled"


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
    modes: list[Literal["sparse", "shrunk"]] = []
    if settings.is_timed and "weight" in granularities and has_linear(layers):
        modes.append("sparse")
    if "unit" in granularities and (settings.is_timed or settings.has_from_scratch):
        modes.append("shrunk")
    has_from_scratch = settings.has_from_scratch and "unit" in granularities
    finetune = replace(finetuning, num_epochs=max(1, settings.num_epochs))
    return Sweep(
        methods=settings.methods,
        sparsities=settings.sparsities,
        finetune=finetune if settings.num_epochs else None,
        modes=tuple(modes),
        from_scratch=training if has_from_scratch else None,
        batch_sizes=TIMED_BATCHES if settings.is_timed else (),
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
