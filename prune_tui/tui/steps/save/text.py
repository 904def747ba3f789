"""What step 5 says of a result: the figures side by side, what was foreseen, and where it all is."""

from collections.abc import Callable, Iterator

from rich.text import Text

from prune_tui.core.planning.price import num_pruned
from prune_tui.core.report import Figures, Latency, Report
from prune_tui.core.run.attempts import accuracy_right_after, foreseen_accuracy, last_prune
from prune_tui.core.run.view import epochs_of
from prune_tui.core.scanning.predictor import error_at, misses
from prune_tui.core.session.decisions import Prune
from prune_tui.reports.caveats import caveats
from prune_tui.reports.markdown import compression_ratio, networks_of, theoretical_speedup
from prune_tui.reports.numbers import (
    change_text,
    count_text,
    percent_text,
    points_text,
    shortened,
    size_text,
    times_text,
)
from prune_tui.tui.palette import Palette
from prune_tui.tui.state import State

Row = tuple[str, list[str], str]
"""A label, a cell for each network, and the change from the first to the last."""

LABEL_WIDTH = 20
CELL_WIDTH = 14


def figures_table(report: Report, palette: Palette) -> Text:
    """Return dense beside pruned (beside shrunk), one figure a line, and the change."""
    networks = networks_of(report)
    text = Text(no_wrap=True)
    text.append(" " * LABEL_WIDTH + "".join(f"{name:>{CELL_WIDTH}}" for name in networks), palette.muted)
    if len(networks) > 1:
        text.append(f"{'change':>10}", palette.muted)
    for label, cells, change in [*_rows(report, networks), *_latency_rows(report, networks)]:
        text.append(f"\n{label:<{LABEL_WIDTH}}", palette.muted)
        for position, cell in enumerate(cells):
            text.append(f"{cell:>{CELL_WIDTH}}", palette.bold if position else palette.text)
        text.append(f"{change:>10}", palette.accent)
    return text


def _rows(report: Report, networks: dict[str, Figures]) -> Iterator[Row]:
    all_figures = list(networks.values())
    first, last = all_figures[0], all_figures[-1]
    is_compared = len(networks) > 1

    def row(label: str, cell: Callable[[Figures], str], change: str = "") -> Row:
        return label, [cell(figures) for figures in all_figures], change if is_compared else ""

    def counted(label: str, count: Callable[[Figures], int]) -> Row:
        return row(label, lambda figures: count_text(count(figures)), change_text(count(first), count(last)))

    points = points_text(last.accuracy - first.accuracy, 2)
    yield row("test accuracy", lambda figures: percent_text(figures.accuracy, 2), points)
    yield row("loss", lambda figures: f"{figures.loss:.4f}")
    yield counted("parameters", lambda figures: figures.parameters)
    yield counted("nonzero", lambda figures: figures.nonzero)
    yield row("sparsity", lambda figures: percent_text(figures.sparsity))
    yield row("compression ratio", lambda figures: times_text(compression_ratio(report, figures)))
    yield counted("MACs", lambda figures: figures.macs)
    yield counted("nonzero MACs", lambda figures: figures.nonzero_macs)
    yield row("theoretical speedup", lambda figures: times_text(theoretical_speedup(report, figures)))
    yield row(
        "file",
        lambda figures: size_text(figures.file_bytes, like=first.file_bytes),
        change_text(first.file_bytes, last.file_bytes),
    )


def _latency_rows(report: Report, networks: dict[str, Figures]) -> Iterator[Row]:
    """Measured times; those as sparse matrices stand under the pruned network, on a line of their own."""
    latencies = [figures.latency_ms for figures in networks.values()]
    sparse = report.sparse_latency_ms
    for size in sorted({size for one in (*latencies, sparse) for size in one}, key=int):
        timed = [one.get(size) for one in latencies]
        label = f"ms p50/p95, batch {size}"
        yield label[:LABEL_WIDTH], [_latency(one) for one in timed], _latency_change(timed[0], timed[-1])
        if size in sparse:
            cells = [_latency(sparse[size]) if name == "pruned" else "" for name in networks]
            yield "  as sparse (CSR)", cells, _latency_change(timed[0], sparse[size])


def _latency(latency: Latency | None) -> str:
    if latency is None:
        return "…"
    digits = 1 if latency.p95 >= 100 else 2
    return f"{latency.p50:.{digits}f}/{latency.p95:.{digits}f}"


def _latency_change(before: Latency | None, after: Latency | None) -> str:
    if before is None or after is None or before is after:
        return ""
    return change_text(before.p50, after.p50)


def ratios(state: State, report: Report, palette: Palette) -> Text:
    """Return how far the shrunk network is the masked one, and what gets no faster or smaller, and why."""
    text = Text()
    shrunk = state.view.shrunk
    if shrunk is not None:
        text.append("shrunk against masked ", palette.muted)
        text.append(f"differs by {shrunk.disagreement:.1e} of the largest output at most", palette.bold)
        text.append(f", on {count_text(shrunk.num_images)} images\n", palette.muted)
        removed = [f"{name} {before}→{after}" for name, before, after in shrunk.units if after < before]
        text.append(f"units left: {', '.join(removed) or 'all'}\n", palette.muted)
    reads = f"{report.test_reads} time{'' if report.test_reads == 1 else 's'}"
    text.append(f"test set read {reads}", palette.muted)
    decisions = state.session.decisions if state.session else ()
    for sentences in caveats(report, decisions):
        text.append("\n· ", palette.warn).append(sentences, palette.muted)
    return text


def foreseen(state: State, palette: Palette) -> Text:
    """Return what the plan foresaw against what came, for the network and for each layer."""
    decisions = state.session.decisions if state.session else ()
    prune = last_prune(decisions)
    text = Text(no_wrap=True, overflow="ellipsis")
    if prune is None:
        return text.append("no plan has been carried out", palette.muted)
    text.append_text(_foretold(prune, state, palette))
    text.append(f"\n{'layer':<18}{'planned':>10}{'came':>10}{'kept':>12}{'foreseen':>12}", palette.muted)
    has_units = prune.granularity == "unit"
    leaders = {one.name: one.coupled_to for one in state.view.layers if has_units and one.coupled_to}
    for figures in state.view.report.layers:
        is_one = isinstance(prune.plan, float)
        leader = leaders.get(figures.name, figures.name)
        planned = None if isinstance(prune.plan, float) else prune.plan.get(leader, 0.0)
        kept = (
            ""
            if planned is None
            else count_text(figures.parameters - num_pruned(figures.parameters, planned))
        )
        text.append(f"\n{shortened(figures.name, 17):<18}", palette.text)
        text.append(f"{'global' if is_one else percent_text(planned):>10}", palette.muted)
        text.append(f"{percent_text(figures.sparsity):>10}", palette.bold)
        text.append(f"{count_text(figures.nonzero):>12}", palette.text)
        text.append(f"{kept:>12}", palette.muted)
    return text


def _foretold(prune: Prune, state: State, palette: Palette) -> Text:
    """Return the accuracy right after pruning, foreseen from the curves against real."""
    decisions = state.session.decisions if state.session else ()
    index = max(at for at, decision in enumerate(decisions) if decision == prune)
    scan, rounds = state.view.report.scan, prune.schedule.num_rounds
    foretold, real = foreseen_accuracy(prune, scan), accuracy_right_after(epochs_of(state.view, index))
    error = error_at(misses(scan), foretold) if scan is not None else None
    after = f"after the first of {rounds} rounds" if rounds > 1 else "right after pruning"
    text = Text(f"validation accuracy {after}, from the scan's curves\n", palette.muted)
    text.append(f"foreseen {percent_text(foretold)}", palette.text)
    text.append(f" ±{error:.1f}" if error is not None else "", palette.muted)
    if rounds > 1:
        text.append(" for all rounds at once", palette.muted)
    text.append(f", came {percent_text(real)}", palette.text)
    if foretold is not None and real is not None and rounds == 1:
        text.append(f" ({points_text(real - foretold)})", palette.muted)
    return text


def whereabouts(state: State, command: str, palette: Palette) -> Text:
    """Return where the files are, what was done, and how to do it again."""
    text = Text(overflow="fold")
    text.append("replay it", palette.muted).append("  c copies\n", palette.faint)
    text.append(f"  {command}\n", palette.bold)
    if state.path is None:
        text.append("nothing is written: this session has no folder\n", palette.warn)
    else:
        text.append("session\n", palette.muted).append(f"  {state.path}\n", palette.text)
        if state.view.checkpoints:
            text.append("weights\n", palette.muted).append(f"  {state.path.with_suffix('')}/\n", palette.text)
        for checkpoint in state.view.checkpoints:
            text.append(f"  {checkpoint.path}", palette.text)
            text.append(f"  {size_text(checkpoint.file_bytes)}\n", palette.muted)
    text.append("decisions", palette.muted)
    for number, decision in enumerate(state.session.decisions if state.session else (), 1):
        text.append(f"\n  {number} ", palette.muted).append(decision.description, palette.text)
    return text.append_text(_environment(state, palette))


def _environment(state: State, palette: Palette) -> Text:
    text, environment = Text(), state.view.report.environment
    if environment is None or state.session is None:
        return text
    threads = f"{environment.num_threads} thread{'' if environment.num_threads == 1 else 's'}"
    text.append("\nmade with\n", palette.muted)
    text.append(f"  {environment.device_name}, {threads}, seed {state.session.seed}\n", palette.text)
    text.append("  " + ", ".join(f"{name} {version}" for name, version in environment.versions.items()))
    counts = ", ".join(f"{count_text(count)} {split}" for split, count in environment.num_images.items())
    return text.append(f"\n  images: {counts}" if counts else "")
