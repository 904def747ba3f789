"""Measured networks of several sessions: a table of all, and a plot of accuracy against compression."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from prune_tui.core.session.session import Session
from prune_tui.reports.compare import BEST_RULE, Compared, batch_sizes, best_of
from prune_tui.reports.numbers import accuracy_text, size_text, times_text
from prune_tui.reports.terminal.plots import marker_of, tradeoff_plot
from prune_tui.reports.terminal.tables import plain_table

_MAX_TIMED = 2
"""There is room for so many batch sizes, the largest; `--json` has all."""

_NAME_WIDTH = 16

_LEGEND = "test accuracy, 95 % interval; compression ratio; ms is p50 at a batch size"


def compared_parts(found: Sequence[tuple[Session, Sequence[Compared]]]) -> RenderableType:
    """Show the networks of each session, marking the best; and all in one plot, if there are attempts."""
    rows = [row for _, networks in found for row in networks]
    sizes = batch_sizes(rows)[-_MAX_TIMED:]
    parts: list[RenderableType] = []
    for position, (session, networks) in enumerate(found):
        title = Text.assemble(
            f"{marker_of(position)} ", (session.name, "bold"), f"   {session.model} on {session.dataset}"
        )
        parts += [title, *_networks_parts(networks, sizes, has_heading=not position), Text()]
    if any(row.attempt is not None for row in rows):
        parts.append(tradeoff_plot([_points(networks) for _, networks in found]))
        parts.append(Text(f"best: {BEST_RULE}", "dim"))
        parts.append(Text(_LEGEND, "dim"))
    return Group(*parts)


def _networks_parts(
    networks: Sequence[Compared], sizes: Sequence[str], *, has_heading: bool
) -> list[RenderableType]:
    """Show one session's networks: the dense one, and each attempt below what it did."""
    if not networks:
        return [Text("  nothing was measured", "dim")]
    parts: list[RenderableType] = []
    best, table, shown = best_of(networks), _table(sizes, has_heading=has_heading), None
    for row in networks:
        if row.attempt is not None and row.attempt != shown:
            shown = row.attempt
            parts += [table, Text(f"  {row.attempt} {row.name}", "dim")]
            table = _table(sizes, has_heading=False)
        indent = "    " if row.attempt is not None else "  "
        mark = "  best" if row is best else ""
        table.add_row(Text(f"{indent}{row.network}{mark}"), *_figures(row, sizes))
    return [*parts, table]


def _table(sizes: Sequence[str], *, has_heading: bool) -> Table:
    """Return an empty table whose columns stand below those of every other."""
    table = plain_table(show_header=has_heading)
    table.add_column("", width=_NAME_WIDTH, no_wrap=True)
    for heading, width in (("accuracy", 18), ("ratio", 6), ("speedup", 7), ("file", 8)):
        table.add_column(heading, justify="right", no_wrap=True, width=width)
    for size in sizes:
        table.add_column(f"ms {size}", justify="right", no_wrap=True, width=7)
    return table


def _points(networks: Sequence[Compared]) -> list[tuple[float, float]]:
    return [(row.compression_ratio, row.accuracy) for row in networks]


def _figures(row: Compared, sizes: Sequence[str]) -> list[str]:
    timed = [row.latency_ms.get(size) for size in sizes]
    return [
        accuracy_text(row.accuracy, row.interval),
        times_text(row.compression_ratio),
        times_text(row.theoretical_speedup),
        size_text(row.file_bytes),
        *("·" if latency is None else f"{latency.p50:.2f}" for latency in timed),
    ]
