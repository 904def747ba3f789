"""What the engine tells: frozen facts made of plain numbers and strings, never tensors.

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
    Report,
    ScanFigures,
)
from prune_tui.core.session.decisions import DecisionKind
from prune_tui.core.session.session import Checkpoint
from prune_tui.core.terms import Timed

NUM_BINS = 64
"""Bins of a weight histogram: as many counts as a screen can draw, so that no tensor need travel."""


@dataclass(frozen=True, slots=True)
class DataProgress:
    """Bytes fetched or images read so far of `total` (None where unknown); `what` says which."""

    what: str
    done: int
    total: int | None


@dataclass(frozen=True, slots=True)
class EngineReady:
    """The model is built and the data are in memory."""

    layers: tuple[LayerInfo, ...]
    other_parameters: int
    other_macs: int
    environment: Environment


@dataclass(frozen=True, slots=True)
class SessionRestored:
    """A session with decisions was opened, and its state restored from its checkpoints."""

    report: Report
    checkpoints: tuple[Checkpoint, ...]
    num_decisions: int


@dataclass(frozen=True, slots=True)
class DecisionStarted:
    """A decision is being carried out; `started_at` is Unix time in seconds."""

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
    """One batch has been classified, of `num_batches` in this evaluation."""

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
    """One layer pruned to one sparsity was evaluated on `num_images` so far, and may be on more.

    `position` is the sparsity's in the scan's list; `half_width` is of the 95 % interval of the difference
    from the dense accuracy, `distortion` that of the logits. `done` is the share of the whole scan that is
    done.
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
    """A plan of several layers was evaluated whole."""

    point: JointPoint
    seconds: float


@dataclass(frozen=True, slots=True)
class ScanStarted:
    """A scan begins; its figures so far hold names, sparsities and the dense accuracy, and no curve yet."""

    figures: ScanFigures


@dataclass(frozen=True, slots=True)
class SweepStarted:
    """A sweep begins; its curves have no points yet."""

    curves: tuple[Curve, ...]
    num_points: int


@dataclass(frozen=True, slots=True)
class PointSwept:
    """One point of one of the sweep's curves; `num_done` counts the points of all."""

    curve: Curve
    point: CurvePoint
    num_done: int
    num_points: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Pruned:
    """A round has pruned the network to this share of its prunable weights; its counts follow."""

    round: int
    num_rounds: int
    sparsity: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Counted:
    """The pruned network was counted, as it is now: as a whole and layer by layer."""

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
    """A layer's weights by magnitude: counts in `NUM_BINS` equal bins of |w| from 0 to `largest`.

    `stage` says of which network: `dense` (the baseline) or `pruned` (as it is now, kept weights only).
    """

    layer: str
    stage: Literal["dense", "pruned"]
    largest: float
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DistributionsTaken:
    """How weights and units spread in every layer of the `dense` or the `pruned` network."""

    stage: Literal["dense", "pruned"]
    distributions: tuple[Distribution, ...]


@dataclass(frozen=True, slots=True)
class Shrunk:
    """Pruned units were removed, with what was coupled to them.

    `units` holds a layer's name and its units before and after. `disagreement` is the largest difference of
    an output from the masked network's, relative to the largest output, over `num_images` real images.
    """

    units: tuple[tuple[str, int, int], ...]
    counts: NetworkCounts
    disagreement: float
    num_images: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Measured:
    """A network's final figures after so many reads of the test set."""

    stage: Literal["dense", "pruned", "shrunk"]
    figures: Figures
    test_reads: int
    seconds: float


@dataclass(frozen=True, slots=True)
class LatencyMeasured:
    """One network's latency at one batch size."""

    stage: Timed
    batch_size: int
    latency: Latency
    seconds: float


@dataclass(frozen=True, slots=True)
class CheckpointSaved:
    """Weights were written to the session's folder."""

    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True)
class DecisionFinished:
    """A decision is done; `stopped_after` counts epochs (or cells, or points) where the user ended it."""

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
    | SessionRestored
    | DecisionStarted
    | BatchTrained
    | BatchEvaluated
    | EpochFinished
    | CellScanned
    | JointScanned
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
    | CheckpointSaved
    | DecisionFinished
    | DecisionDropped
)
