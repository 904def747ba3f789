"""The prunable layers: how many weights each has and keeps, also as bars on one scale."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from prune_tui.core.report import LayerFigures
from prune_tui.reports.numbers import shortened, sparsity_text
from prune_tui.reports.terminal.tables import plain_table

_BAR_WIDTH, _NAME_WIDTH = 20, 22


def layers_table(layers: Sequence[LayerFigures]) -> Table:
    """Show a line for each layer."""
    table = plain_table()
    table.add_column("layer", no_wrap=True)
    for column in ("weights", "nonzero", "sparsity"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("█ kept  ░ pruned", no_wrap=True)
    largest = max(layer.parameters for layer in layers)
    for layer in layers:
        table.add_row(
            Text(shortened(layer.name, _NAME_WIDTH)),
            f"{layer.parameters:,}",
            f"{layer.nonzero:,}",
            sparsity_text(layer.sparsity),
            weights_bar(layer, largest),
        )
    return table


def weights_bar(layer: LayerFigures, largest: int) -> str:
    """Draw a layer's kept and pruned weights as one bar, as long as its share of the largest layer's."""
    length = max(1, round(_BAR_WIDTH * layer.parameters / max(1, largest)))
    kept = round(length * layer.nonzero / max(1, layer.parameters))
    if layer.nonzero:
        kept = max(1, kept)
    return "█" * kept + "░" * (length - kept)
