"""The figures a run ends with, in the glossary's terms, and how two reports are compared."""

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import Field

from prune_tui.core.decisions import Granularity
from prune_tui.core.frozen import Count, Fraction, Frozen

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
    """One layer's validation accuracy at each of the scan's sparsities; None where not (yet) scanned."""

    name: str
    accuracies: tuple[Fraction | None, ...]


class ScanFigures(Frozen):
    """A sensitivity scan: what was pruned how, and a curve per layer, on `num_images` validation images."""

    criterion: str
    granularity: Granularity
    num_images: Count
    dense_accuracy: Fraction
    sparsities: tuple[Fraction, ...]
    layers: tuple[ScanCurve, ...]


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
    """The final figures of a session; a network not measured (yet) is None."""

    dense: Figures | None = None
    pruned: Figures | None = None
    shrunk: Figures | None = None
    compression_ratio: float | None = None
    theoretical_speedup: float | None = None
    layers: tuple[LayerFigures, ...] = ()
    scan: ScanFigures | None = None
    curves: tuple[()] = ()
    epochs: tuple[EpochFigures, ...] = ()
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

    Losses and hashes that differ are listed too, but only deny that the two are identical, not that the
    result was reproduced. Latency, file bytes and environment are this machine's own and not compared.
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
    for position, epoch in enumerate(recorded.epochs):
        name = f"epochs.{position}.accuracy"
        again = replayed.epochs[position] if position < len(replayed.epochs) else None
        yield from _near(name, epoch.accuracy, again.accuracy if again else None, tolerance)
    yield from _exact("epochs", len(recorded.epochs), len(replayed.epochs))
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
        ours, theirs = getattr(replayed, name), getattr(recorded, name)
        if ours != theirs:
            yield Difference(figure=f"{which}.{name}", recorded=theirs, replayed=ours, within_tolerance=True)


def _scan_differences(
    recorded: ScanFigures | None, replayed: ScanFigures | None, tolerance: float
) -> Iterator[Difference]:
    ours = {curve.name: curve.accuracies for curve in replayed.layers} if replayed else {}
    for curve in recorded.layers if recorded else ():
        again = ours.get(curve.name, ())
        for position, accuracy in enumerate(curve.accuracies):
            other = again[position] if position < len(again) else None
            yield from _near(f"scan.{curve.name}.{position}", accuracy, other, tolerance)


def _exact(figure: str, recorded: int, replayed: int | None) -> Iterator[Difference]:
    if recorded != replayed:
        yield Difference(figure=figure, recorded=recorded, replayed=replayed, within_tolerance=False)


def _near(
    figure: str, recorded: float | None, replayed: float | None, tolerance: float
) -> Iterator[Difference]:
    if recorded != replayed:
        near = recorded is not None and replayed is not None and abs(recorded - replayed) <= tolerance + 1e-12
        yield Difference(figure=figure, recorded=recorded, replayed=replayed, within_tolerance=near)
