"""The figures of the dense, pruned and shrunk networks side by side, as rows of text to be rendered."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from prune_tui.core.attempts.attempt import AttemptView, fastest
from prune_tui.core.report import Attempt, Figures, Latency, Report
from prune_tui.core.run.sureness import num_test_images, test_interval
from prune_tui.core.scanning.proportion import wilson_interval
from prune_tui.core.terms import RUN_AS
from prune_tui.reports.numbers import (
    accuracy_text,
    change_text,
    count_text,
    faster_text,
    interval_text,
    percent_text,
    points_text,
    size_text,
    sparsity_text,
    times_text,
)


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One figure: its label, a cell for each network, and the change from the first to the last."""

    label: str
    cells: tuple[str, ...]
    change: str = ""


@dataclass(frozen=True, slots=True)
class FigureTable:
    """The networks that were measured, by name, and a row for each figure."""

    networks: tuple[str, ...]
    rows: tuple[FigureRow, ...]

    @property
    def has_changes(self) -> bool:
        """Whether there is more than one network to compare."""
        return len(self.networks) > 1


def figure_table(report: Report) -> FigureTable | None:
    """Return all figures that were measured; None if none were."""
    named = {"dense": report.dense, "pruned": report.pruned, "shrunk": report.shrunk}
    networks = {name: figures for name, figures in named.items() if figures is not None}
    if not networks:
        return None
    rows = (*_figure_rows(report, networks), *_latency_rows(report, networks))
    if len(networks) == 1:
        rows = tuple(FigureRow(row.label, row.cells) for row in rows)
    return FigureTable(tuple(networks), rows)


def attempt_line(attempt: Attempt, report: Report) -> str:
    """Say in one line what was measured of an earlier attempt."""
    shown = attempt.shrunk or attempt.pruned
    counts = shown.against(report.dense)
    parts = (
        f"{tested_text(shown, num_test_images(report))} test accuracy",
        f"compression {times_text(counts.compression_ratio)}",
        f"theoretical speedup {times_text(counts.theoretical_speedup)}",
        size_text(shown.file_bytes),
    )
    return ", ".join(parts)


def tested_text(figures: Figures, num_images: int) -> str:
    """Say a test accuracy with its interval on so many images: `98.7 % (98.2–99.0)`."""
    return accuracy_text(figures.accuracy, test_interval(figures.accuracy, num_images))


def attempt_lines(attempt: AttemptView, num_images: int) -> list[str]:
    """Say what came of an attempt: a line on the whole, and one for each time that it was measured.

    `num_images` are those of the test set, 0 if no interval can be told.
    """
    parts = [f"validation {percent_text(attempt.accuracy)}"]
    if (counts := attempt.smallest) is not None:
        parts += [
            f"compression {times_text(counts.compression_ratio)}",
            f"theoretical speedup {times_text(counts.theoretical_speedup)}",
            size_text(counts.file_bytes),
        ]
    measured = [_measured_line(one, num_images) for one in attempt.measured]
    return [", ".join(parts), *(measured or ["not measured on the test set"])]


def _measured_line(measured: Attempt, num_images: int) -> str:
    """Say a network's test accuracy, and its latency in the way that is fastest."""
    figures = measured.shrunk or measured.pruned
    latencies = [
        f"batch {size} {latency.p50:.3g} ms {RUN_AS[runtime]}"
        for size in sorted(figures.latency_ms, key=int)
        for runtime, latency in [fastest(measured, size)]
    ]
    return ", ".join([f"test {tested_text(figures, num_images)}", *latencies])


def _figure_rows(report: Report, networks: Mapping[str, Figures]) -> Iterator[FigureRow]:
    shown = tuple(networks.values())
    first, last = shown[0], shown[-1]

    def row(label: str, cell: Callable[[Figures], str], change: str = "") -> FigureRow:
        return FigureRow(label, tuple(map(cell, shown)), change)

    def counted(label: str, count: Callable[[Figures], int]) -> FigureRow:
        return row(label, lambda figures: count_text(count(figures)), change_text(count(first), count(last)))

    def ratio(label: str, of: Callable[[Figures], float]) -> FigureRow:
        return row(label, lambda figures: times_text(of(figures.against(report.dense))))

    points, num_images = points_text(last.accuracy - first.accuracy), num_test_images(report)
    yield row("test accuracy", lambda figures: percent_text(figures.accuracy), points)
    if num_images:
        yield row(
            "  95 % interval",
            lambda figures: f"{interval_text(*wilson_interval(figures.accuracy, num_images))} %",
        )
    yield row("loss", lambda figures: f"{figures.loss:.4f}")
    yield counted("parameters", lambda figures: figures.parameters)
    yield counted("nonzero", lambda figures: figures.nonzero)
    yield row("sparsity", lambda figures: sparsity_text(figures.sparsity))
    yield ratio("compression ratio", lambda figures: figures.compression_ratio)
    yield counted("MACs", lambda figures: figures.macs)
    yield counted("nonzero MACs", lambda figures: figures.nonzero_macs)
    yield ratio("theoretical speedup", lambda figures: figures.theoretical_speedup)
    yield row(
        "file",
        lambda figures: size_text(figures.file_bytes, like=first.file_bytes),
        change_text(first.file_bytes, last.file_bytes),
    )


def _latency_rows(report: Report, networks: Mapping[str, Figures]) -> Iterator[FigureRow]:
    """Give a row per batch size; other ways to run are on rows of their own, in their network's column."""
    latencies = [figures.latency_ms for figures in networks.values()]
    sparse, native = report.sparse_latency_ms, report.native

    def beside(column: str, latency: Latency) -> tuple[str, ...]:
        return tuple(_latency(latency) if name == column else "" for name in networks)

    for size in sorted({size for one in (*latencies, sparse) for size in one}, key=int):
        timed = [one.get(size) for one in latencies]
        change = _latency_change(timed[0], timed[-1])
        yield FigureRow(f"ms p50/p95, batch {size}", tuple(map(_latency, timed)), change)
        if size in sparse:
            change = _latency_change(timed[0], sparse[size])
            yield FigureRow("  as sparse (CSR)", beside("pruned", sparse[size]), change)
        if native is not None and size in native.latency_ms:
            latency, column = native.latency_ms[size], "shrunk" if native.is_shrunk else "pruned"
            yield FigureRow("  as C (sparse)", beside(column, latency), _faster(timed[0], latency))


def _latency(latency: Latency | None) -> str:
    if latency is None:
        return "…"
    digits = 1 if latency.p95 >= 100 else 2
    return f"{latency.p50:.{digits}f}/{latency.p95:.{digits}f}"


def _latency_change(before: Latency | None, after: Latency | None) -> str:
    if before is None or after is None or before is after:
        return ""
    return change_text(before.p50, after.p50)


def _faster(before: Latency | None, after: Latency) -> str:
    return "" if before is None else faster_text(before.p50, after.p50)
