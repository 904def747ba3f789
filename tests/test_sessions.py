"""Every session that ships can be read, was recorded whole, and holds what is claimed of it."""

from pathlib import Path

import pytest

from prune_tui.catalog.names import check_names
from prune_tui.core.report import Curve, Report
from prune_tui.core.session.decisions import LoadDense, Measure, Scan, Shrink, Sweep, TrainDense
from prune_tui.core.session.json import from_json, to_json
from prune_tui.core.session.legal import first_illegal
from prune_tui.core.session.session import Session
from prune_tui.storage import read_session

FOLDER = Path(__file__).parents[1] / "sessions"
SHIPPED = sorted(
    {
        line.removeprefix("!/")
        for line in (FOLDER.parent / ".gitignore").read_text().splitlines()
        if "!" in line
    }
)


def shipped(name: str) -> Session:
    return read_session(FOLDER / f"{name}.json")


def report_of(name: str) -> Report:
    record = shipped(name).record
    assert record is not None
    return record.report


def curve(report: Report, granularity: str, mode: str = "masked", criterion: str | None = None) -> Curve:
    return next(
        found
        for found in report.curves
        if (found.granularity, found.mode) == (granularity, mode) and criterion in (None, found.criterion)
    )


@pytest.mark.parametrize("path", SHIPPED)
def test_a_shipped_session_is_whole(path: str) -> None:
    text = (FOLDER.parent / path).read_text()
    session = from_json(text, source=path)
    assert first_illegal(session.decisions) is None
    assert from_json(to_json(session), source=path) == session
    check_names(session, source=path)
    assert session.name == Path(path).stem
    assert session.record is not None
    assert session.record.checkpoints == ()
    report = session.record.report
    assert report.environment is not None
    counts = {
        kind: sum(isinstance(each, kind) for each in session.decisions) for kind in (Sweep, Scan, Shrink)
    }
    assert len({found.decision for found in report.curves}) == counts[Sweep]
    assert (report.scan is not None) == bool(counts[Scan])
    assert (report.shrunk is not None) == bool(counts[Shrink])


@pytest.mark.parametrize("path", SHIPPED)
def test_what_was_measured_says_by_which_decision(path: str) -> None:
    session = read_session(FOLDER.parent / path)
    assert session.record is not None
    report = session.record.report
    assert (report.measured_by is None) == (report.pruned is None)
    if report.measured_by is not None:
        assert isinstance(session.decisions[report.measured_by], Measure)
        assert not any(isinstance(each, Measure) for each in session.decisions[report.measured_by + 1 :])


@pytest.mark.parametrize("path", SHIPPED)
def test_the_test_set_was_read_once_for_each_baseline_and_each_final_report(path: str) -> None:
    session = read_session(FOLDER.parent / path)
    assert session.record is not None
    reads = sum(isinstance(each, TrainDense | LoadDense | Measure) for each in session.decisions)
    assert session.record.report.test_reads == reads


def test_a_magnitude_beats_random_and_loses_a_point_at_most_at_eight_times() -> None:
    magnitude, random = curve(report_of("lenet-l1"), "weight"), curve(report_of("lenet-random"), "weight")
    report = report_of("lenet-l1")
    assert report.dense is not None
    assert report.dense.accuracy >= 0.99
    assert len(magnitude.points) == len(random.points) == 7
    for ours, theirs in list(zip(magnitude.points, random.points, strict=True))[2:]:
        assert ours.accuracy > theirs.accuracy
    best_dense = max(epoch.accuracy for epoch in report.epochs if epoch.decision == 0)
    eight_times = next(point for point in magnitude.points if point.compression_ratio > 7)
    assert best_dense - eight_times.accuracy <= 0.01


def test_a_global_plan_as_small_as_the_uniform_one_that_collapses_keeps_95_percent() -> None:
    report = report_of("lenet-l1")
    uniform = curve(report, "weight").points[-1]
    assert report.pruned is not None
    assert report.compression_ratio is not None
    assert report.compression_ratio >= uniform.compression_ratio - 0.05
    assert report.pruned.accuracy >= 0.95 > uniform.accuracy


def test_a_structured_network_is_smaller_and_faster() -> None:
    report = report_of("lenet-structured")
    assert report.shrunk is not None
    assert report.dense is not None
    assert report.shrunk.parameters < report.dense.parameters / 2
    assert report.shrunk.latency_ms["64"].p50 < report.dense.latency_ms["64"].p50
    shrunk, masked = curve(report, "unit", "shrunk"), curve(report, "unit")
    assert shrunk.points[-1].latency_ms["64"].p50 < masked.points[-1].latency_ms["64"].p50


def test_b_more_than_the_studys_compression_at_99_percent() -> None:
    report = report_of("han-cnn")
    assert report.dense is not None
    assert report.pruned is not None
    assert report.compression_ratio is not None
    assert report.dense.accuracy >= 0.993
    assert report.pruned.accuracy >= 0.99
    assert report.compression_ratio >= 36.88
    assert report.scan is not None
    assert {found.stage for found in report.distributions} == {"dense", "pruned"}


def test_c_shrunk_is_as_fast_as_its_macs_say_and_sparse_pays_from_90_percent() -> None:
    report = report_of("mlp-speed")
    masked, shrunk = curve(report, "unit"), curve(report, "unit", "shrunk")
    for dense, small in zip(masked.points, shrunk.points, strict=True):
        if small.sparsity == 0.9:
            measured = dense.latency_ms["64"].p50 / small.latency_ms["64"].p50
            assert measured >= 0.7 * small.theoretical_speedup
    weights, sparse = curve(report, "weight"), curve(report, "weight", "sparse")
    for size in ("256",):
        unpruned = weights.points[0].latency_ms[size].p50
        for dense, few in zip(weights.points, sparse.points, strict=True):
            assert dense.latency_ms[size].p50 > 0.6 * unpruned
            assert few.sparsity < 0.9 or few.latency_ms[size].p50 < dense.latency_ms[size].p50
    assert len(curve(report, "unit", "from_scratch").points) == len(shrunk.points)


STUDY_D = {
    "weight": (97.15, 97.12, 97.00, 96.90, 96.77, 94.84),
    "unit": (97.15, 97.14, 96.98, 96.76, 94.63),
}


@pytest.mark.parametrize("granularity", STUDY_D)
def test_d_over_three_seeds_no_more_than_three_points_below_the_study(granularity: str) -> None:
    curves = [found for found in report_of("mlp-weight-unit").curves if found.granularity == granularity]
    assert len(curves) == 3
    for position, published in enumerate(STUDY_D[granularity]):
        mean = sum(found.points[position].accuracy for found in curves) / 3 * 100
        assert mean >= published - 3
    assert all(found.points[-1].accuracy < 0.75 for found in curves)


def test_d_finetuned_at_97_percent_of_weights() -> None:
    report = report_of("mlp-weight-unit")
    assert report.pruned is not None
    assert report.pruned.sparsity > 0.967
    assert report.pruned.accuracy >= 0.975


@pytest.mark.parametrize(
    ("name", "ratio", "error"), [("lenet5-extreme", 100, 0.010), ("lenet-300-100-extreme", 50, 0.020)]
)
def test_the_anchors(name: str, ratio: float, error: float) -> None:
    report = report_of(name)
    assert report.pruned is not None
    assert report.compression_ratio is not None
    assert report.compression_ratio >= ratio
    assert 1 - report.pruned.accuracy <= error


@pytest.mark.parametrize("name", ["resnet18-units", "resnet56-units"])
def test_residual_networks_shrink_to_what_computes_the_same(name: str) -> None:
    report = report_of(name)
    assert report.pruned is not None
    assert report.shrunk is not None
    assert report.shrunk.accuracy == report.pruned.accuracy
    assert report.shrunk.parameters < report.pruned.parameters / 3
    assert report.shrunk.macs < report.pruned.macs / 3
