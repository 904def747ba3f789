"""The figures a run ends with, in the glossary's terms, and how two reports are compared."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field

from prune_tui.core.fields import Count, Fraction, Frozen
from prune_tui.core.session.decisions import Granularity, Scope

DEFAULT_TOLERANCE_POINTS = 0.5


class Latency(Frozen):
    """Wall time of one forward pass of a batch on this machine, in milliseconds."""

    p50: float
    p95: float


class Figures(Frozen):
    """What one network is and does.

    `accuracy` (a fraction of 1) and `loss` (mean cross-entropy, nats) are on the test set. `parameters` and
    `nonzero` count every parameter; `sparsity` is zeros / prunable weights. `macs` are the multiply-adds of
    convolutions and linear layers, batch 1, no bias; `nonzero_macs` those with a weight that is not zero.
    `file_bytes` is the size of the checkpoint as saved. `latency_ms` is keyed by batch size and is empty
    until measured. `weights_sha256` identifies the weights to the bit.
    """

    accuracy: Fraction
    loss: float
    parameters: Count
    nonzero: Count
    sparsity: Fraction
    macs: Count
    nonzero_macs: Count
    file_bytes: Count
    latency_ms: Mapping[str, Latency] = {}
    weights_sha256: str


class LayerFigures(Frozen):
    """One prunable layer: its weights (without bias), those not zero, and 1 − nonzero / parameters."""

    name: str
    parameters: Count
    nonzero: Count
    sparsity: Fraction


class ScanCurve(Frozen):
    """One layer's validation accuracy at each of the scan's sparsities; None where not (yet) scanned.

    The accuracy is the dense network's on all images plus the difference found on `num_images` of them, the
    same for both; `half_widths` are those of that difference's 95 % interval, 0 where all were evaluated.
    `distortions` are those of the logits (`strain.distortion`), on the same images.
    """

    name: str
    accuracies: tuple[Fraction | None, ...]
    half_widths: tuple[float | None, ...] = ()
    distortions: tuple[float | None, ...] = ()
    num_images: tuple[Count, ...] = ()


class JointPoint(Frozen):
    """What pruning several layers together really gives right after pruning, to hold a forecast against."""

    plan: Mapping[str, Fraction]
    accuracy: Fraction


class ScanFigures(Frozen):
    """A sensitivity scan: what was pruned how, and a curve per layer, on `num_images` validation images.

    `tolerance_points` is None for an exact scan. `joint` holds plans that were evaluated whole. `is_reused`
    says whether each evaluation began at the pruned layer, from what was recorded of a batch of `batch_size`
    (`recorded_bytes`), or at the input; `note` says why not.
    """

    criterion: str
    granularity: Granularity
    num_images: Count
    dense_accuracy: Fraction
    sparsities: tuple[Fraction, ...]
    layers: tuple[ScanCurve, ...]
    joint: tuple[JointPoint, ...] = ()
    tolerance_points: float | None = None
    is_reused: bool = False
    batch_size: Count = 0
    recorded_bytes: Count = 0
    note: str | None = None

    @property
    def num_known(self) -> int:
        """The cells that have a figure, if perhaps not yet their last."""
        return sum(accuracy is not None for curve in self.layers for accuracy in curve.accuracies)


Mode = Literal["masked", "sparse", "compact", "from_scratch"]
"""How a swept network runs: zeros in dense weights, sparse matrices, units removed, or those trained anew."""


class CurvePoint(Frozen):
    """One network of a sweep: the target sparsity, what it does on the validation split, and what it saves.

    `compression_ratio` is all parameters of the dense network / those of this one that are not zero,
    `theoretical_speedup` the same of MACs. `pruned_accuracy` is right after the first round's pruning, before
    any fine-tuning. `latency_ms` is keyed by batch size.
    """

    sparsity: Fraction
    accuracy: Fraction
    loss: float
    pruned_accuracy: Fraction | None = None
    compression_ratio: float
    theoretical_speedup: float
    latency_ms: Mapping[str, Latency] = {}


class Curve(Frozen):
    """One method of a sweep, run one way; `decision` is the index of the sweep."""

    decision: Count
    criterion: str
    granularity: Granularity
    scope: Scope
    mode: Mode
    points: tuple[CurvePoint, ...] = ()


Measure = Literal["weights", "unit_norms", "top_share"]


class Distribution(Frozen):
    """How something spreads in a layer of the `dense` or the `pruned` network, in equal bins from 0.

    `weights` is |w| of the kept weights; `unit_norms` the L2 norm of each unit; `top_share` the share of each
    unit's weights that are among the largest tenth of the layer's. `largest` is the last bin's upper edge.
    """

    layer: str
    stage: Literal["dense", "pruned"]
    measure: Measure
    largest: float
    counts: tuple[Count, ...]


class EpochFigures(Frozen):
    """One epoch: mean training loss, and accuracy and loss on the validation split after it.

    Epoch 0 of a round is the network right after pruning, before any fine-tuning; it has no training loss.
    `decision` is the index of the decision that ran it.
    """

    decision: Count
    round: Count
    epoch: Count
    train_loss: float | None
    accuracy: Fraction
    loss: float
    learning_rate: float | None


class Environment(Frozen):
    """What produced the figures; the thread count and the processor decide the last bits of a sum."""

    versions: Mapping[str, str]
    device: str
    device_name: str
    num_threads: Annotated[int, Field(ge=1)]
    num_images: Mapping[str, int]


class Report(Frozen):
    """The final figures of a session; a network not measured (yet) is None.

    `compression_ratio` and `theoretical_speedup` are of the pruned network; `sparse_latency_ms` is of its
    weights run as sparse matrices.
    """

    dense: Figures | None = None
    pruned: Figures | None = None
    shrunk: Figures | None = None
    compression_ratio: float | None = None
    theoretical_speedup: float | None = None
    layers: tuple[LayerFigures, ...] = ()
    scan: ScanFigures | None = None
    curves: tuple[Curve, ...] = ()
    epochs: tuple[EpochFigures, ...] = ()
    distributions: tuple[Distribution, ...] = ()
    sparse_latency_ms: Mapping[str, Latency] = {}
    test_reads: Count = 0
    environment: Environment | None = None


class Difference(Frozen):
    """One figure that a replay found otherwise than recorded, and whether that is beyond tolerance."""

    figure: str
    recorded: float | int | str | None
    replayed: float | int | str | None
    within_tolerance: bool


_EXACT_COUNTS = ("parameters", "nonzero", "macs", "nonzero_macs")


def compare(recorded: Report, replayed: Report, *, tolerance_points: float) -> tuple[Difference, ...]:
    """List every figure that differs; accuracies within `tolerance_points`, counts exactly.

    Losses, hashes and epochs that differ are listed too, but only deny that the two are identical, not that
    the result was reproduced: on another processor the last bit of a sum differs, training takes another way,
    and an epoch on that way is no result. Latency, file bytes and environment are this machine's own and not
    compared.
    """
    return tuple(_differences(recorded, replayed, tolerance_points / 100))


def _differences(recorded: Report, replayed: Report, tolerance: float) -> Iterator[Difference]:
    for which in ("dense", "pruned", "shrunk"):
        yield from _figures_differences(which, getattr(recorded, which), getattr(replayed, which), tolerance)
    ours = {layer.name: layer for layer in replayed.layers}
    for layer in recorded.layers:
        other = ours.get(layer.name)
        yield from _exact(f"layers.{layer.name}.nonzero", layer.nonzero, other.nonzero if other else None)
    yield from _scan_differences(recorded.scan, replayed.scan, tolerance)
    yield from _curve_differences(recorded.curves, replayed.curves, tolerance)
    yield from _exact("epochs", len(recorded.epochs), len(replayed.epochs), denies=False)
    for position, (epoch, again) in enumerate(zip(recorded.epochs, replayed.epochs, strict=False)):
        yield from _exact(f"epochs.{position}.accuracy", epoch.accuracy, again.accuracy, denies=False)
    yield from _exact("test_reads", recorded.test_reads, replayed.test_reads)


def _figures_differences(
    which: str, recorded: Figures | None, replayed: Figures | None, tolerance: float
) -> Iterator[Difference]:
    if recorded is None or replayed is None:
        if recorded is not replayed:
            yield Difference(
                figure=which,
                recorded="measured" if recorded else None,
                replayed="measured" if replayed else None,
                within_tolerance=False,
            )
        return
    yield from _near(f"{which}.accuracy", recorded.accuracy, replayed.accuracy, tolerance)
    for name in _EXACT_COUNTS:
        yield from _exact(f"{which}.{name}", getattr(recorded, name), getattr(replayed, name))
    for name in ("loss", "weights_sha256"):
        yield from _exact(f"{which}.{name}", getattr(recorded, name), getattr(replayed, name), denies=False)


def _scan_differences(
    recorded: ScanFigures | None, replayed: ScanFigures | None, tolerance: float
) -> Iterator[Difference]:
    ours = {curve.name: curve.accuracies for curve in replayed.layers} if replayed else {}
    for curve in recorded.layers if recorded else ():
        again = ours.get(curve.name, ())
        for position, accuracy in enumerate(curve.accuracies):
            other = again[position] if position < len(again) else None
            yield from _near(f"scan.{curve.name}.{position}", accuracy, other, tolerance)


def _curve_differences(
    recorded: tuple[Curve, ...], replayed: tuple[Curve, ...], tolerance: float
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
                ours_ratio = getattr(other, ratio, None)
                yield from _exact(f"{at}.{ratio}", getattr(point, ratio), ours_ratio)


def _exact(
    figure: str, recorded: float | str, replayed: float | str | None, *, denies: bool = True
) -> Iterator[Difference]:
    """Tell of a figure that is not the same; `denies` says whether the result is then not reproduced."""
    if recorded != replayed:
        yield Difference(figure=figure, recorded=recorded, replayed=replayed, within_tolerance=not denies)


def _near(
    figure: str, recorded: float | None, replayed: float | None, tolerance: float
) -> Iterator[Difference]:
    if recorded != replayed:
        near = recorded is not None and replayed is not None and abs(recorded - replayed) <= tolerance + 1e-12
        yield Difference(figure=figure, recorded=recorded, replayed=replayed, within_tolerance=near)
