"""The trade-off of accuracy against size or time: attempts, points of a sweep, and the Pareto front."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, assert_never

from prune_tui.core.attempts.attempt import AttemptView
from prune_tui.core.numbers import share_text
from prune_tui.core.report import Curve, CurvePoint, Report
from prune_tui.core.run.sweep_curves import by_sweep, curve_name
from prune_tui.core.terms import TimedNetwork

Axis = Literal["compression", "speedup", "latency"]
AXES: Final[tuple[Axis, ...]] = ("compression", "speedup", "latency")


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeoffPoint:
    """A network by its validation accuracy and its savings; each None where it is not known.

    `source` is the attempt, or the point of a sweep with its curve; None for the dense network. Latency is
    the p50 of a batch, in milliseconds, of an attempt in the way `run_as` that was fastest.
    """

    key: str
    source: AttemptView | tuple[Curve, CurvePoint] | None
    accuracy: float | None
    compression: float | None
    speedup: float | None
    latency_ms: float | None
    run_as: TimedNetwork | None = None

    def along(self, axis: Axis) -> float | None:
        """Return where the network lies on an axis."""
        match axis:
            case "compression":
                return self.compression
            case "speedup":
                return self.speedup
            case "latency":
                return self.latency_ms
            case _:
                assert_never(axis)


@dataclass(frozen=True, slots=True)
class Tradeoff:
    """All networks of a session that can be compared, and the batch size that latencies are of.

    Accuracies are on the validation split, which is where attempts and sweeps have them in common.
    """

    dense: TradeoffPoint | None
    attempts: tuple[TradeoffPoint, ...]
    swept: tuple[tuple[Curve, tuple[TradeoffPoint, ...]], ...]
    batch_size: str

    @property
    def points(self) -> tuple[TradeoffPoint, ...]:
        """The attempts, then the points of the sweep."""
        return (*self.attempts, *(point for _, points in self.swept for point in points))

    @property
    def axes(self) -> tuple[Axis, ...]:
        """What the points can be drawn against; latency where any was timed."""
        return tuple(axis for axis in AXES if axis != "latency" or self.batch_size)

    def point(self, key: str | None) -> TradeoffPoint | None:
        return next((point for point in self.points if point.key == key), None)


def tradeoff_of(attempts: Sequence[AttemptView], report: Report, *, dense_accuracy: float | None) -> Tradeoff:
    """Return the attempts and the points of the last sweep; `dense_accuracy` is on the validation split."""
    sweeps = by_sweep(report.curves)
    curves = sweeps[-1] if sweeps else ()
    batch_size = _batch_size(attempts, curves)
    dense = None
    if dense_accuracy is not None:
        latency = report.dense.latency_ms.get(batch_size) if report.dense is not None else None
        dense = TradeoffPoint(
            key="dense",
            source=None,
            accuracy=dense_accuracy,
            compression=1.0,
            speedup=1.0,
            latency_ms=latency.p50 if latency is not None else None,
        )
    return Tradeoff(
        dense,
        tuple(_of_attempt(attempt, batch_size) for attempt in attempts),
        tuple(
            (curve, tuple(_of_swept(curve, point, batch_size) for point in curve.points)) for curve in curves
        ),
        batch_size,
    )


def front(points: Iterable[TradeoffPoint | None], axis: Axis) -> tuple[TradeoffPoint, ...]:
    """Return the Pareto front, from the smallest network on: none given is both smaller and more accurate.

    Of networks that are equal in both, the first is kept. Those that lack a figure are left out.
    """
    sign = 1 if axis == "latency" else -1
    known = [
        (sign * at, -point.accuracy, number, point)
        for number, point in enumerate(points)
        if point is not None and point.accuracy is not None and (at := point.along(axis)) is not None
    ]
    best: list[TradeoffPoint] = []
    for _, lost, _, point in sorted(known, key=lambda one: one[:3]):
        if not best or -lost > (best[-1].accuracy or 0.0):
            best.append(point)
    return tuple(best)


def _batch_size(attempts: Sequence[AttemptView], curves: Sequence[Curve]) -> str:
    """Return the largest batch that both attempts and sweep were timed at, else that either was."""
    timed = {size for one in attempts if (figures := one.test_figures) for size in figures.latency_ms}
    swept = {size for curve in curves for point in curve.points for size in point.latency_ms}
    return max((timed & swept) or timed or swept, key=int, default="")


def _of_attempt(attempt: AttemptView, batch_size: str) -> TradeoffPoint:
    counts = attempt.smallest
    run_as, latency = attempt.fastest(batch_size) or (None, None)
    return TradeoffPoint(
        key=f"attempt {attempt.number}",
        source=attempt,
        accuracy=attempt.accuracy,
        compression=counts.compression_ratio if counts is not None else None,
        speedup=counts.theoretical_speedup if counts is not None else None,
        latency_ms=latency.p50 if latency is not None else None,
        run_as=run_as,
    )


def _of_swept(curve: Curve, point: CurvePoint, batch_size: str) -> TradeoffPoint:
    latency = point.latency_ms.get(batch_size)
    return TradeoffPoint(
        key=f"{curve_name(curve)} {share_text(point.sparsity)}",
        source=(curve, point),
        accuracy=point.accuracy,
        compression=point.compression_ratio,
        speedup=point.theoretical_speedup,
        latency_ms=latency.p50 if latency is not None else None,
    )
