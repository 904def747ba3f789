"""What step 5 says of a result: the figures side by side, what was foreseen, and where it all is."""

from rich.text import Text

from prune_tui.core.decisions import describe
from prune_tui.core.forecast import num_pruned
from prune_tui.core.report import Figures, Report, ScanFigures
from prune_tui.core.runs import accuracy_right_after, foreseen_accuracy, last_prune, pruning_runs
from prune_tui.core.summary import NO_FASTER
from prune_tui.tui.palette import Palette
from prune_tui.tui.state import State
from prune_tui.tui.words import (
    change_text,
    count_text,
    percent_text,
    points_text,
    shortened,
    size_text,
    times_text,
)

Columns = list[tuple[str, Figures]]


def figures_table(report: Report, palette: Palette) -> Text:
    """Return dense beside pruned (beside shrunk), one figure a line, and the change."""
    named = (("dense", report.dense), ("pruned", report.pruned), ("shrunk", report.shrunk))
    columns = [(name, figures) for name, figures in named if figures is not None]
    text = Text(no_wrap=True)
    text.append(" " * 21 + "".join(f"{name:>15}" for name, _ in columns), palette.muted)
    if len(columns) > 1:
        text.append(f"{'change':>11}", palette.muted)
    for label, cells, change in _rows(columns):
        text.append(f"\n{label:<21}", palette.muted)
        for position, cell in enumerate(cells):
            text.append(f"{cell:>15}", palette.bold if position else palette.text)
        text.append(f"{change:>11}", palette.accent)
    return text


def _rows(columns: Columns) -> list[tuple[str, list[str], str]]:
    all_figures = [figures for _, figures in columns]
    first, last = all_figures[0], all_figures[-1]
    has_change = len(columns) > 1

    def counted(label: str, name: str) -> tuple[str, list[str], str]:
        values = [int(getattr(figures, name)) for figures in all_figures]
        change = change_text(values[0], values[-1]) if has_change else ""
        return label, [count_text(value) for value in values], change

    rows = [
        (
            "test accuracy",
            [percent_text(figures.accuracy, 2) for figures in all_figures],
            points_text(last.accuracy - first.accuracy, 2) if has_change else "",
        ),
        ("loss", [f"{figures.loss:.4f}" for figures in all_figures], ""),
        counted("parameters", "parameters"),
        counted("nonzero parameters", "nonzero"),
        ("sparsity", [percent_text(figures.sparsity) for figures in all_figures], ""),
        counted("MACs", "macs"),
        counted("nonzero MACs", "nonzero_macs"),
        (
            "file",
            [size_text(figures.file_bytes, like=first.file_bytes) for figures in all_figures],
            change_text(first.file_bytes, last.file_bytes) if has_change else "",
        ),
    ]
    for size in sorted({size for figures in all_figures for size in figures.latency_ms}, key=int):
        timed = [figures.latency_ms.get(size) for figures in all_figures]
        cells = [f"{one.p50:.2f} / {one.p95:.2f}" if one else "…" for one in timed]
        rows.append((f"ms p50/p95, batch {size}", cells, ""))
    return rows


def ratios(report: Report, palette: Palette) -> Text:
    """Return compression and speedup, each under its own name, and what neither is."""
    text = Text()
    text.append("compression ratio ", palette.muted).append(
        times_text(report.compression_ratio), palette.bold
    )
    text.append("   theoretical speedup ", palette.muted)
    text.append(times_text(report.theoretical_speedup), palette.bold)
    reads = f"{report.test_reads} time{'' if report.test_reads == 1 else 's'}"
    text.append(f"\ntest set read {reads}\n", palette.muted)
    return text.append(NO_FASTER, palette.muted)


def foreseen(state: State, palette: Palette) -> Text:
    """Return what the plan foresaw against what came, for the network and for each layer."""
    decisions = state.session.decisions if state.session else ()
    prune = last_prune(decisions)
    text = Text(no_wrap=True, overflow="ellipsis")
    if prune is None:
        return text.append("no plan has been carried out", palette.muted)
    runs = pruning_runs(decisions, state.view.epochs)
    scan: ScanFigures | None = state.view.scan
    predicted, real = foreseen_accuracy(prune, scan), accuracy_right_after(runs[-1]) if runs else None
    text.append("validation accuracy right after pruning\n", palette.muted)
    text.append(f"foreseen {percent_text(predicted)}, came {percent_text(real)}", palette.text)
    if predicted is not None and real is not None:
        text.append(f" ({points_text(real - predicted)})", palette.muted)
    text.append(f"\n{'layer':<18}{'planned':>10}{'came':>10}{'kept':>12}{'foreseen':>12}", palette.muted)
    for figures in state.view.layer_figures:
        is_one = isinstance(prune.plan, float)
        planned = None if isinstance(prune.plan, float) else prune.plan.get(figures.name, 0.0)
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
        text.append(f"\n  {number} ", palette.muted).append(describe(decision), palette.text)
    return text.append_text(_environment(state, palette))


def _environment(state: State, palette: Palette) -> Text:
    text, environment = Text(), state.view.environment
    if environment is None or state.session is None:
        return text
    threads = f"{environment.num_threads} thread{'' if environment.num_threads == 1 else 's'}"
    text.append("\nmade with\n", palette.muted)
    text.append(f"  {environment.device_name}, {threads}, seed {state.session.seed}\n", palette.text)
    text.append("  " + ", ".join(f"{name} {version}" for name, version in environment.versions.items()))
    counts = ", ".join(f"{count_text(count)} {split}" for split, count in environment.num_images.items())
    return text.append(f"\n  images: {counts}" if counts else "")
