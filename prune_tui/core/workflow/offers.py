"""The scans and sweeps that the app offers, and the decisions that they become."""

from typing import Final

from prune_tui.core.planning.settings import PlanSettings
from prune_tui.core.report import Report
from prune_tui.core.session.decisions import N_M_SPARSITY, Scan
from prune_tui.core.terms import Granularity, Scope

GRANULARITIES: Final[dict[Granularity, str]] = {
    "weight": "single weights",
    "unit": "whole neurons and filters",
    "block_4": "4×1 blocks: one input, four outputs",
    "block_16": "16×1 blocks: one input, sixteen outputs",
    "n_m": "two of every four inputs (2:4)",
}
SWEPT: Final[tuple[tuple[Granularity, Scope], ...]] = (
    ("weight", "layer"),
    ("weight", "global"),
    ("unit", "layer"),
    ("unit", "global"),
    ("block_4", "layer"),
    ("block_4", "global"),
    ("block_16", "layer"),
    ("block_16", "global"),
)
"""The pairs of granularity and scope that a sweep offers."""

QUICK_POINTS: Final = 1.0
MOST_IMAGES_EXACT: Final = 2_000


def scan_of(settings: PlanSettings, *, is_quick: bool) -> Scan:
    """Return the scan for a plan with these settings; a quick one trades precision for speed."""
    is_n_m = settings.granularity == "n_m"
    return Scan(
        criterion=settings.criterion,
        granularity=settings.granularity,
        sparsities=(N_M_SPARSITY,) if is_n_m else Scan().sparsities,
        tolerance_points=QUICK_POINTS if is_quick else None,
        precision="bfloat16" if is_quick else "float32",
    )


def is_quick_by_default(num_images: int) -> bool:
    """Return whether a scan on so many validation images is quick by default."""
    return num_images > MOST_IMAGES_EXACT


def scans_quickly(report: Report, chosen: bool | None) -> bool:
    """Whether the next scan is quick: as the person chose, else as the last was, else by the images."""
    if chosen is not None:
        return chosen
    if report.scan is not None:
        return report.scan.tolerance_points is not None
    environment = report.environment
    return environment is not None and is_quick_by_default(environment.num_images.get("validation", 0))


def next_granularity(settings: PlanSettings) -> Granularity:
    """Return the next granularity in the order weights, units, blocks, 2:4, and again weights."""
    names = list(GRANULARITIES)
    return names[(names.index(settings.granularity) + 1) % len(names)]
