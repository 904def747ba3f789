"""The Pareto front holds what nothing else beats, along every axis."""

import random

import pytest

from prune_tui.core.attempts.attempt import attempts_of
from prune_tui.core.attempts.tradeoff import AXES, Axis, TradeoffPoint, front, tradeoff_of
from prune_tui.core.report import Report
from prune_tui.core.session.decisions import LoadDense, Measure, Prune
from tests import made_up


def point(number: int, accuracy: float | None, at: float | None) -> TradeoffPoint:
    return TradeoffPoint(
        key=str(number), source=None, accuracy=accuracy, compression=at, speedup=at, latency_ms=at
    )


def is_better(one: TradeoffPoint, other: TradeoffPoint, axis: Axis) -> bool:
    """Whether one is at least as good in both, and better in one."""
    x, y = one.along(axis), other.along(axis)
    if x is None or y is None or one.accuracy is None or other.accuracy is None:
        return False
    sign = -1 if axis == "latency" else 1
    pair, against = (sign * x, one.accuracy), (sign * y, other.accuracy)
    return pair != against and pair[0] >= against[0] and pair[1] >= against[1]


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("seed", range(20))
def test_the_front_is_what_nothing_else_beats(axis: Axis, seed: int) -> None:
    drawn = random.Random(seed)
    points = [point(number, drawn.randint(0, 9) / 10, float(drawn.randint(1, 9))) for number in range(20)]
    best = front(points, axis)
    for one in points:
        is_beaten = any(is_better(other, one, axis) for other in points)
        has_twin_there = any(
            (two.accuracy, two.along(axis)) == (one.accuracy, one.along(axis)) for two in best
        )
        assert is_beaten is not has_twin_there
    places = [(one.along(axis), one.accuracy) for one in best]
    assert len(set(places)) == len(places)


def test_what_lacks_a_figure_is_on_no_front() -> None:
    points = [None, point(0, 0.9, None), point(1, None, 3.0), point(2, 0.5, 2.0)]
    assert [one.key for one in front(points, "compression")] == ["2"]


def test_attempts_and_the_last_sweep_lie_on_one_scale() -> None:
    report = made_up.report(2)
    decisions = (LoadDense(), Prune(plan=0.5), Measure())
    tradeoff = tradeoff_of(attempts_of(decisions, report), report, dense_accuracy=0.98)
    assert [one.key for one in tradeoff.attempts] == ["attempt 1"]
    last = max(curve.decision for curve in report.curves)
    assert [curve for curve, _ in tradeoff.swept] == [one for one in report.curves if one.decision == last]
    assert tradeoff.axes == AXES
    assert tradeoff.dense is not None
    assert (tradeoff.dense.compression, tradeoff.dense.accuracy) == (1.0, 0.98)
    assert tradeoff.point("attempt 1") is tradeoff.attempts[0]
    assert tradeoff.point(None) is None


def test_without_timing_there_is_no_axis_of_latency() -> None:
    tradeoff = tradeoff_of((), Report(), dense_accuracy=None)
    assert tradeoff.axes == ("compression", "speedup")
    assert tradeoff.points == ()
