"""The figures that a run ends with, in the glossary's terms."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from prune_tui.core.fields import Count, Data, Fraction, Positive
from prune_tui.core.network import NetworkCounts
from prune_tui.core.terms import Granularity, Mode, Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency(Data):
    """Wall time of one forward pass of a batch on this machine, in milliseconds."""

    p50: float
    p95: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures(NetworkCounts):
    """The final figures of one network.

    `accuracy` (a fraction of 1) and `loss` (mean cross-entropy, nats) are on the test set. `sparsity` is
    zeros / prunable weights. `latency_ms` is keyed by batch size and empty until measured.
    `weights_sha256` identifies the weights to the bit.
    """

    accuracy: Fraction
    loss: float
    sparsity: Fraction
    latency_ms: Mapping[str, Latency] = field(default_factory=dict)
    weights_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerFigures(Data):
    """One prunable layer: its weights (without bias), those not zero, and 1 − nonzero / parameters."""

    name: str
    parameters: Count
    nonzero: Count
    sparsity: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanCurve(Data):
    """One layer's validation accuracy at each of the scan's sparsities; None where it is not scanned (yet).

    Each accuracy is the dense network's on all images plus the difference between the two networks on
    `num_images` of them. `half_widths` are half the 95 % interval of that difference, as a fraction of 1; 0
    where all images were evaluated. `distortions` are those of the logits on the same images
    (`core.scanning.distortion`).
    """

    name: str
    accuracies: tuple[Fraction | None, ...]
    half_widths: tuple[float | None, ...] = ()
    distortions: tuple[float | None, ...] = ()
    num_images: tuple[Count, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class JointPoint(Data):
    """The measured accuracy of a plan over several layers, right after pruning."""

    plan: Mapping[str, Fraction]
    accuracy: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanFigures(Data):
    """A sensitivity scan: how it pruned, and a curve per layer, on `num_images` validation images.

    `tolerance_points` is None for an exact scan. `joint` holds plans over several layers that were evaluated
    as a whole. `is_reused` says whether evaluations ran only the calls after the pruned layer, on batches of
    `batch_size` whose dense results take `recorded_bytes`; otherwise `note` says why they could not.
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
        """The number of cells that have an accuracy, even if it is not final."""
        return sum(accuracy is not None for curve in self.layers for accuracy in curve.accuracies)


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint(Data):
    """One network of a sweep: its target sparsity, its validation figures and its savings.

    `compression_ratio` is the dense network's parameters / this network's nonzero ones, and
    `theoretical_speedup` the same for MACs. `pruned_accuracy` is right after the first round of pruning,
    before any fine-tuning. `latency_ms` is keyed by batch size.
    """

    sparsity: Fraction
    accuracy: Fraction
    loss: float
    pruned_accuracy: Fraction | None = None
    compression_ratio: float
    theoretical_speedup: float
    latency_ms: Mapping[str, Latency] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve(Data):
    """One method of a sweep in one mode; `decision` is the index of the sweep."""

    decision: Count
    criterion: str
    granularity: Granularity
    scope: Scope
    mode: Mode
    points: tuple[CurvePoint, ...] = ()


Quantity = Literal["weights", "unit_norms", "top_share"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution(Data):
    """A histogram of one quantity in one layer, with equal bins from 0 to `largest`.

    `weights` is |w| of the weights that are not pruned, `unit_norms` the L2 norm of each unit, `top_share`
    the share of each unit's weights that are among the largest tenth of the layer's.
    """

    layer: str
    stage: Literal["dense", "pruned"]
    measure: Quantity
    largest: float
    counts: tuple[Count, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochFigures(Data):
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment(Data):
    """What produced the figures; the last bits of a sum depend on the thread count and the processor."""

    versions: Mapping[str, str]
    device: str
    device_name: str
    num_threads: Positive
    num_images: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeFigures(Data):
    """The pruned network as C, which multiplies only nonzero weights; or in one line why there is none.

    `is_shrunk` says whether it is the shrunk one. `latency_ms` is keyed by batch size. `disagreement` is the
    largest difference of an output from torch's, relative to the largest output, over `num_images`
    validation images, of which `num_different` are predicted otherwise. `dense_layers` are computed with
    their zeros, one by one or in batches, because that was faster.
    """

    refusal: str | None = None
    is_shrunk: bool = False
    num_threads: Positive = 1
    latency_ms: Mapping[str, Latency] = field(default_factory=dict)
    disagreement: float = 0.0
    num_images: Count = 0
    num_different: Count = 0
    dense_layers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt(Data):
    """The figures of an earlier prune, measured before the network was pruned or trained again.

    `decision` is the index of the decision that measured it, None where that is not known.
    """

    decision: Count | None
    pruned: Figures
    shrunk: Figures | None = None
    sparse_latency_ms: Mapping[str, Latency] = field(default_factory=dict)
    native: NativeFigures | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptCounts(Data):
    """What an attempt was counted at after its last round, measured or not; `decision` is the prune's index.

    `sparsity` is zeros / prunable weights and `nonzero` the weights left in each layer, by name. `shrunk` is
    the network without its pruned units, where they were removed.
    """

    decision: Count
    counts: NetworkCounts
    sparsity: Fraction
    nonzero: Mapping[str, Count]
    shrunk: NetworkCounts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report(Data):
    """The final figures of a session; a network that is not measured (yet) is None.

    `compression_ratio` and `theoretical_speedup` belong to the pruned network, and `sparse_latency_ms` to
    the same network run with sparse matrices; `native` is None where it was not tried to run it as C.
    `measured_by` is the index of the decision that measured it.
    `attempts` were measured earlier, oldest first, and `attempt_counts` hold the counts of every attempt.
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
    sparse_latency_ms: Mapping[str, Latency] = field(default_factory=dict)
    native: NativeFigures | None = None
    measured_by: Count | None = None
    attempts: tuple[Attempt, ...] = ()
    attempt_counts: tuple[AttemptCounts, ...] = ()
    test_reads: Count = 0
    environment: Environment | None = None
