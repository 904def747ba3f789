"""What the engine reports: frozen facts made of plain numbers and strings, never tensors.

`seconds` is the time since the decision began. Events are also the JSON lines of a run's log.
"""

from dataclasses import dataclass
from typing import Literal

from prune_tui.core.network import LayerInfo, NetworkCounts
from prune_tui.core.report import (
    Curve,
    CurvePoint,
    Distribution,
    Environment,
    EpochFigures,
    Figures,
    JointPoint,
    Latency,
    LayerFigures,
    NativeFigures,
    Report,
    ScanFigures,
)
from prune_tui.core.run.latency_table import LatencyTable
from prune_tui.core.run.measured_plans import MeasuredPlan, PolishedPlan
from prune_tui.core.session.decisions import DecisionKind
from prune_tui.core.session.session import Checkpoint
from prune_tui.core.shrinking import NetworkShape
from prune_tui.core.terms import TimedNetwork

NUM_BINS = 64
"""The bins of a weight histogram: as many as a screen can draw."""


@dataclass(frozen=True, slots=True)
class DataProgress:
    """Progress in `what` (bytes fetched, images read); `total` is None where it is not known."""

    what: str
    done: int
    total: int | None


@dataclass(frozen=True, slots=True)
class EngineReady:
    """The model is built and the data are in memory.

    `other_parameters` and `other_macs` belong to none of the layers. `notes` say in a line each what of the
    model was changed to make it prunable, or is odd about it. `score_name` is what the task calls its score,
    and `chance` that of guessing, None if it is not known. `overhead_bytes` are those of a dense checkpoint
    beside its parameters: its header and buffers.
    """

    layers: tuple[LayerInfo, ...]
    other_parameters: int
    other_macs: int
    environment: Environment
    notes: tuple[str, ...] = ()
    score_name: str = "accuracy"
    chance: float | None = None
    overhead_bytes: int = 0


@dataclass(frozen=True, slots=True)
class UnitsFound:
    """Which units can be removed, and which go together, is known: `layers` now say so.

    `shape` says what the network becomes without some of them.
    """

    layers: tuple[LayerInfo, ...]
    shape: NetworkShape | None = None


@dataclass(frozen=True, slots=True)
class PretrainedTaken:
    """The model's fresh weights are published ones.

    `head` names the layers that were drawn anew, because the data have other classes; empty if none was.
    """

    weights: str
    head: tuple[str, ...]
    num_classes: int
    num_published_classes: int


@dataclass(frozen=True, slots=True)
class SessionRestored:
    """The state of a session with decisions was restored from its checkpoints."""

    report: Report
    checkpoints: tuple[Checkpoint, ...]
    num_decisions: int


@dataclass(frozen=True, slots=True)
class DecisionStarted:
    """A decision begins; `started_at` is Unix time in seconds."""

    index: int
    kind: DecisionKind
    title: str
    started_at: float


@dataclass(frozen=True, slots=True)
class BatchTrained:
    """One optimizer step is done. Rounds, epochs and batches count from 1."""

    round: int
    num_rounds: int
    epoch: int
    num_epochs: int
    batch: int
    num_batches: int
    seconds: float


@dataclass(frozen=True, slots=True)
class BatchEvaluated:
    """One batch of `num_batches` in this evaluation is done."""

    batch: int
    num_batches: int
    seconds: float


@dataclass(frozen=True, slots=True)
class EpochFinished:
    """An epoch (or, as epoch 0, the network right after pruning) was evaluated on the validation split."""

    figures: EpochFigures
    num_epochs: int
    is_best: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class CellScanned:
    """One layer pruned to one sparsity was evaluated on `num_images` so far; more may follow.

    `position` is the sparsity's index in the scan. `half_width` is half the 95 % interval of the difference
    from the dense accuracy, as a fraction of 1; `distortion` that of the logits. `done` is the share of the
    whole scan that is done.
    """

    layer: str
    position: int
    accuracy: float
    half_width: float
    distortion: float
    num_images: int
    done: float
    seconds: float


@dataclass(frozen=True, slots=True)
class JointScanned:
    """A plan over several layers was evaluated as a whole."""

    point: JointPoint
    seconds: float


@dataclass(frozen=True, slots=True)
class PlanMeasured:
    """A plan that may become a decision was evaluated, on more images than before."""

    figures: MeasuredPlan
    seconds: float


@dataclass(frozen=True, slots=True)
class PlanPolished:
    """Plans that meet a target were evaluated, and the best of them is known."""

    figures: PolishedPlan


@dataclass(frozen=True, slots=True)
class MeasuringTakesLong:
    """The first figure of a plan would take so many seconds, so that measuring has to be asked for."""

    seconds: float


@dataclass(frozen=True, slots=True)
class KernelsTimed:
    """Some kernels of the network were timed: `done` is the share of all."""

    done: float


@dataclass(frozen=True, slots=True)
class KernelsMeasured:
    """What the layers take at several densities on this machine is known."""

    table: LatencyTable
    seconds: float


@dataclass(frozen=True, slots=True)
class ScanStarted:
    """A scan begins; its figures hold names, sparsities and the dense accuracy, and empty curves."""

    figures: ScanFigures


@dataclass(frozen=True, slots=True)
class SweepStarted:
    """A sweep begins; its curves have no points yet."""

    curves: tuple[Curve, ...]
    num_points: int


@dataclass(frozen=True, slots=True)
class PointSwept:
    """A point of one curve of the sweep is done; `num_done` counts the points of all curves."""

    curve: Curve
    point: CurvePoint
    num_done: int
    num_points: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Pruned:
    """A round has pruned the network to this sparsity; `Counted` follows."""

    round: int
    num_rounds: int
    sparsity: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Counted:
    """The pruned network was counted as it is now, as a whole and by layer."""

    counts: NetworkCounts
    layers: tuple[LayerFigures, ...]
    sparsity: float
    seconds: float


@dataclass(frozen=True, slots=True)
class MaskChecked:
    """Whether every pruned weight is exactly zero, and the share of prunable weights that are pruned."""

    held: bool
    sparsity: float
    seconds: float


@dataclass(frozen=True, slots=True)
class WeightsBinned:
    """A histogram of a layer's |w| without pruned weights: `NUM_BINS` equal bins from 0 to `largest`."""

    layer: str
    stage: Literal["dense", "pruned"]
    largest: float
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DistributionsTaken:
    """The distributions of weights and units in every layer of one network."""

    stage: Literal["dense", "pruned"]
    distributions: tuple[Distribution, ...]


@dataclass(frozen=True, slots=True)
class Shrunk:
    """Pruned units were removed, with what was coupled to them.

    `units` holds (layer, units before, units after). `disagreement` is the largest difference of an output
    from the masked network's, relative to the largest output, over `num_images` validation images.
    """

    units: tuple[tuple[str, int, int], ...]
    counts: NetworkCounts
    disagreement: float
    num_images: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Measured:
    """A network's final figures; `test_reads` counts the reads of the test set so far."""

    stage: Literal["dense", "pruned", "shrunk"]
    figures: Figures
    test_reads: int
    seconds: float


@dataclass(frozen=True, slots=True)
class LatencyMeasured:
    """One network's latency at one batch size."""

    stage: TimedNetwork
    batch_size: int
    latency: Latency
    seconds: float


@dataclass(frozen=True, slots=True)
class StepBegun:
    """What a decision of several steps does now, in a few words; comes again while a step takes long."""

    step: str
    seconds: float


@dataclass(frozen=True, slots=True)
class NativeChecked:
    """The pruned network was built as C and compared with torch, or can't be; it is not yet timed."""

    figures: NativeFigures
    seconds: float


@dataclass(frozen=True, slots=True)
class CheckpointSaved:
    """Weights were written to the session's folder."""

    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True)
class DecisionFinished:
    """A decision is done; `stopped_after` counts its epochs, evaluations or points if the user stopped it."""

    index: int
    stopped_after: int | None
    seconds: float


@dataclass(frozen=True, slots=True)
class DecisionDropped:
    """A decision was abandoned; everything is as it was before it began."""

    index: int


Event = (
    DataProgress
    | EngineReady
    | UnitsFound
    | PretrainedTaken
    | SessionRestored
    | DecisionStarted
    | BatchTrained
    | BatchEvaluated
    | EpochFinished
    | CellScanned
    | JointScanned
    | PlanMeasured
    | PlanPolished
    | MeasuringTakesLong
    | KernelsTimed
    | KernelsMeasured
    | ScanStarted
    | SweepStarted
    | PointSwept
    | Pruned
    | Counted
    | MaskChecked
    | WeightsBinned
    | DistributionsTaken
    | Shrunk
    | Measured
    | LatencyMeasured
    | StepBegun
    | NativeChecked
    | CheckpointSaved
    | DecisionFinished
    | DecisionDropped
)
