"""Sessions and reports as Rich tables, for `show` and for the end of a replay."""

from collections.abc import Iterable, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from prune_tui.core.decisions import describe
from prune_tui.core.report import Difference, EpochFigures, Figures, Report, ScanFigures
from prune_tui.core.session import Session

_BLOCKS = "▁▂▃▄▅▆▇█"
_MAX_DIFFERENCES = 12
_PLOT_WIDTH, _PLOT_HEIGHT = 78, 14


def session_tables(session: Session) -> RenderableType:
    """Show what a session is of, and what was decided."""
    head = Text.assemble(
        (session.name, "bold"), f"   {session.model} on {session.dataset}, seed {session.seed}"
    )
    decisions = Table(title="decisions", title_justify="left", box=None, pad_edge=False, show_header=False)
    for number, decision in enumerate(session.decisions, start=1):
        decisions.add_row(Text(str(number), "dim"), Text(describe(decision)))
    return Group(head, Text(), decisions, Text())


def report_tables(report: Report) -> RenderableType:
    """Show a report: the networks side by side, the layers, the scan, and what gave the figures."""
    parts: list[RenderableType] = []
    networks = [(name, figures) for name, figures in _networks(report) if figures is not None]
    if networks:
        parts += [_figures_table(networks), Text()]
    if report.compression_ratio is not None and report.theoretical_speedup is not None:
        parts += [
            Text(
                f"compression ratio {report.compression_ratio:.2f}x   "
                f"theoretical speedup {report.theoretical_speedup:.2f}x"
            ),
            Text("Zeros alone make no network faster: the latency is that of masked dense weights.", "dim"),
            Text(),
        ]
    parts += [_layers_table(report), Text()]
    if report.scan is not None:
        parts += [_scan_title(report.scan), _scan_table(report.scan), Text()]
    if len(report.epochs) > 2:
        parts += [_epochs_plot(report.epochs), Text()]
    parts.append(Text(_provenance(report), "dim"))
    return Group(*parts)


def verdict(
    reproduced: bool | None,
    identical: bool | None,
    differences: Sequence[Difference],
    tolerance_points: float,
) -> RenderableType:
    """Say whether a replay reproduced its record, and what differs."""
    if reproduced is None:
        return Text("nothing recorded to compare with", "yellow")
    if identical:
        return Text("✓ reproduced, identical to the bit", "bold green")
    rows = Table(box=None, pad_edge=False)
    for column in ("figure", "recorded", "replayed", ""):
        rows.add_column(column)
    for found in sorted(differences, key=lambda found: found.within_tolerance)[:_MAX_DIFFERENCES]:
        within = Text("within tolerance", "dim") if found.within_tolerance else Text("differs", "bold red")
        rows.add_row(found.figure, Text(str(found.recorded)), Text(str(found.replayed)), within)
    more = len(differences) - _MAX_DIFFERENCES
    line = (
        Text(f"✓ reproduced within {tolerance_points:g} points, not to the bit", "bold green")
        if reproduced
        else Text("✗ not reproduced", "bold red")
    )
    return Group(rows, Text(f"… and {more} more" if more > 0 else ""), line)


def _networks(report: Report) -> Iterable[tuple[str, Figures | None]]:
    return (("dense", report.dense), ("pruned", report.pruned), ("shrunk", report.shrunk))


def _figures_table(networks: Sequence[tuple[str, Figures]]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for name, _ in networks:
        table.add_column(name, justify="right")

    def row(title: str, cells: Iterable[str]) -> None:
        table.add_row(title, *cells)

    all_figures = [figures for _, figures in networks]
    row("test accuracy", (f"{figures.accuracy:.2%}" for figures in all_figures))
    row("test loss", (f"{figures.loss:.4f}" for figures in all_figures))
    row("parameters", (f"{figures.parameters:,}" for figures in all_figures))
    row("nonzero", (f"{figures.nonzero:,}" for figures in all_figures))
    row("sparsity", (f"{figures.sparsity:.2%}" for figures in all_figures))
    row("MACs", (f"{figures.macs:,}" for figures in all_figures))
    row("nonzero MACs", (f"{figures.nonzero_macs:,}" for figures in all_figures))
    row("file bytes", (f"{figures.file_bytes:,}" for figures in all_figures))
    sizes = sorted({size for figures in all_figures for size in figures.latency_ms}, key=int)
    for size in sizes:
        timed = [figures.latency_ms.get(size) for figures in all_figures]
        row(
            f"latency at batch {size}, p50 / p95 ms",
            (f"{latency.p50:.2f} / {latency.p95:.2f}" if latency else "" for latency in timed),
        )
    return table


def _layers_table(report: Report) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("layer")
    for column in ("weights", "nonzero", "sparsity"):
        table.add_column(column, justify="right")
    for layer in report.layers:
        table.add_row(
            Text(layer.name), f"{layer.parameters:,}", f"{layer.nonzero:,}", f"{layer.sparsity:.2%}"
        )
    return table


def _scan_title(scan: ScanFigures) -> Text:
    return Text(
        f"scan, {scan.criterion} {scan.granularity}: accuracy on {scan.num_images:,} validation images, "
        f"dense {scan.dense_accuracy:.2%}"
    )


def _scan_table(scan: ScanFigures) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("layer")
    table.add_column("")
    for sparsity in scan.sparsities:
        table.add_column(f"{sparsity:g}".removeprefix("0"), justify="right")
    for curve in scan.layers:
        cells = ["·" if accuracy is None else f"{accuracy * 100:.1f}" for accuracy in curve.accuracies]
        bars = "".join(
            " " if accuracy is None else _BLOCKS[round(accuracy * (len(_BLOCKS) - 1))]
            for accuracy in curve.accuracies
        )
        table.add_row(Text(curve.name), bars, *cells)
    return table


def _epochs_plot(epochs: Sequence[EpochFigures]) -> Text:
    """Plot the validation accuracy over all epochs, with a line where the network was pruned."""
    import plotext

    plotext.clear_figure()
    plotext.theme("clear")
    plotext.plotsize(_PLOT_WIDTH, _PLOT_HEIGHT)
    plotext.title("validation accuracy by epoch, %   │ pruned")
    plotext.plot([epoch.accuracy * 100 for epoch in epochs], marker="braille")
    for position, epoch in enumerate(epochs, start=1):
        if epoch.epoch == 0:
            plotext.vline(position)
    return Text.from_ansi(plotext.build())


def _provenance(report: Report) -> str:
    reads = f"the test set was read {report.test_reads} time{'' if report.test_reads == 1 else 's'}"
    environment = report.environment
    if environment is None:
        return reads
    versions = ", ".join(f"{name} {version}" for name, version in environment.versions.items())
    images = ", ".join(f"{count:,} {split}" for split, count in environment.num_images.items())
    return (
        f"{reads}; images: {images}\n{environment.device} ({environment.device_name}), "
        f"{environment.num_threads} thread{'' if environment.num_threads == 1 else 's'}; {versions}"
    )
