"""What the engine tells: frozen facts made of plain numbers and strings, never tensors.

`seconds` is the time since the decision began. Events are also the JSON lines of a run's log.
"""

from dataclasses import dataclass
from typing import Literal

from prune_tui.core.run.report import (
    Curve,
    CurvePoint,
    Distribution,
    Environment,
    EpochFigures,
    Figures,
    JointPoint,
    Latency,
    LayerFigures,
    ScanFigures,
)

Stage = Literal["dense", "early", "pruned", "shrunk", "swept"]
"""What a checkpoint is of: the baseline, an epoch on its way there, or what came of it."""

NUM_BINS = 64
"""Bins of a weight histogram: as many counts as a screen can draw, so that no tensor need travel."""


@dataclass(frozen=True, slots=True)
class LayerInfo:
    """A prunable layer of the dense network, in the order it runs.

    `kind` is for people (`conv 5×5, 1→32`); `macs` counts one image; `units` are its neurons or filters and
    `inputs` what each of them reads. `locked_reason` says why units of this layer can't be removed, if so;
    `coupled_to` names the layer whose units go together with this one's (residual connections).
    """

    name: str
    kind: str
    parameters: int
    units: int
    macs: int
    locked_reason: str | None = None
    inputs: int = 0
    coupled_to: str | None = None


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
class DecisionStarted:
    """A decision is being carried out; `started_at` is Unix time in seconds."""

    index: int
    kind: str
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
    """A round has pruned the network; counts are of the whole network after it."""

    round: int
    num_rounds: int
    layers: tuple[LayerFigures, ...]
    parameters: int
    nonzero: int
    sparsity: float
    macs: int
    nonzero_macs: int
    file_bytes: int
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
    stage: str
    largest: float
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DistributionsTaken:
    """How weights and units spread in every layer of the `dense` or the `pruned` network."""

    stage: str
    distributions: tuple[Distribution, ...]


@dataclass(frozen=True, slots=True)
class Shrunk:
    """Pruned units were removed, with what was coupled to them.

    `units` holds a layer's name and its units before and after. `disagreement` is the largest difference of
    an output from the masked network's, relative to the largest output, over `num_images` real images.
    """

    units: tuple[tuple[str, int, int], ...]
    parameters: int
    nonzero: int
    macs: int
    nonzero_macs: int
    file_bytes: int
    disagreement: float
    num_images: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Measured:
    """A network's final figures (`which`: dense, pruned or shrunk) after so many reads of the test set."""

    which: str
    figures: Figures
    test_reads: int
    seconds: float


@dataclass(frozen=True, slots=True)
class LatencyMeasured:
    """One network's latency at one batch size; `which` is dense, pruned, shrunk or sparse."""

    which: str
    batch_size: int
    latency: Latency
    seconds: float


@dataclass(frozen=True, slots=True)
class CheckpointSaved:
    """Weights were written to the session's folder; `accuracy` is on the validation split."""

    path: str
    sha256: str
    file_bytes: int
    stage: Stage = "pruned"
    accuracy: float | None = None


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
