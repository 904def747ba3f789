"""What counts as reproduced and what as identical."""

from dataclasses import replace

import pytest

from prune_tui.core.comparison import compare
from prune_tui.core.report import EpochFigures, LayerFigures, Report, ScanCurve, ScanFigures
from tests.core.test_session import FIGURES

SCAN = ScanFigures(
    criterion="l1",
    granularity="weight",
    num_images=10,
    dense_accuracy=0.9,
    sparsities=(0.5,),
    layers=(ScanCurve(name="a", accuracies=(0.8,)),),
)
EPOCH = EpochFigures(decision=0, round=1, epoch=1, train_loss=0.2, accuracy=0.9, loss=0.3, learning_rate=0.1)
REPORT = Report(
    dense=FIGURES,
    pruned=FIGURES,
    layers=(LayerFigures(name="a", parameters=10, nonzero=5, sparsity=0.5),),
    scan=SCAN,
    test_reads=2,
)


def changed(**fields: object) -> Report:
    return replace(REPORT, pruned=replace(FIGURES, **fields))


def found(replayed: Report, tolerance_points: float = 0.5) -> dict[str, bool]:
    differences = compare(REPORT, replayed, tolerance_points=tolerance_points)
    return {difference.figure: difference.within_tolerance for difference in differences}


def test_the_same_report_has_no_difference() -> None:
    assert found(REPORT) == {}


@pytest.mark.parametrize(("accuracy", "within"), [(0.905, True), (0.895, True), (0.906, False), (0.0, False)])
def test_accuracy_may_differ_by_the_tolerance(accuracy: float, within: bool) -> None:
    assert found(changed(accuracy=accuracy)) == {"pruned.accuracy": within}


@pytest.mark.parametrize("count", ["parameters", "nonzero", "macs", "nonzero_macs"])
def test_counts_are_exact(count: str) -> None:
    assert found(changed(**{count: 7})) == {f"pruned.{count}": False}


@pytest.mark.parametrize(("field", "value"), [("loss", 0.31), ("weights_sha256", "f" * 64)])
def test_losses_and_hashes_deny_only_that_it_is_identical(field: str, value: object) -> None:
    assert found(changed(**{field: value})) == {f"pruned.{field}": True}


def test_epochs_on_the_way_deny_only_that_it_is_identical() -> None:
    recorded = replace(REPORT, epochs=(EPOCH, EPOCH))
    for epochs in ((EPOCH, replace(EPOCH, accuracy=0.1)), (EPOCH,)):
        differences = compare(recorded, replace(recorded, epochs=epochs), tolerance_points=0.5)
        assert [difference.within_tolerance for difference in differences] == [True]


def test_latency_and_file_bytes_are_this_machines_own() -> None:
    assert found(changed(latency_ms={}, file_bytes=1)) == {}


def test_what_is_missing_is_a_difference() -> None:
    assert found(replace(REPORT, pruned=None)) == {"pruned": False}
    assert found(replace(REPORT, scan=None)) == {"scan.a.0": False}
    assert found(replace(REPORT, layers=())) == {"layers.a.nonzero": False}
    assert found(replace(REPORT, test_reads=3)) == {"test_reads": False}
