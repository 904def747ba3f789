"""A plan solved for a budget: a sparsity for each layer, and what the whole is foreseen to give."""

from rich.console import Group, RenderableType
from rich.text import Text

from prune_tui.core.planning.budget import Solution
from prune_tui.core.planning.target import Target, describe_target
from prune_tui.core.report import ScanFigures
from prune_tui.core.scanning.predictor import error_at, misses
from prune_tui.reports.terminal.tables import WIDTH, plain_table, shortened


def plan_table(solution: Solution, target: Target, scan: ScanFigures) -> RenderableType:
    """Show the plan, and its price beside the target."""
    table = plain_table()
    table.add_column("layer")
    table.add_column("sparsity", justify="right")
    for name, sparsity in solution.plan.items():
        table.add_row(Text(shortened(name, WIDTH - 12)), f"{sparsity:.2%}")
    price = solution.price
    error = error_at(misses(scan), price.accuracy)
    foreseen = "not foreseen" if price.accuracy is None else f"{price.accuracy:.2%}"
    sure = "" if error is None else f" ±{error:.1f}, as whole plans showed"
    return Group(
        Text(f"plan for {describe_target(target)}"),
        table,
        Text(
            f"compression ratio {price.compression_ratio:.2f}x, theoretical speedup "
            f"{price.theoretical_speedup:.2f}x, file {price.file_bytes:,} bytes"
        ),
        Text(f"accuracy right after pruning, before any fine-tuning: {foreseen}{sure}"),
    )
