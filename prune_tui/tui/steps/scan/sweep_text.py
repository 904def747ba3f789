"""The text and plot of a sweep: a line per curve, a legend that needs no colour, and a row per point."""

import math
from collections.abc import Sequence
from typing import Final, Literal

from rich.text import Text

from prune_tui.core.report import Curve, CurvePoint
from prune_tui.core.run.sweep_curves import by_sweep, curve_name, swept_batch_sizes
from prune_tui.core.scanning.curves import SAFE_DROP
from prune_tui.reports.numbers import percent_text, points_text, share_text, sparsity_text, times_text
from prune_tui.tui.palette import Palette
from prune_tui.tui.widgets.chart import Line, Plot, padded_range
from prune_tui.tui.widgets.scale import SHARES, Labels, doublings, evenly
from prune_tui.tui.widgets.tables.columns import Cells, Column

Axis = Literal["sparsity", "compression", "speedup", "latency"]
AXES: Final[dict[Axis, str]] = {
    "sparsity": "sparsity",
    "compression": "compression ratio",
    "speedup": "theoretical speedup",
    "latency": "measured latency p50, ms",
}
MARKERS: Final = "●■▲◆○□△◇+×*#abcdefghijklmnopqrstuvwxyz"
TONES: Final = ("accent", "warn", "cool", "bad", "text", "muted")


def latest(curves: Sequence[Curve]) -> tuple[Curve, ...]:
    """Return the curves of the last sweep."""
    sweeps = by_sweep(curves)
    return sweeps[-1] if sweeps else ()


def marker(position: int) -> str:
    """Return the sign of a sweep's curve."""
    return MARKERS[position % len(MARKERS)]


def tone(position: int) -> str:
    """Return the colour of a sweep's curve, by its meaning in the palette."""
    return TONES[position % len(TONES)]


def key(curve: Curve, point: CurvePoint) -> str:
    """Name a point: its row's key, which a filter searches."""
    return f"{curve_name(curve)} {share_text(point.sparsity)}"


def p50(point: CurvePoint) -> float | None:
    """Return a point's latency at the largest batch that was timed."""
    size = max(point.latency_ms, key=int, default=None)
    return point.latency_ms[size].p50 if size is not None else None


def batch_timed(curves: Sequence[Curve]) -> str:
    """Return the largest batch size that was timed; empty where none was."""
    return next(reversed(swept_batch_sizes(curves)), "")


def axes(curves: Sequence[Curve]) -> list[Axis]:
    """Return what the points can be drawn against."""
    return [axis for axis in AXES if axis != "latency" or batch_timed(curves)]


def plot(curves: Sequence[Curve], axis: Axis, *, front: str | None, dense: float | None) -> Plot | None:
    """Return the curves as a plot; the one named `front` is drawn last, over the others."""
    lines = []
    order = sorted(enumerate(curves), key=lambda one: curve_name(one[1]) == front)
    for position, curve in order:
        known = [(x, point.accuracy) for point in curve.points if (x := _across(point, axis)) is not None]
        is_from_dense = dense is not None and axis != "latency" and known
        points = ((0.0, dense or 0.0), *known) if is_from_dense else tuple(known)
        lines.append(Line(tuple(points), tone=tone(position), marker=marker(position)))
    heights = [y for line in lines for _, y in line.points]
    if not heights:
        return None
    right, labels = _scale(max(x for line in lines for x, _ in line.points), axis)
    floor = () if dense is None else (Line(((0.0, dense - 0.01), (right, dense - 0.01)), "muted", True),)
    y_range = padded_range(heights, least=0.04)
    return Plot(lines=(*floor, *lines), x_range=(0.0, right), y_range=y_range, x_labels=labels)


def _across(point: CurvePoint, axis: Axis) -> float | None:
    match axis:
        case "sparsity":
            return point.sparsity
        case "compression":
            return math.log2(max(1.0, point.compression_ratio))
        case "speedup":
            return math.log2(max(1.0, point.theoretical_speedup))
        case "latency":
            return p50(point)


def _scale(largest: float, axis: Axis) -> tuple[float, Labels]:
    """Return the right end of the axis and its labels; ratios lie on a scale of doublings."""
    if axis == "sparsity":
        return 1.0, SHARES
    return evenly(largest) if axis == "latency" else doublings(largest)


def legend(
    curves: Sequence[Curve], palette: Palette, *, dense: float | None, front: str | None, room: int
) -> Text:
    """Name the curves by their signs, and say how far each stays within a point of dense.

    Where `room` lines can't hold that, each curve takes one line, and only those near `front` are named.
    """
    text = Text(no_wrap=True, overflow="ellipsis")
    is_long = 2 * len(curves) <= room
    at = next((position for position, curve in enumerate(curves) if curve_name(curve) == front), 0)
    first = 0 if is_long else min(max(0, at - room // 2), max(0, len(curves) - room))
    for position, curve in enumerate(curves[first : first + max(1, room)], first):
        text.append("\n" if position > first else "")
        text.append(f"{marker(position)} ", getattr(palette, tone(position)))
        text.append(curve_name(curve), palette.bold if curve_name(curve) == front else palette.text)
        if is_long:
            text.append(f"\n  {_reach(curve, dense)}", palette.muted)
    return text


def _reach(curve: Curve, dense: float | None) -> str:
    if not curve.points:
        return "not yet"
    if dense is None:
        return f"{len(curve.points)} points"
    safe = [point.sparsity for point in curve.points if point.accuracy >= dense - SAFE_DROP]
    return f"within a point to {share_text(max(safe))}" if safe else "nowhere within a point"


def columns(width: int, batch: str) -> list[Column]:
    """Return the columns of the points; a latency only where one was measured."""
    timed = [Column("latency", f"ms/{batch}", 7, True)] if batch else []
    taken = 8 + 9 + 11 + 8 + sum(column.width for column in timed) + 2 * (5 + len(timed)) + 1
    return [
        Column("method", "  method", max(18, min(40, width - taken))),
        Column("sparsity", "sparsity", 8, True),
        Column("accuracy", "accuracy", 9, True),
        Column("compression", "compression", 11, True),
        Column("speedup", "speedup", 8, True),
        *timed,
    ]


def cells(
    curve: Curve, position: int, point: CurvePoint, palette: Palette, columns: Sequence[Column]
) -> Cells:
    """Return a point's row."""
    method = Text(f"{marker(position)} ", getattr(palette, tone(position)))
    row = (
        method.append(curve_name(curve), palette.text),
        Text(sparsity_text(point.sparsity), palette.text),
        Text(percent_text(point.accuracy), palette.bold),
        Text(times_text(point.compression_ratio), palette.muted),
        Text(times_text(point.theoretical_speedup), palette.muted),
        Text("—" if (ms := p50(point)) is None else f"{ms:.3g}", palette.muted),
    )
    return row[: len(columns)]


def facts(curve: Curve, point: CurvePoint, palette: Palette, *, dense: float | None) -> Text:
    """Say what was measured at one point, in two lines."""
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(f"{curve_name(curve)} at {share_text(point.sparsity)}: ", palette.bold)
    text.append(percent_text(point.accuracy), palette.text)
    if dense is not None:
        text.append(f", {points_text(point.accuracy - dense)} points from dense", palette.muted)
    if point.pruned_accuracy is not None and point.pruned_accuracy != point.accuracy:
        text.append(f", {percent_text(point.pruned_accuracy)} right after pruning", palette.muted)
    text.append(f"\ncompression {times_text(point.compression_ratio)}", palette.muted)
    text.append(f", theoretical speedup {times_text(point.theoretical_speedup)}", palette.muted)
    for size in sorted(point.latency_ms, key=int):
        latency = point.latency_ms[size]
        text.append(f", batch {size} {latency.p50:.3g} / {latency.p95:.3g} ms", palette.muted)
    return text
