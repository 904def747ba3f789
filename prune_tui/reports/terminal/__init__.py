"""Sessions and reports as Rich renderables, for `show` and for the end of a replay."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from prune_tui.core.report import Report
from prune_tui.core.session.decisions import Decision
from prune_tui.core.session.session import Session
from prune_tui.reports.caveats import caveats
from prune_tui.reports.terminal.distributions import distributions_parts
from prune_tui.reports.terminal.layers import layers_table
from prune_tui.reports.terminal.networks import networks_parts
from prune_tui.reports.terminal.plots import epochs_plot
from prune_tui.reports.terminal.scans import scan_table
from prune_tui.reports.terminal.sweeps import sweeps_parts
from prune_tui.reports.terminal.tables import plain_table, titled


def session_tables(session: Session) -> RenderableType:
    """Show a session's name, model, dataset and decisions."""
    head = Text.assemble(
        (session.name, "bold"), f"   {session.model} on {session.dataset}, seed {session.seed}"
    )
    decisions = plain_table(show_header=False)
    for number, decision in enumerate(session.decisions, start=1):
        decisions.add_row(Text(str(number), "dim"), Text(decision.description))
    return Group(head, Text(), titled("decisions", decisions), Text())


def report_tables(report: Report, decisions: Sequence[Decision] = ()) -> RenderableType:
    """Show all that a report holds; which caveats apply depends on the `decisions`."""
    parts: list[RenderableType] = [
        *networks_parts(report, decisions),
        *_caveats_parts(report, decisions),
    ]
    if report.layers:
        parts.append(layers_table(report.layers))
    if report.scan is not None:
        parts.append(scan_table(report.scan))
    parts += sweeps_parts(report.curves)
    parts += distributions_parts(report)
    if len(report.epochs) > 1:
        parts.append(epochs_plot(report.epochs))
    parts.append(Text(_provenance(report), "dim"))
    spaced = [line for part in parts for line in (part, Text())]
    return Group(*spaced[:-1])


def _caveats_parts(report: Report, decisions: Sequence[Decision]) -> list[RenderableType]:
    sentences = caveats(report, decisions)
    if not sentences:
        return []
    lines = plain_table(show_header=False)
    for sentence in sentences:
        lines.add_row("·", Text(sentence, "dim"))
    return [titled("what gets no faster and no smaller, and why", lines)]


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
