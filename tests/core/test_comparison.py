"""What counts as reproduced and what as identical."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest

from prune_tui.core.comparison import compare
from prune_tui.core.report import EpochFigures, NativeFigures, Report
from tests import made_up

FIGURES = made_up.figures(0.9)
EPOCH = EpochFigures(decision=0, round=1, epoch=1, train_loss=0.2, accuracy=0.9, loss=0.3, learning_rate=0.1)
REPORT = replace(made_up.report(1), pruned=FIGURES, curves=(), epochs=())


def changed(**changes: Any) -> Report:
    return replace(REPORT, pruned=replace(FIGURES, **changes))


def found(replayed: Report, tolerance_points: float = 0.5, *, recorded: Report = REPORT) -> dict[str, bool]:
    differences = compare(recorded, replayed, tolerance_points=tolerance_points)
    return {difference.figure: difference.within_tolerance for difference in differences}


@pytest.mark.parametrize("report", [REPORT, made_up.full_report(), Report()])
def test_the_same_report_has_no_difference(report: Report) -> None:
    assert found(report, recorded=report) == {}


def test_a_replay_without_a_compiler_reproduces_a_record_with_one() -> None:
    recorded = replace(REPORT, native=made_up.native())
    for again in (None, NativeFigures(refusal="no compiler")):
        assert found(replace(REPORT, native=again), recorded=recorded) == {}


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
    assert found(replace(REPORT, scan=None)).keys() == {
        "scan.dense_accuracy",
        *(f"scan.features.stage0.conv.{position}" for position in range(9)),
    }
    assert found(replace(REPORT, layers=())) == {"layers.features.stage0.conv.nonzero": False}
    assert found(replace(REPORT, test_reads=3)) == {"test_reads": False}


COMPARED = {
    *("accuracy", "loss", "train_loss", "pruned_accuracy", "dense_accuracy"),
    *("accuracies", "distortions", "weights_sha256"),
}
"""The fields that must be the same to the bit for two reports to be identical, wherever they stand."""

Place = tuple[str | int, ...]


def places(value: object, *, is_compared: bool = False) -> Iterator[Place]:
    """Find every figure of a report that is compared: the path to it."""
    if is_dataclass(value):
        for field in fields(value):
            inside = getattr(value, field.name)
            yield from ((field.name, *rest) for rest in places(inside, is_compared=field.name in COMPARED))
    elif isinstance(value, tuple):
        for at, each in enumerate(value):
            yield from ((at, *rest) for rest in places(each, is_compared=is_compared))
    elif is_compared and value is not None:
        yield ()


def with_other(value: Any, place: Place) -> Any:
    """Return a report that differs by the last bit of one figure."""
    if not place:
        return "f" * 64 if isinstance(value, str) else value * (1 + 2**-50) - 2**-60
    first, rest = place[0], place[1:]
    if isinstance(first, int):
        return (*value[:first], with_other(value[first], rest), *value[first + 1 :])
    return replace(value, **{first: with_other(getattr(value, first), rest)})


def without(value: Any, place: Place) -> Any:
    """Return a report in which one figure of a scan is not known."""
    first, rest = place[0], place[1:]
    if isinstance(first, int):
        inside = without(value[first], rest) if rest else None
        return (*value[:first], inside, *value[first + 1 :])
    return replace(value, **{first: without(getattr(value, first), rest)})


FULL = made_up.full_report()
PLACES = {".".join(map(str, place)): place for place in places(FULL)}


def test_the_places_are_those_of_every_kind_of_figure() -> None:
    kinds = {"_".join(str(part) for part in place if isinstance(part, str)) for place in PLACES.values()}
    networks = ("dense", "pruned", "shrunk", "attempts_pruned", "attempts_shrunk")
    assert kinds == {
        *(f"{network}_{figure}" for network in networks for figure in ("accuracy", "loss", "weights_sha256")),
        *("scan_dense_accuracy", "scan_layers_accuracies", "scan_layers_distortions", "scan_joint_accuracy"),
        *("curves_points_accuracy", "curves_points_loss", "curves_points_pruned_accuracy"),
        *("epochs_accuracy", "epochs_loss", "epochs_train_loss"),
    }


@pytest.mark.parametrize("name", PLACES)
def test_a_figure_that_differs_by_a_bit_denies_that_they_are_identical(name: str) -> None:
    other = with_other(FULL, PLACES[name])
    assert other != FULL
    for recorded, replayed in ((FULL, other), (other, FULL)):
        differences = compare(recorded, replayed, tolerance_points=0.5)
        assert len(differences) == 1
        assert differences[0].within_tolerance
        assert differences[0].recorded != differences[0].replayed


SCANNED = {name: place for name, place in PLACES.items() if "accuracies" in place or "distortions" in place}


@pytest.mark.parametrize("name", SCANNED)
def test_a_cell_that_only_one_of_them_has_is_a_difference(name: str) -> None:
    other = without(FULL, SCANNED[name])
    assert compare(FULL, other, tolerance_points=0.5)
    assert compare(other, FULL, tolerance_points=0.5)


def halves(report: Report) -> Mapping[str, Report]:
    """Reports that lack something that the full one has."""
    assert report.scan is not None
    curve = report.curves[0]
    return {
        "attempts": replace(report, attempts=()),
        "an attempt's counts": replace(report, attempt_counts=()),
        "the scan": replace(report, scan=None),
        "joint points": replace(report, scan=replace(report.scan, joint=report.scan.joint[:1])),
        "a scanned layer": replace(report, scan=replace(report.scan, layers=report.scan.layers[1:])),
        "a layer": replace(report, layers=report.layers[1:]),
        "a curve": replace(report, curves=report.curves[:-1]),
        "a point": replace(report, curves=(replace(curve, points=curve.points[:-1]), *report.curves[1:])),
        "an epoch": replace(report, epochs=report.epochs[:-1]),
        **{
            stage: replace(report, **{stage: None})  # type: ignore[arg-type]
            for stage in ("dense", "pruned", "shrunk")
        },
    }


@pytest.mark.parametrize("lacking", halves(FULL))
def test_what_the_record_has_and_the_replay_lacks_is_a_difference(lacking: str) -> None:
    assert compare(FULL, halves(FULL)[lacking], tolerance_points=0.5)
