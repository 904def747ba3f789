"""The dense, the pruned and the shrunk network side by side, and what earlier attempts were measured at."""

from collections.abc import Sequence

from rich.console import RenderableType
from rich.text import Text

from prune_tui.core.report import Report
from prune_tui.core.run.attempts import attempt_names
from prune_tui.core.session.decisions import Decision
from prune_tui.reports.figures import attempt_line, figure_table
from prune_tui.reports.terminal.tables import plain_table, titled


def networks_parts(report: Report, decisions: Sequence[Decision]) -> list[RenderableType]:
    """Show each network's figures, and a line for each attempt measured before."""
    parts: list[RenderableType] = []
    shown = figure_table(report)
    if shown is not None:
        table = plain_table()
        table.add_column("")
        for name in (*shown.networks, *(["change"] if shown.has_changes else [])):
            table.add_column(name, justify="right")
        for row in shown.rows:
            table.add_row(row.label, *row.cells, *([row.change] if shown.has_changes else []))
        parts.append(table)
    if report.attempts:
        lines = plain_table(show_header=False)
        for name, attempt in zip(attempt_names(report.attempts, decisions), report.attempts, strict=True):
            lines.add_row(Text(name), Text(attempt_line(attempt, report)))
        parts.append(titled("earlier attempts, as measured", lines))
    return parts
