"""The curves of sweeps: a row for each target sparsity, a column for each method and mode, and a plot."""

from collections.abc import Callable, Sequence

from rich.console import RenderableType

from prune_tui.core.report import Curve, CurvePoint
from prune_tui.core.run.sweep_curves import (
    by_sweep,
    masked_twin,
    measured_speedup,
    point_at,
    swept_batch_sizes,
    swept_sparsities,
)
from prune_tui.core.terms import GRANULARITY_NAMES
from prune_tui.reports.numbers import sparsity_text, times_text
from prune_tui.reports.terminal.plots import sweep_plot
from prune_tui.reports.terminal.tables import Column, grid

Cell = Callable[[Curve, CurvePoint], str]


def sweeps_parts(curves: Sequence[Curve]) -> list[RenderableType]:
    """Show every sweep: accuracy, then what is saved, then latency where it was measured."""
    parts: list[RenderableType] = []
    for sweep in by_sweep(curve for curve in curves if curve.points):
        title = f"sweep, decision {sweep[0].decision + 1}"
        parts += _table(f"{title}: validation accuracy, %", sweep, _accuracy)
        if len(swept_sparsities(sweep)) > 1:
            parts.append(sweep_plot(sweep))
        masked = [curve for curve in sweep if curve.mode == "masked"]
        if any(_was_retrained(point) for curve in sweep for point in curve.points):
            parts += _table(f"{title}: right after the first round's pruning, %", masked, _pruned_accuracy)
        saving = [curve for curve in sweep if curve.mode in ("masked", "shrunk")]
        parts += _table(f"{title}: compression ratio, theoretical speedup", saving, _savings)
        for size in swept_batch_sizes(sweep):
            parts += _table(
                f"{title}: latency p50 at batch {size}, ms (masked p50 / its p50)",
                sweep,
                _latency_cell(sweep, size),
            )
    return parts


def _table(title: str, curves: Sequence[Curve], cell: Cell) -> list[RenderableType]:
    sparsities = swept_sparsities(curves)
    rows = Column("target\nsparsity", [sparsity_text(sparsity) for sparsity in sparsities])
    columns = []
    for curve in curves:
        points = [point_at(curve, sparsity) for sparsity in sparsities]
        columns.append(Column(_heading(curve), [cell(curve, point) if point else "·" for point in points]))
    return grid(title, rows, columns)


def _was_retrained(point: CurvePoint) -> bool:
    return point.pruned_accuracy is not None and point.pruned_accuracy != point.accuracy


def _heading(curve: Curve) -> str:
    scope = "\nglobal" if curve.scope == "global" else ""
    return f"{curve.criterion}\n{GRANULARITY_NAMES[curve.granularity]}{scope}\n{curve.mode.replace('_', ' ')}"


def _accuracy(_curve: Curve, point: CurvePoint) -> str:
    return f"{point.accuracy * 100:.1f}"


def _pruned_accuracy(_curve: Curve, point: CurvePoint) -> str:
    return "·" if point.pruned_accuracy is None else f"{point.pruned_accuracy * 100:.1f}"


def _savings(_curve: Curve, point: CurvePoint) -> str:
    return f"{times_text(point.compression_ratio)} {times_text(point.theoretical_speedup):>6}"


def _latency_cell(sweep: Sequence[Curve], batch_size: str) -> Cell:
    def cell(curve: Curve, point: CurvePoint) -> str:
        latency = point.latency_ms.get(batch_size)
        if latency is None:
            return "·"
        if curve.mode == "masked":
            return f"{latency.p50:.2f}"
        faster = measured_speedup(point, point_at(masked_twin(curve, sweep), point.sparsity), batch_size)
        return f"{latency.p50:.2f}" + (f" ({times_text(faster)})" if faster else "")

    return cell
