"""The dense, the pruned and the shrunk network side by side: what they are, and how long they take."""

from collections.abc import Callable, Iterator, Mapping

from rich.console import RenderableType
from rich.table import Table

from prune_tui.core.report import Figures, Latency, Report
from prune_tui.reports.markdown import compression_ratio, networks_of, theoretical_speedup
from prune_tui.reports.terminal.tables import plain_table, titled

Networks = Mapping[str, Figures]


def networks_parts(report: Report) -> list[RenderableType]:
    """Show each network's figures, and its latency beside the dense one's."""
    networks = networks_of(report)
    parts: list[RenderableType] = [_figures_table(report, networks)] if networks else []
    if any(latencies for _, latencies in _timed(report)):
        parts.append(_latency_table(report))
    return parts


def _figures_table(report: Report, networks: Networks) -> Table:
    table = plain_table()
    table.add_column("")
    for name in networks:
        table.add_column(name, justify="right")

    def row(title: str, cell: Callable[[Figures], str]) -> None:
        table.add_row(title, *(cell(figures) for figures in networks.values()))

    row("test accuracy", lambda figures: f"{figures.accuracy:.2%}")
    row("test loss", lambda figures: f"{figures.loss:.4f}")
    row("parameters", lambda figures: f"{figures.parameters:,}")
    row("nonzero", lambda figures: f"{figures.nonzero:,}")
    row("sparsity", lambda figures: f"{figures.sparsity:.2%}")
    row("compression ratio", lambda figures: f"{compression_ratio(report, figures):.2f}x")
    row("MACs", lambda figures: f"{figures.macs:,}")
    row("nonzero MACs", lambda figures: f"{figures.nonzero_macs:,}")
    row("theoretical speedup", lambda figures: f"{theoretical_speedup(report, figures):.2f}x")
    row("file bytes", lambda figures: f"{figures.file_bytes:,}")
    return table


def _timed(report: Report) -> Iterator[tuple[str, Mapping[str, Latency]]]:
    if report.dense is not None:
        yield "dense", report.dense.latency_ms
    if report.pruned is not None:
        yield "pruned, masked dense", report.pruned.latency_ms
    yield "pruned, sparse (CSR)", report.sparse_latency_ms
    if report.shrunk is not None:
        yield "shrunk", report.shrunk.latency_ms


def _latency_table(report: Report) -> RenderableType:
    """Show p50 and p95 of every network at each batch size, and dense p50 / its p50."""
    table = plain_table()
    table.add_column("batch", justify="right")
    table.add_column("network")
    for column in ("p50", "p95", "dense p50 / its p50"):
        table.add_column(column, justify="right")
    timed = list(_timed(report))
    dense = report.dense.latency_ms if report.dense else {}
    for size in sorted({size for _, latencies in timed for size in latencies}, key=int):
        shown_size = size
        for name, latencies in timed:
            if size in latencies:
                latency = latencies[size]
                faster = f"{dense[size].p50 / latency.p50:.2f}x" if size in dense and latency.p50 else ""
                table.add_row(shown_size, name, f"{latency.p50:.2f}", f"{latency.p95:.2f}", faster)
                shown_size = ""
    return titled("latency of one batch, measured on this machine, ms", table)
