"""A session's result as Markdown, to paste into notes or a pull request."""

from prune_tui.core.decisions import describe
from prune_tui.core.report import Figures, Report
from prune_tui.core.session import Session

NO_FASTER = (
    "Zeros alone make no network faster: the latency of the pruned network is that of the masked dense "
    "network. The theoretical speedup counts multiply-adds with a weight that is not zero."
)


def markdown_summary(session: Session, report: Report, *, replay_command: str) -> str:
    """Return the decisions, the figures and how to get them again, as a Markdown document."""
    columns = [
        (name, figures)
        for name, figures in (("dense", report.dense), ("pruned", report.pruned), ("shrunk", report.shrunk))
        if figures is not None
    ]
    lines = [f"# {session.name}: {session.model} on {session.dataset}", ""]
    lines += [f"{number}. {describe(decision)}" for number, decision in enumerate(session.decisions, 1)]
    if columns:
        lines += ["", "| | " + " | ".join(name for name, _ in columns) + " |"]
        lines += ["| --- |" + " ---: |" * len(columns)]
        rows = [_rows(figures) for _, figures in columns]
        sizes = sorted({size for _, figures in columns for size in figures.latency_ms}, key=int)
        for position, (label, _) in enumerate(rows[0]):
            lines.append(f"| {label} | " + " | ".join(row[position][1] for row in rows) + " |")
        for size in sizes:
            cells = [_latency(figures, size) for _, figures in columns]
            lines.append(f"| latency p50 / p95, batch {size} | " + " | ".join(cells) + " |")
    lines += [""]
    if report.compression_ratio is not None:
        lines.append(f"- compression ratio (all / nonzero parameters): {report.compression_ratio:.2f}")
    if report.theoretical_speedup is not None:
        lines.append(f"- theoretical speedup (dense / nonzero MACs): {report.theoretical_speedup:.2f}")
    lines.append(f"- test set read {report.test_reads} times; seed {session.seed}")
    if report.environment is not None:
        versions = ", ".join(f"{name} {version}" for name, version in report.environment.versions.items())
        threads = report.environment.num_threads
        lines.append(f"- {report.environment.device_name}, {threads} threads; {versions}")
    return "\n".join([*lines, "", NO_FASTER, "", "```sh", replay_command, "```", ""])


def _rows(figures: Figures) -> list[tuple[str, str]]:
    return [
        ("test accuracy", f"{figures.accuracy:.2%}"),
        ("loss", f"{figures.loss:.4f}"),
        ("parameters", f"{figures.parameters:,}"),
        ("nonzero", f"{figures.nonzero:,}"),
        ("sparsity", f"{figures.sparsity:.2%}"),
        ("MACs", f"{figures.macs:,}"),
        ("nonzero MACs", f"{figures.nonzero_macs:,}"),
        ("file bytes", f"{figures.file_bytes:,}"),
    ]


def _latency(figures: Figures, size: str) -> str:
    latency = figures.latency_ms.get(size)
    return f"{latency.p50:.2f} / {latency.p95:.2f} ms" if latency else "not measured"
