"""A layer's curve as a ruler: how much is lost at each scanned sparsity, and where the plan stands."""

from typing import Final

from rich.style import Style
from rich.text import Text

from prune_tui.core.report import ScanFigures
from prune_tui.core.scanning.curves import curve_of
from prune_tui.reports.blocks import BLOCKS
from prune_tui.tui.palette import Palette

STEPS_IN_POINTS: Final = (0.25, 0.5, 1.0, 2.5, 5.0, 12.0, 30.0)
"""The loss at which the next block begins: the first three blocks are within a point."""


def loss_level(lost: float) -> int:
    """Return the block (0 to 7) for an accuracy lost, as a fraction of 1."""
    return sum(lost * 100 > step + 1e-9 for step in STEPS_IN_POINTS)


def loss_style(lost: float, palette: Palette) -> Style:
    """Return the colour of a loss: good within a point, bad from five."""
    level = loss_level(lost)
    return palette.good if level < 3 else palette.warn if level < 5 else palette.bad


def sparsity_ruler(
    scan: ScanFigures | None, layer: str, palette: Palette, *, chosen: float | None = None
) -> Text:
    """Draw `▁▁▂▃▅│▇▇██`: taller is more lost; `│` follows the chosen sparsity; `·` is unknown."""
    curve = curve_of(scan, layer)
    sparsities = scan.sparsities if scan else tuple(tenth / 10 for tenth in range(1, 10))
    accuracies = curve.accuracies if curve else (None,) * len(sparsities)
    dense = scan.dense_accuracy if scan else 0.0
    text = Text(no_wrap=True)
    is_marked = chosen is None
    for sparsity, accuracy in zip(sparsities, accuracies, strict=True):
        if not is_marked and chosen is not None and sparsity > chosen + 1e-9:
            text.append("│", palette.bold)
            is_marked = True
        if accuracy is None:
            text.append("·", palette.faint)
        else:
            text.append(BLOCKS[loss_level(dense - accuracy)], loss_style(dense - accuracy, palette))
    if not is_marked:
        text.append("│", palette.bold)
    return text


def ruler_label(scan: ScanFigures | None) -> str:
    """Name the ruler's ends: `.1 ---- .9`."""
    sparsities = scan.sparsities if scan else (0.1, 0.9)
    first, last = (f"{end:.2g}".removeprefix("0") for end in (sparsities[0], sparsities[-1]))
    return f"{first}{'─' * max(1, 8 - len(first) - len(last))}{last}" if len(sparsities) > 1 else first
