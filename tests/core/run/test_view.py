"""The view is a pure fold of events, bounded however long the run."""

from dataclasses import replace

import pytest

from prune_tui.core.network import NetworkCounts
from prune_tui.core.report import Environment, EpochFigures, JointPoint, LayerFigures, NativeFigures
from prune_tui.core.run.events import (
    BatchTrained,
    CellScanned,
    Counted,
    DecisionDropped,
    DecisionFinished,
    DecisionStarted,
    EngineReady,
    EpochFinished,
    Event,
    JointScanned,
    LatencyMeasured,
    MaskChecked,
    Measured,
    NativeChecked,
    ScanStarted,
    Shrunk,
    StepBegun,
)
from prune_tui.core.run.fold import MAX_EPOCHS, MAX_LOG_LINES, apply
from prune_tui.core.run.view import View, epochs_of
from prune_tui.core.session.decisions import DecisionKind
from tests import made_up
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


def measured_view() -> View:
    """A view of a network that was pruned, shrunk and measured by decision 2."""
    view = apply(View(), READY)
    counts = NetworkCounts(parameters=4001, nonzero=10, macs=100, nonzero_macs=10, file_bytes=9)
    layers = (LayerFigures(name="a", parameters=1000, nonzero=5, sparsity=0.995),)
    events: tuple[Event, ...] = (
        DecisionStarted(0, "load_dense", "t", 0.0),
        Measured("dense", made_up.figures(0.9), 1, 1.0),
        DecisionFinished(0, None, 1.0),
        DecisionStarted(1, "prune", "t", 0.0),
        Counted(counts, layers, 0.9, 1.0),
        MaskChecked(True, 0.9, 1.0),
        Shrunk((("a", 10, 5),), counts, 0.0, 10, 1.0),
        DecisionFinished(1, None, 1.0),
        DecisionStarted(2, "measure", "t", 0.0),
        Measured("pruned", made_up.figures(0.8, nonzero=4), 2, 1.0),
        Measured("shrunk", made_up.figures(0.8, nonzero=4, parameters=5), 2, 1.0),
        LatencyMeasured("pruned", 8, made_up.latency(2.0), 1.0),
        LatencyMeasured("sparse", 8, made_up.latency(1.0), 1.0),
        StepBegun("building", 1.5),
        NativeChecked(NativeFigures(num_images=5), 2.0),
        LatencyMeasured("native", 8, made_up.latency(0.5), 1.0),
        DecisionFinished(2, None, 1.0),
    )
    for event in events:
        view = apply(view, event)
    return view


def test_what_is_measured_says_by_which_decision_and_of_which_network() -> None:
    report = measured_view().report
    assert report.measured_by == 2
    assert report.pruned is not None
    assert report.shrunk is not None
    assert (report.pruned.nonzero, report.shrunk.parameters) == (4, 5)
    assert report.compression_ratio == report.pruned.compression_ratio
    assert report.theoretical_speedup == report.pruned.theoretical_speedup
    assert "8" in report.pruned.latency_ms
    assert "8" not in report.shrunk.latency_ms
    assert report.sparse_latency_ms.keys() == {"8"}
    assert report.native == NativeFigures(num_images=5, latency_ms={"8": made_up.latency(0.5)})
    assert report.test_reads == 2


@pytest.mark.parametrize("kind", ["prune", "finetune", "rewind", "train_dense", "load_dense"])
def test_a_change_of_the_network_makes_an_attempt_of_what_was_measured(kind: DecisionKind) -> None:
    before = measured_view()
    after = apply(before, DecisionStarted(3, kind, "t", 0.0))
    (attempt,) = after.report.attempts
    assert attempt.decision == 2
    assert (attempt.pruned, attempt.shrunk) == (before.report.pruned, before.report.shrunk)
    assert attempt.sparse_latency_ms == before.report.sparse_latency_ms
    assert (attempt.native, after.report.native) == (before.report.native, None)
    assert (after.report.pruned, after.report.shrunk, after.report.measured_by) == (None, None, None)
    assert (after.shrunk, after.mask) == (None, None)
    is_new_baseline = kind in ("train_dense", "load_dense")
    assert (after.counted is None) == (after.report.dense is None) == is_new_baseline
    assert after.report.test_reads == 2


@pytest.mark.parametrize("kind", ["scan", "sweep", "shrink", "measure"])
def test_what_leaves_the_network_alone_makes_no_attempt(kind: DecisionKind) -> None:
    before = measured_view()
    after = apply(before, DecisionStarted(3, kind, "t", 0.0))
    assert after.report == before.report


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


def test_the_log_calls_the_score_as_the_task_does() -> None:
    view = apply(View(), replace(READY, score_name="mIoU"))
    assert view.score_name == "mIoU"
    assert "validation mIoU 90.0 %" in apply(view, epoch(1)).log[-1].text
    assert "validation accuracy" in apply(apply(View(), READY), epoch(1)).log[-1].text


def test_all_parameters_are_counted_once_the_network_is_open() -> None:
    assert View().num_parameters is None
    assert apply(View(), READY).num_parameters == sum(layer.parameters for layer in LAYERS) + 1
