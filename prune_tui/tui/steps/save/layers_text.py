"""The layers of the pruned network: target, actual sparsity, and what each costs by itself."""

from rich.text import Text

from prune_tui.core.attempts.taking import settings_of
from prune_tui.core.planning.groups import group_with, groups_of
from prune_tui.core.planning.settings import matching_scan
from prune_tui.core.report import ScanFigures
from prune_tui.core.scanning.curves import curve_of, layer_accuracy
from prune_tui.core.session.decisions import Prune
from prune_tui.reports.numbers import count_text, points_text, shortened, sparsity_text
from prune_tui.tui.palette import Palette
from prune_tui.tui.state import State
from prune_tui.tui.widgets.sparsity_ruler import loss_style

SAME = 5e-4
"""Sparsities that differ by less are one cell of the scan."""


def layers_text(state: State, prune: Prune, palette: Palette) -> Text:
    """Return a line for each layer; the last column is the loss with this layer alone pruned.

    It is `measured` where the scan has that very cell, else `predicted` between two of its cells.
    """
    view = state.view
    scan = matching_scan(view.report.scan, settings_of(prune, state.settings))
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(f"{'layer':<18}{'target':>9}{'actual':>9}{'kept':>12}", palette.muted)
    text.append(f"{f'Δ{state.short_score} alone':>12}" if scan is not None else "", palette.muted)
    groups = groups_of(view.layers, prune.granularity)
    plan = None if isinstance(prune.plan, float) else prune.plan
    for figures in view.report.layers:
        group = group_with(groups, figures.name)
        target = plan.get(group.name, 0.0) if plan is not None and group is not None else None
        text.append(f"\n{shortened(figures.name, 17):<18}", palette.text)
        text.append(f"{'global' if plan is None else sparsity_text(target):>9}", palette.muted)
        text.append(f"{sparsity_text(figures.sparsity):>9}", palette.bold)
        text.append(f"{count_text(figures.nonzero):>12}", palette.text)
        if scan is not None and group is not None:
            sparsity = figures.sparsity if target is None else target
            text.append_text(_alone(scan, group.name, sparsity, palette))
    return text


def _alone(scan: ScanFigures, layer: str, sparsity: float, palette: Palette) -> Text:
    """Say what the layer costs if it alone is pruned, and how that is known."""
    if sparsity <= 0:
        return Text(f"{'0.0':>12}", palette.muted)
    curve = curve_of(scan, layer)
    cells = zip(scan.sparsities, curve.accuracies, strict=True) if curve is not None else ()
    measured = next((known for at, known in cells if abs(at - sparsity) < SAME and known is not None), None)
    accuracy = layer_accuracy(scan, layer, sparsity) if measured is None else measured
    if accuracy is None:
        return Text(f"{'—':>12}", palette.muted)
    lost = scan.dense_accuracy - accuracy
    text = Text(f"{points_text(-lost):>12}", loss_style(lost, palette))
    return text.append(" predicted" if measured is None else " measured", palette.muted)
