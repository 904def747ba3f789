"""How two reports of one session compare, figure by figure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from prune_tui.core.fields import Data
from prune_tui.core.report import Curve, EpochFigures, Figures, Report, ScanFigures

DEFAULT_TOLERANCE_POINTS: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference(Data):
    """A figure that differs between record and replay, and whether it does so within tolerance."""

    figure: str
    recorded: float | int | str | None
    replayed: float | int | str | None
    within_tolerance: bool


_EXACT_COUNTS = ("parameters", "nonzero", "macs", "nonzero_macs")


def compare(recorded: Report, replayed: Report, *, tolerance_points: float) -> tuple[Difference, ...]:
    """Return every figure that differs. Accuracies may differ by `tolerance_points`; counts must be equal.

    Losses, distortions, hashes and epochs count as within tolerance however much they differ: the replay is
    then not identical, but may still be reproduced. On another processor the last bit of a sum differs, so
    training takes another course, and its epochs are not results. Latency, file bytes and the environment
    depend on the machine and are not compared.
    """
    return tuple(_differences(recorded, replayed, tolerance_points / 100))


def _differences(recorded: Report, replayed: Report, tolerance: float) -> Iterator[Difference]:
    for stage in ("dense", "pruned", "shrunk"):
        yield from _figures_differences(stage, getattr(recorded, stage), getattr(replayed, stage), tolerance)
    for position, attempt in enumerate(recorded.attempts):
        again = replayed.attempts[position] if position < len(replayed.attempts) else None
        name = f"attempts.{position}"
        pruned, shrunk = (again.pruned, again.shrunk) if again else (None, None)
        yield from _figures_differences(f"{name}.pruned", attempt.pruned, pruned, tolerance)
        yield from _figures_differences(f"{name}.shrunk", attempt.shrunk, shrunk, tolerance)
    counts = {one.decision: one.counts for one in replayed.attempt_counts}
    for attempted in recorded.attempt_counts:
        counted = counts.get(attempted.decision)
        name = f"attempt_counts.{attempted.decision}.nonzero"
        yield from _exact(name, attempted.counts.nonzero, counted.nonzero if counted else None)
    ours = {layer.name: layer for layer in replayed.layers}
    for layer in recorded.layers:
        other = ours.get(layer.name)
        yield from _exact(f"layers.{layer.name}.nonzero", layer.nonzero, other.nonzero if other else None)
    yield from _scan_differences(recorded.scan, replayed.scan, tolerance)
    yield from _curve_differences(recorded.curves, replayed.curves, tolerance)
    yield from _epoch_differences(recorded.epochs, replayed.epochs)
    yield from _exact("test_reads", recorded.test_reads, replayed.test_reads)


def _figures_differences(
    name: str, recorded: Figures | None, replayed: Figures | None, tolerance: float
) -> Iterator[Difference]:
    if recorded is None or replayed is None:
        if recorded is not replayed:
            yield Difference(
                figure=name,
                recorded="measured" if recorded else None,
                replayed="measured" if replayed else None,
                within_tolerance=False,
            )
        return
    yield from _near(f"{name}.accuracy", recorded.accuracy, replayed.accuracy, tolerance)
    for count in _EXACT_COUNTS:
        yield from _exact(f"{name}.{count}", getattr(recorded, count), getattr(replayed, count))
    for figure in ("loss", "weights_sha256"):
        ours, theirs = getattr(replayed, figure), getattr(recorded, figure)
        yield from _exact(f"{name}.{figure}", theirs, ours, denies=False)


def _scan_differences(
    recorded: ScanFigures | None, replayed: ScanFigures | None, tolerance: float
) -> Iterator[Difference]:
    if recorded is None:
        return
    dense = replayed.dense_accuracy if replayed else None
    yield from _near("scan.dense_accuracy", recorded.dense_accuracy, dense, tolerance)
    ours = {curve.name: curve for curve in replayed.layers} if replayed else {}
    for curve in recorded.layers:
        name, again = f"scan.{curve.name}", ours.get(curve.name)
        for position, accuracy in enumerate(curve.accuracies):
            other = _at(again.accuracies, position) if again else None
            yield from _near(f"{name}.{position}", accuracy, other, tolerance)
        for position, distortion in enumerate(curve.distortions):
            other = _at(again.distortions, position) if again else None
            yield from _exact(f"{name}.{position}.distortion", distortion, other, denies=False)
    for position, point in enumerate(recorded.joint):
        joint = replayed.joint[position] if replayed and position < len(replayed.joint) else None
        accuracy = joint.accuracy if joint else None
        yield from _exact(f"scan.joint.{position}", point.accuracy, accuracy, denies=False)


def _at(values: Sequence[float | None], position: int) -> float | None:
    return values[position] if position < len(values) else None


def _curve_differences(
    recorded: Sequence[Curve], replayed: Sequence[Curve], tolerance: float
) -> Iterator[Difference]:
    yield from _exact("curves", len(recorded), len(replayed))
    for ours, theirs in zip(replayed, recorded, strict=False):
        name = f"curves.{theirs.decision}.{theirs.criterion}.{theirs.granularity}.{theirs.mode}"
        again = {point.sparsity: point for point in ours.points}
        for point in theirs.points:
            other = again.get(point.sparsity)
            at = f"{name}.{point.sparsity:g}"
            yield from _near(f"{at}.accuracy", point.accuracy, other.accuracy if other else None, tolerance)
            for ratio in ("compression_ratio", "theoretical_speedup"):
                yield from _exact(f"{at}.{ratio}", getattr(point, ratio), getattr(other, ratio, None))
            for figure in ("loss", "pruned_accuracy"):
                ours_figure = getattr(other, figure, None)
                yield from _exact(f"{at}.{figure}", getattr(point, figure), ours_figure, denies=False)


def _epoch_differences(
    recorded: Sequence[EpochFigures], replayed: Sequence[EpochFigures]
) -> Iterator[Difference]:
    yield from _exact("epochs", len(recorded), len(replayed), denies=False)
    for position, (epoch, again) in enumerate(zip(recorded, replayed, strict=False)):
        for figure in ("accuracy", "loss", "train_loss"):
            ours, theirs = getattr(again, figure), getattr(epoch, figure)
            yield from _exact(f"epochs.{position}.{figure}", theirs, ours, denies=False)


def _exact(
    figure: str, recorded: float | str | None, replayed: float | str | None, *, denies: bool = True
) -> Iterator[Difference]:
    """Yield a difference if the figures are unequal; `denies`: it means that the result is not reproduced."""
    if recorded != replayed:
        yield Difference(figure=figure, recorded=recorded, replayed=replayed, within_tolerance=not denies)


def _near(
    figure: str, recorded: float | None, replayed: float | None, tolerance: float
) -> Iterator[Difference]:
    if recorded != replayed:
        near = recorded is not None and replayed is not None and abs(recorded - replayed) <= tolerance + 1e-12
        yield Difference(figure=figure, recorded=recorded, replayed=replayed, within_tolerance=near)
