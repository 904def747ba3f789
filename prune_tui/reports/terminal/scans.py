"""A sensitivity scan: each layer's accuracy at each sparsity, as numbers and as a row of blocks."""

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from prune_tui.core.report import ScanFigures
from prune_tui.core.terms import method_text
from prune_tui.reports.blocks import block
from prune_tui.reports.numbers import percent_text, shortened
from prune_tui.reports.terminal.tables import WIDTH, titled


def scan_table(scan: ScanFigures) -> RenderableType:
    """Show what was scanned, and a line for each layer."""
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("layer", no_wrap=True)
    table.add_column("", no_wrap=True)
    for sparsity in scan.sparsities:
        table.add_column(f"{sparsity:g}".removeprefix("0"), justify="right", no_wrap=True, min_width=4)
    num_sparsities = len(scan.sparsities)
    name_width = max(8, WIDTH - 2 - num_sparsities - 5 * num_sparsities)
    for curve in scan.layers:
        cells = ["·" if accuracy is None else f"{accuracy * 100:.1f}" for accuracy in curve.accuracies]
        bars = "".join(" " if accuracy is None else block(accuracy) for accuracy in curve.accuracies)
        table.add_row(Text(shortened(curve.name, name_width)), bars, *cells)
    title = (
        f"scan, {method_text(scan.criterion, scan.granularity)}: accuracy on {scan.num_images:,} validation "
        f"images, dense {percent_text(scan.dense_accuracy)}"
    )
    return titled(f"{title}\n{_precision_line(scan)}", table)


def _precision_line(scan: ScanFigures) -> str:
    """Say how many images each cell was evaluated on, and how far its accuracy may be off."""
    widths = [width for curve in scan.layers for width in curve.half_widths if width is not None]
    counts = [count for curve in scan.layers for count in curve.num_images if count]
    if scan.tolerance_points is None or not widths:
        return "every cell evaluated on all images" if scan.num_known else "no cell evaluated yet"
    return (
        f"quick: {sum(counts) / len(counts):,.0f} images per cell on average; 95 % intervals of ±"
        f"{min(widths) * 100:.1f} to\n±{max(widths) * 100:.1f} points, widest where a layer collapses"
    )
