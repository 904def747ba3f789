"""The view is a pure fold of events, bounded however long the run."""

import pytest

from prune_tui.core.report import Environment, EpochFigures, JointPoint
from prune_tui.core.run.events import (
    BatchTrained,
    CellScanned,
    DecisionDropped,
    DecisionFinished,
    DecisionStarted,
    EngineReady,
    EpochFinished,
    JointScanned,
    ScanStarted,
)
from prune_tui.core.run.fold import MAX_EPOCHS, MAX_LOG_LINES, apply
from prune_tui.core.run.view import View, epochs_of
from prune_tui.core.session.decisions import DecisionKind
from tests.core.planning.test_price import LAYERS, SCAN

READY = EngineReady(
    layers=LAYERS,
    other_parameters=1,
    other_macs=0,
    environment=Environment(versions={}, device="cpu", device_name="x", num_threads=1, num_images={}),
)


def epoch(number: int, decision: int = 0) -> EpochFinished:
    figures = EpochFigures(
        decision=decision, round=1, epoch=number, train_loss=0.1, accuracy=0.9, loss=0.2, learning_rate=0.1
    )
    return EpochFinished(figures, 5, True, float(number))


def started(index: int = 0, kind: DecisionKind = "prune") -> View:
    return apply(apply(View(), READY), DecisionStarted(index, kind, "t", 1000.0))


def test_progress_runs_from_nothing_to_all_over_rounds_and_epochs() -> None:
    view = started()
    shares = []
    for round in (1, 2):
        for number in (1, 2):
            for batch in (1, 2, 3):
                view = apply(view, BatchTrained(round, 2, number, 2, batch, 3, 1.0))
                assert view.running is not None
                shares.append(view.running.done)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_time_left_follows_from_the_pace() -> None:
    view = apply(started(), BatchTrained(1, 1, 1, 1, 25, 100, 10.0))
    assert view.running is not None
    assert view.running.seconds_left == 30.0


def test_a_cell_fills_its_place_alone() -> None:
    view = apply(started(kind="scan"), ScanStarted(SCAN))
    view = apply(view, CellScanned("b", 1, 0.5, 0.02, 0.3, 128, 2 / 6, 1.0))
    assert view.report.scan is not None
    curve = view.report.scan.layers[1]
    assert curve.accuracies == (0.9, 0.5, 0.89)
    assert (curve.half_widths, curve.num_images) == ((None, 0.02, None), (0, 128, 0))
    assert curve.distortions == (None, 0.3, None)
    assert view.report.scan.layers[0] == SCAN.layers[0]
    assert view.running is not None
    assert view.running.done == pytest.approx(1 / 3)


def test_whole_plans_that_were_evaluated_are_added_to_the_scan() -> None:
    point = JointPoint(plan={"a": 0.5, "b": 0.5}, accuracy=0.8)
    view = apply(apply(started(kind="scan"), ScanStarted(SCAN)), JointScanned(point, 1.0))
    assert view.report.scan is not None
    assert view.report.scan.joint == (point,)


def test_a_new_baseline_forgets_what_it_makes_untrue() -> None:
    view = apply(apply(started(kind="scan"), ScanStarted(SCAN)), DecisionFinished(0, None, 1.0))
    assert view.report.scan is not None
    assert apply(view, DecisionStarted(1, "load_dense", "t", 0.0)).report.scan is None


def test_a_view_stays_bounded() -> None:
    view = started()
    for number in range(MAX_EPOCHS + 10):
        view = apply(view, epoch(number))
    assert len(view.report.epochs) == MAX_EPOCHS
    assert len(view.log) == MAX_LOG_LINES
    assert view.report.epochs[-1].epoch == MAX_EPOCHS + 9


def test_epochs_are_told_apart_by_decision() -> None:
    view = apply(apply(started(), epoch(1, decision=0)), epoch(1, decision=1))
    assert [found.decision for found in epochs_of(view, 1)] == [1]


def test_a_dropped_decision_no_longer_runs() -> None:
    assert apply(started(), DecisionDropped(0)).running is None


def test_a_report_of_nothing_measured_has_no_figures() -> None:
    report = apply(View(), READY).report
    assert report.dense is None
    assert report.compression_ratio is None
    assert [layer.nonzero for layer in report.layers] == [1000, 3000]
