"""Reads a sweep's curves: grouped, named, and at one sparsity."""

from collections.abc import Iterable, Sequence

from prune_tui.core.report import Curve, CurvePoint
from prune_tui.core.terms import method_text


def by_sweep(curves: Iterable[Curve]) -> tuple[tuple[Curve, ...], ...]:
    """Return the curves of each sweep, in the order of their decisions."""
    groups: dict[int, list[Curve]] = {}
    for curve in curves:
        groups.setdefault(curve.decision, []).append(curve)
    return tuple(tuple(group) for group in groups.values())


def method_name(curve: Curve) -> str:
    """Return how the curve prunes: `l1 weight`, `l1 weight global`."""
    scope = " global" if curve.scope == "global" else ""
    return method_text(curve.criterion, curve.granularity) + scope


def mode_name(curve: Curve) -> str:
    """Return how the curve's networks run: `masked`, `from scratch`."""
    return curve.mode.replace("_", " ")


def curve_name(curve: Curve) -> str:
    """Name a curve: `l1 unit, shrunk`; a masked one by its method alone."""
    return method_name(curve) + ("" if curve.mode == "masked" else f", {mode_name(curve)}")


def method_of(curve: Curve) -> tuple[str, str, str]:
    """Return criterion, granularity and scope, which the modes of one method share."""
    return curve.criterion, curve.granularity, curve.scope


def swept_sparsities(curves: Iterable[Curve]) -> tuple[float, ...]:
    """Return every target sparsity that any of the curves has a point at, rising."""
    return tuple(sorted({point.sparsity for curve in curves for point in curve.points}))


def swept_batch_sizes(curves: Iterable[Curve]) -> tuple[str, ...]:
    """Return every batch size that any of the points was timed at, rising."""
    sizes = {size for curve in curves for point in curve.points for size in point.latency_ms}
    return tuple(sorted(sizes, key=int))


def point_at(curve: Curve | None, sparsity: float) -> CurvePoint | None:
    """Return the curve's point at a target sparsity, if it has one."""
    points = curve.points if curve else ()
    return next((point for point in points if point.sparsity == sparsity), None)


def masked_twin(curve: Curve, curves: Sequence[Curve]) -> Curve | None:
    """Return the curve of the same sweep and method whose networks run masked."""
    return next(
        (
            other
            for other in curves
            if other.mode == "masked"
            and other.decision == curve.decision
            and method_of(other) == method_of(curve)
        ),
        None,
    )


def measured_speedup(point: CurvePoint | None, reference: CurvePoint | None, batch_size: str) -> float | None:
    """Return the reference's p50 latency / this point's; None where one was not timed."""
    ours = point.latency_ms.get(batch_size) if point else None
    theirs = reference.latency_ms.get(batch_size) if reference else None
    return theirs.p50 / ours.p50 if ours and theirs and ours.p50 > 0 else None
