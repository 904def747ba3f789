"""A plan solved for a budget: a sparsity for each layer, its price, and its predicted accuracy."""

from rich.console import Group, RenderableType
from rich.text import Text

from prune_tui.core.planning.budget import Solution
from prune_tui.core.planning.target import Target, describe_target
from prune_tui.core.report import ScanFigures
from prune_tui.core.scanning.predictor import error_points_at, held_out_errors
from prune_tui.reports.numbers import shortened
from prune_tui.reports.terminal.tables import WIDTH, plain_table


def plan_table(solution: Solution, target: Target, scan: ScanFigures) -> RenderableType:
    """Show the target, the plan, its price and its predicted accuracy."""
    table = plain_table()
    table.add_column("layer")
    table.add_column("sparsity", justify="right")
    for name, sparsity in solution.plan.items():
        table.add_row(Text(shortened(name, WIDTH - 12)), f"{sparsity:.2%}")
    price = solution.price
    error = error_points_at(held_out_errors(scan), price.accuracy)
    predicted = "none" if price.accuracy is None else f"{price.accuracy:.2%}"
    margin = "" if error is None else f" ±{error:.1f} points"
    return Group(
        Text(f"plan for {describe_target(target)}"),
        table,
        Text(
            f"compression ratio {price.compression_ratio:.2f}x, theoretical speedup "
            f"{price.theoretical_speedup:.2f}x, file {price.file_bytes:,} bytes"
        ),
        Text(f"predicted accuracy before any fine-tuning: {predicted}{margin}"),
    )
