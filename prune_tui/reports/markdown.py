"""A session's result as Markdown, to paste into notes or a pull request."""

from collections.abc import Callable, Mapping, Sequence

from prune_tui.core.report import Curve, Figures, Latency, Report
from prune_tui.core.run.sweep_curves import by_sweep, method_name, mode_name, point_at, swept_sparsities
from prune_tui.core.session.session import Session
from prune_tui.reports.caveats import caveats

NO_FASTER = (
    "Zeros alone make no network faster: the latency of the pruned network is that of the masked dense "
    "network. The theoretical speedup counts multiply-adds with a weight that is not zero."
)


def markdown_summary(session: Session, report: Report, *, replay_command: str) -> str:
    """Return the decisions, the figures and how to get them again, as a Markdown document."""
    lines = [f"# {session.name}: {session.model} on {session.dataset}", ""]
    lines += [f"{number}. {decision.description}" for number, decision in enumerate(session.decisions, 1)]
    lines += ["", *networks_table(report)]
    for sweep in by_sweep(curve for curve in report.curves if curve.points):
        lines += ["", f"Sweep (decision {sweep[0].decision + 1}), validation accuracy in %:", ""]
        lines += sweep_table(sweep)
    lines += ["", f"- test set read {report.test_reads} times; seed {session.seed}"]
    if report.environment is not None:
        versions = ", ".join(f"{name} {version}" for name, version in report.environment.versions.items())
        threads = report.environment.num_threads
        lines.append(f"- {report.environment.device_name}, {threads} threads; {versions}")
    lines += [f"- {sentence}" for sentence in caveats(report, session.decisions)]
    return "\n".join([*lines, "", "```sh", replay_command, "```", ""])


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a Markdown table: its first column on the left, figures on the right."""
    return [
        "| " + " | ".join(header) + " |",
        "| --- |" + " ---: |" * (len(header) - 1),
        *("| " + " | ".join(row) + " |" for row in rows),
    ]


def compression_ratio(report: Report, figures: Figures) -> float:
    """Return all parameters of the dense network / those of this one that are not zero."""
    return (report.dense or figures).parameters / max(1, figures.nonzero)


def theoretical_speedup(report: Report, figures: Figures) -> float:
    """Return the MACs of the dense network / those of this one with a weight that is not zero."""
    return (report.dense or figures).macs / max(1, figures.nonzero_macs)


def networks_of(report: Report) -> dict[str, Figures]:
    """Return the networks that were measured, by name: dense, pruned, shrunk."""
    named = {"dense": report.dense, "pruned": report.pruned, "shrunk": report.shrunk}
    return {name: figures for name, figures in named.items() if figures is not None}


def networks_table(report: Report) -> list[str]:
    """Return the networks side by side, each figure under its own name; nothing if none was measured."""
    networks = networks_of(report)
    if not networks:
        return []
    labels: dict[str, Callable[[Figures], str]] = {
        "test accuracy": lambda figures: f"{figures.accuracy:.2%}",
        "loss": lambda figures: f"{figures.loss:.4f}",
        "parameters": lambda figures: f"{figures.parameters:,}",
        "nonzero": lambda figures: f"{figures.nonzero:,}",
        "sparsity": lambda figures: f"{figures.sparsity:.2%}",
        "compression ratio": lambda figures: f"{compression_ratio(report, figures):.2f}",
        "MACs": lambda figures: f"{figures.macs:,}",
        "nonzero MACs": lambda figures: f"{figures.nonzero_macs:,}",
        "theoretical speedup": lambda figures: f"{theoretical_speedup(report, figures):.2f}",
        "file bytes": lambda figures: f"{figures.file_bytes:,}",
    }
    rows = [[label, *map(cell, networks.values())] for label, cell in labels.items()]
    sparse = report.sparse_latency_ms
    latencies = [figures.latency_ms for figures in networks.values()]
    for size in sorted({size for one in (*latencies, sparse) for size in one}, key=int):
        cells = [_latency(one, size) for one in latencies]
        rows.append([f"latency p50 / p95, batch {size}", *cells])
        if size in sparse:
            cells = [_latency(sparse, size) if name == "pruned" else "" for name in networks]
            rows.append([f"the same as sparse matrices (CSR), batch {size}", *cells])
    return markdown_table(["", *networks], rows)


def _latency(latencies: Mapping[str, Latency], size: str) -> str:
    latency = latencies.get(size)
    return f"{latency.p50:.2f} / {latency.p95:.2f} ms" if latency else "not measured"


def sweep_table(sweep: Sequence[Curve]) -> list[str]:
    """Return a sweep's accuracies in percent: a row for each sparsity, a column for each curve."""
    header = ["sparsity", *(f"{method_name(curve)}, {mode_name(curve)}" for curve in sweep)]
    rows = []
    for sparsity in swept_sparsities(sweep):
        points = [point_at(curve, sparsity) for curve in sweep]
        cells = [f"{point.accuracy * 100:.2f}" if point else "" for point in points]
        rows.append([f"{sparsity * 100:.4g} %", *cells])
    return markdown_table(header, rows)
