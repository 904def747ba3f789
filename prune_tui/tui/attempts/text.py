"""The text of the attempts: the columns and rows of the list, and what is known of the chosen one."""

from collections.abc import Collection
from typing import Final

from rich.text import Text

from prune_tui.core.attempts.attempt import AttemptView
from prune_tui.core.attempts.tradeoff import Axis, Tradeoff, TradeoffPoint
from prune_tui.core.report import Curve, CurvePoint
from prune_tui.core.run.sweep_curves import curve_name
from prune_tui.core.session.decisions import Prune
from prune_tui.core.terms import RUN_AS, method_text
from prune_tui.reports.figures import tested_text
from prune_tui.reports.numbers import (
    change_text,
    percent_text,
    points_text,
    share_text,
    size_text,
    times_text,
)
from prune_tui.tui.attempts.picture import AXIS_WORDS, sign_of, tone_of
from prune_tui.tui.palette import Palette
from prune_tui.tui.widgets.tables.columns import Cells, Column

NOTHING: Final = """
  Nothing was tried yet. Each prune becomes an attempt that stays here,
  beside the points of the sweep, to be compared and taken up again.

  p on the plan prunes, v on the scan sweeps"""
LEAST_NAME: Final = 24
NARROW: Final = 50
BETTER: Final[dict[Axis, str]] = {"compression": "smaller", "speedup": "faster", "latency": "faster"}


def title(axis: Axis, tradeoff: Tradeoff, palette: Palette, *, score: str, width: int) -> Text:
    """Say what the picture shows, shorter where there is little room."""
    text = Text("Attempts", palette.selected, no_wrap=True, overflow="ellipsis")
    if not tradeoff.points:
        return text
    dense = f"   ┄ dense {percent_text(tradeoff.dense.accuracy)}" if tradeoff.dense is not None else ""
    front = "   ── Pareto front"
    words = f"   {height_words(score)} {across_words(axis, tradeoff)}"
    if text.cell_len + len(words) > width:
        words = f"   {across_words(axis, tradeoff)}"
    fitting = (extra for extra in (front + dense, dense, "") if text.cell_len + len(words + extra) <= width)
    return text.append(words + next(fitting, ""), palette.muted)


def height_words(score: str) -> str:
    """Say which accuracy the picture shows: the one that attempts and sweeps have in common."""
    return f"validation {score}, %,"


def across_words(axis: Axis, tradeoff: Tradeoff) -> str:
    """Say what the picture shows it by."""
    return f"by {AXIS_WORDS[axis]}" + (f", batch {tradeoff.batch_size}" if axis == "latency" else "")


def legend(tradeoff: Tradeoff, palette: Palette, *, width: int) -> Text:
    """Name the signs of the picture: the attempts, the sweep's curves, the front and the dense line."""
    parts = [("1 2 …", "selected", "attempts")] if tradeoff.attempts else []
    for curve, points in tradeoff.swept:
        if points:
            sign = sign_of(points[0], tradeoff, is_on_front=False)
            parts.append((sign, tone_of(points[0], tradeoff), curve_name(curve)))
    parts.append(("──", "accent", "Pareto front"))
    if tradeoff.dense is not None:
        parts.append(("┄", "muted", f"dense {percent_text(tradeoff.dense.accuracy)}"))
    text, room = Text(), width
    for sign, tone, name in parts:
        needed = len(sign) + len(name) + 1
        if text:
            text.append("   " if room >= needed + 3 else "\n")
            room = room - 3 if room >= needed + 3 else width
        text.append(f"{sign} ", getattr(palette, tone)).append(name, palette.muted)
        room -= needed
    return text


def columns(width: int, tradeoff: Tradeoff, axis: Axis) -> list[Column]:
    """Return the columns that fit in a width; what the picture shows comes before the rest."""
    timed = [Column("latency", f"ms/{tradeoff.batch_size}", 9, True)] if tradeoff.batch_size else []
    is_narrow = width < NARROW
    ratio = Column("compression", "ratio" if is_narrow else "compression", 6 if is_narrow else 11, True)
    across = [ratio, Column("speedup", "speedup", 8, True), *timed]
    across.sort(key=lambda column: column.key != axis)
    accuracies = [Column("validation", "validation", 10, True), Column("test", "test", 8, True)]
    kept: list[Column] = []
    room = width - min(LEAST_NAME, width // 4) - 3
    for column in (accuracies[0], across[0], accuracies[1], *across[1:]):
        if room >= column.width + 2:
            room -= column.width + 2
            kept.append(column)
    order = ("compression", "speedup", "latency", "validation", "test")
    kept.sort(key=lambda column: order.index(column.key))
    return [Column("name", "    tried", min(LEAST_NAME, width // 4) + max(0, room)), *kept]


def cells(
    point: TradeoffPoint,
    tradeoff: Tradeoff,
    best: Collection[TradeoffPoint],
    palette: Palette,
    columns: list[Column],
) -> Cells:
    """Return a point's row; a star marks those on the Pareto front."""
    is_on_front = point in best
    name = Text("★ " if is_on_front else "  ", palette.accent)
    sign = sign_of(point, tradeoff, is_on_front=is_on_front)
    name.append(f"{sign} ", getattr(palette, tone_of(point, tradeoff)))
    name.append(name_of(point), palette.text)
    source = point.source
    test = source.test_figures if isinstance(source, AttemptView) else None
    latency = point.latency_ms
    shown = {
        "name": name,
        "compression": Text(times_text(point.compression), palette.text),
        "speedup": Text(times_text(point.speedup), palette.muted),
        "latency": Text("—" if latency is None else f"{latency:.3g}{_way(point)}", palette.muted),
        "validation": Text(percent_text(point.accuracy), palette.bold),
        "test": Text(percent_text(test.accuracy) if test is not None else "—", palette.muted),
    }
    return tuple(shown[column.key] for column in columns)


def _way(point: TradeoffPoint) -> str:
    """Say how an attempt ran, where that isn't the usual way."""
    return f" {RUN_AS[point.run_as].removeprefix('as ')}" if point.run_as in ("sparse", "native") else ""


def name_of(point: TradeoffPoint) -> str:
    """Name a point as short as tells it from others: `l1 weight global 90 %, 3 rounds + 5 epochs`."""
    attempt = point.source
    if not isinstance(attempt, AttemptView):
        return point.key
    prune = attempt.prune
    method = method_text(prune.criterion, prune.granularity) + (" global" if prune.scope == "global" else "")
    share = f" {percent_text(attempt.sparsity)}" if attempt.sparsity is not None else ""
    how = attempt.description.partition(", ")[2].removeprefix("1 round").removeprefix(" + ")
    return ", ".join(part for part in (method + share, how) if part)


def taken_words(point: TradeoffPoint, prune: Prune) -> str:
    """Name what was taken up, and say what of it a plan can't hold."""
    if prune.finetune_last is not None:
        return f"{point.key}, but for the last round's own fine-tuning"
    return point.key


def facts(
    point: TradeoffPoint,
    best: Collection[TradeoffPoint],
    axis: Axis,
    palette: Palette,
    *,
    dense: float | None,
    num_images: int,
) -> Text:
    """Say what is known of a point, in three lines; `num_images` are those of the test set, or 0."""
    text = Text(no_wrap=True, overflow="ellipsis")
    if isinstance(point.source, AttemptView):
        _attempt_facts(text, point.source, palette, dense=dense, num_images=num_images)
    elif point.source is not None:
        _swept_facts(text, *point.source, palette, dense=dense)
    return text.append("\n").append_text(_standing(point, best, axis, palette))


def _attempt_facts(
    text: Text, attempt: AttemptView, palette: Palette, *, dense: float | None, num_images: int
) -> None:
    text.append("validation ", palette.muted)
    text.append(percent_text(attempt.pruned_accuracy), palette.text)
    rounds = attempt.prune.schedule.num_rounds
    text.append(" after round 1" if rounds > 1 else " right after pruning", palette.muted)
    text.append(f", {percent_text(attempt.accuracy)}", palette.bold).append(" in the end", palette.muted)
    if dense is not None and attempt.accuracy is not None:
        text.append(f" ({points_text(attempt.accuracy - dense)})", palette.muted)
    text.append("\n")
    counts, figures = attempt.smallest, attempt.test_figures
    if counts is None:
        text.append("not counted: an older file", palette.muted)
    else:
        whose = "shrunk: " if attempt.shrunk is not None else ""
        text.append(f"{whose}compression {times_text(counts.compression_ratio)}", palette.text)
        text.append(f", MACs {change_text(counts.macs, counts.nonzero_macs)}", palette.text)
        text.append(f", {size_text(counts.file_bytes)}", palette.muted)
    if figures is None:
        text.append("; test set not read", palette.muted)
    else:
        text.append(f"; test {tested_text(figures, num_images)}", palette.text)


def _swept_facts(
    text: Text, curve: Curve, point: CurvePoint, palette: Palette, *, dense: float | None
) -> None:
    text.append(f"sweep: {curve_name(curve)} at {share_text(point.sparsity)}: validation ", palette.muted)
    text.append(percent_text(point.accuracy), palette.bold)
    if dense is not None:
        text.append(f" ({points_text(point.accuracy - dense)})", palette.muted)
    text.append("\n")
    text.append(f"compression {times_text(point.compression_ratio)}", palette.text)
    text.append(f", theoretical speedup {times_text(point.theoretical_speedup)}", palette.text)
    shared = "one threshold for all layers" if curve.scope == "global" else "the same for every layer"
    text.append(f"; {shared}", palette.muted)


def _standing(point: TradeoffPoint, best: Collection[TradeoffPoint], axis: Axis, palette: Palette) -> Text:
    """Say whether a point is on the front, else which point of it is better."""
    if point in best:
        return Text(f"★ on the front: nothing else is as accurate and {BETTER[axis]}", palette.accent)
    at, accuracy = point.along(axis), point.accuracy
    if at is None or accuracy is None:
        lacking = AXIS_WORDS[axis].partition(",")[0] if at is None else "validation accuracy"
        return Text(f"not in the picture: its {lacking} is not known", palette.muted)
    sign = -1 if axis == "latency" else 1
    better = next(
        (
            other
            for other in best
            if other.accuracy is not None
            and (x := other.along(axis)) is not None
            and sign * x >= sign * at
            and other.accuracy >= accuracy
        ),
        None,
    )
    if better is None:
        return Text()
    return Text(f"{better.key} is as accurate and as {_ADJECTIVE[axis]}, or better", palette.muted)


_ADJECTIVE: Final[dict[Axis, str]] = {"compression": "small", "speedup": "fast", "latency": "fast"}
