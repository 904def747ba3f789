"""Figures that were measured stay, as an attempt, when the network is pruned or trained on."""

from pathlib import Path

import pytest

from prune_tui.core.attempts.attempt import attempts_of
from prune_tui.core.report import Attempt, Report
from prune_tui.core.session.decisions import Decision, Finetune, LoadDense, Measure, Prune, Shrink
from prune_tui.runner.runner import Runner
from prune_tui.storage import read_session
from tests.engine.helpers import PLAN, QUICK
from tests.runner.helpers import opened, perform, record_of

FIRST: tuple[Decision, ...] = (
    LoadDense(),
    Prune(plan=0.5, granularity="unit"),
    Shrink(),
    Measure(batch_sizes=(1,)),
)


def attempt_of(report: Report) -> Attempt:
    """What the figures of a report become once the network changes."""
    assert report.pruned is not None
    return Attempt(
        decision=report.measured_by,
        pruned=report.pruned,
        shrunk=report.shrunk,
        sparse_latency_ms=report.sparse_latency_ms,
        native=report.native,
    )


@pytest.fixture
def measured(tmp_path: Path) -> Runner:
    runner = opened(tmp_path)
    perform(runner, *FIRST)
    return runner


@pytest.mark.parametrize(
    "then",
    [Prune(plan=PLAN, finetune=QUICK), Prune(plan=0.9, start_from="pruned"), Finetune(training=QUICK)],
    ids=["prune", "prune-on", "finetune"],
)
def test_what_was_measured_stays_in_view_in_the_file_and_after_resuming(
    measured: Runner, tmp_path: Path, then: Decision
) -> None:
    attempt = attempt_of(measured.view.report)
    assert attempt.decision == 3
    assert attempt.shrunk is not None
    perform(measured, then)
    report = measured.view.report
    assert report.attempts == (attempt,)
    assert (report.pruned, report.shrunk, report.measured_by) == (None, None, None)
    assert (report.compression_ratio, report.theoretical_speedup) == (None, None)
    saved = read_session(tmp_path / "s.json")
    assert saved.record is not None
    assert saved.record.report.attempts == (attempt,)
    again = opened(tmp_path, session=saved)
    assert again.view.report.attempts == (attempt,)
    perform(again, Measure(batch_sizes=(1,)))
    second = attempt_of(record_of(again).report)
    assert (second.decision, second.shrunk) == (5, None)
    assert second.pruned.weights_sha256 != attempt.pruned.weights_sha256
    perform(again, Prune(plan=0.7))
    assert record_of(again).report.attempts == (attempt, second)


def test_an_abandoned_prune_makes_no_attempt(measured: Runner) -> None:
    before = measured.view.report
    events = measured.perform(Prune(plan=0.9, finetune=QUICK))
    for _ in range(3):
        next(events)
    assert measured.view.report.attempts
    events.close()
    assert measured.view.report == before


def test_a_prune_that_nobody_measured_is_an_attempt_too_and_keeps_its_counts(tmp_path: Path) -> None:
    runner = opened(tmp_path)
    perform(runner, LoadDense(), Prune(plan=0.5), Prune(plan=0.7))
    assert runner.view.report.attempts == ()
    saved = read_session(tmp_path / "s.json")
    again = opened(tmp_path, session=saved)
    for report in (runner.view.report, record_of(runner).report, again.view.report):
        first, second = attempts_of(saved.decisions, report)
        assert (first.measured, second.measured) == ((), ())
        assert first.sparsity == pytest.approx(0.5, abs=0.01)
        assert second.sparsity == pytest.approx(0.7, abs=0.01)
        assert first.smallest is not None
        assert second.smallest is not None
        assert 1 < first.smallest.compression_ratio < second.smallest.compression_ratio
        assert sum(first.nonzero.values()) > sum(second.nonzero.values())
        assert first.accuracy == first.pruned_accuracy is not None


def test_measuring_once_more_replaces_the_figures_of_the_same_network(measured: Runner) -> None:
    perform(measured, Measure(batch_sizes=()))
    report = measured.view.report
    assert report.attempts == ()
    assert report.measured_by == 4
    assert report.test_reads == 3
