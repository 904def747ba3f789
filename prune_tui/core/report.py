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
    """What one network is and does.

    `accuracy` (a fraction of 1) and `loss` (mean cross-entropy, nats) are on the test set; `sparsity` is
    zeros / prunable weights. `latency_ms` is keyed by batch size and is empty until measured.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class JointPoint(Data):
    """What pruning several layers together really gives right after pruning, to hold a forecast against."""

    plan: Mapping[str, Fraction]
    accuracy: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanFigures(Data):
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


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint(Data):
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
    latency_ms: Mapping[str, Latency] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve(Data):
    """One method of a sweep, run one way; `decision` is the index of the sweep."""

    decision: Count
    criterion: str
    granularity: Granularity
    scope: Scope
    mode: Mode
    points: tuple[CurvePoint, ...] = ()


Quantity = Literal["weights", "unit_norms", "top_share"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution(Data):
    """How something spreads in a layer of the `dense` or the `pruned` network, in equal bins from 0.

    `weights` is |w| of the kept weights; `unit_norms` the L2 norm of each unit; `top_share` the share of each
    unit's weights that are among the largest tenth of the layer's. `largest` is the last bin's upper edge.
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
    """What produced the figures; the thread count and the processor decide the last bits of a sum."""

    versions: Mapping[str, str]
    device: str
    device_name: str
    num_threads: Positive
    num_images: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt(Data):
    """What an earlier attempt was measured at, before the network was pruned or trained on.

    `decision` is the index of the decision that measured it, None where that is not known.
    """

    decision: Count | None
    pruned: Figures
    shrunk: Figures | None = None
    sparse_latency_ms: Mapping[str, Latency] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report(Data):
    """The final figures of a session; a network not measured (yet) is None.

    `compression_ratio` and `theoretical_speedup` are of the pruned network; `sparse_latency_ms` is of its
    weights run as sparse matrices. `measured_by` is the index of the decision that measured it; `attempts`
    are those measured before it, oldest first.
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
    measured_by: Count | None = None
    attempts: tuple[Attempt, ...] = ()
    test_reads: Count = 0
    environment: Environment | None = None
