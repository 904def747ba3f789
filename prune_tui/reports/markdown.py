"""A session's result as Markdown, to paste into notes or a pull request."""

from collections.abc import Sequence

from prune_tui.core.report import Curve, Report
from prune_tui.core.run.attempts import attempt_names
from prune_tui.core.run.sweep_curves import by_sweep, method_name, mode_name, point_at, swept_sparsities
from prune_tui.core.session.session import Session
from prune_tui.reports.caveats import caveats
from prune_tui.reports.figures import attempt_line, figure_table
from prune_tui.reports.numbers import sparsity_text


def markdown_summary(session: Session, report: Report, *, replay_command: str) -> str:
    """Return the decisions, the figures and the command that replays them, as a Markdown document."""
    lines = [f"# {session.name}: {session.model} on {session.dataset}", ""]
    lines += [f"{number}. {decision.description}" for number, decision in enumerate(session.decisions, 1)]
    lines += ["", *networks_table(report)]
    if report.attempts:
        lines += ["", *attempts_lines(session, report)]
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
    """Return the lines of a Markdown table: the first column aligned left, the others right."""
    return [
        "| " + " | ".join(header) + " |",
        "| --- |" + " ---: |" * (len(header) - 1),
        *("| " + " | ".join(row) + " |" for row in rows),
    ]


def networks_table(report: Report) -> list[str]:
    """Return the networks side by side, each figure under its own name; nothing if none was measured."""
    table = figure_table(report)
    if table is None:
        return []
    header = ["", *table.networks, *(["change"] if table.has_changes else [])]
    changes = [[row.change] if table.has_changes else [] for row in table.rows]
    rows = [[row.label.strip(), *row.cells, *change] for row, change in zip(table.rows, changes, strict=True)]
    return markdown_table(header, rows)


def attempts_lines(session: Session, report: Report) -> list[str]:
    """Return a line for each earlier attempt that was measured."""
    names = attempt_names(report.attempts, session.decisions)
    return [
        f"- earlier: {name}: {attempt_line(attempt, report)}"
        for name, attempt in zip(names, report.attempts, strict=True)
    ]


def sweep_table(sweep: Sequence[Curve]) -> list[str]:
    """Return a sweep's accuracies in percent: a row for each sparsity, a column for each curve."""
    header = ["sparsity", *(f"{method_name(curve)}, {mode_name(curve)}" for curve in sweep)]
    rows = []
    for sparsity in swept_sparsities(sweep):
        points = [point_at(curve, sparsity) for curve in sweep]
        cells = [f"{point.accuracy * 100:.1f}" if point else "" for point in points]
        rows.append([sparsity_text(sparsity), *cells])
    return markdown_table(header, rows)
