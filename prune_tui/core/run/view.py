"""What a screen needs to draw a session: its report so far, and what is live."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from prune_tui.core.network import LayerInfo, NetworkCounts
from prune_tui.core.report import EpochFigures, Report
from prune_tui.core.run.events import (
    BatchTrained,
    Counted,
    DataProgress,
    MaskChecked,
    Shrunk,
    WeightsBinned,
)
from prune_tui.core.run.latency_table import LatencyTable
from prune_tui.core.run.measured_plans import MeasuredPlan, PolishedPlan
from prune_tui.core.run.pace import Pace
from prune_tui.core.session.decisions import DecisionKind
from prune_tui.core.session.session import Checkpoint
from prune_tui.core.shrinking import NetworkShape


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of the log: Unix time in seconds, and what happened."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Running:
    """The decision being carried out.

    `started_at` is Unix time, `seconds` the time since then, and `done` the share that is done (0 to 1).
    `step` says what is done now, where that isn't plain from the kind.
    """

    index: int
    kind: DecisionKind
    title: str
    started_at: float
    seconds: float = 0.0
    done: float = 0.0
    batch: BatchTrained | None = None
    step: str = ""

    @property
    def seconds_left(self) -> float | None:
        """The time left at the average speed so far; None during the first percent."""
        return self.seconds * (1 - self.done) / self.done if self.done > 0.01 else None


@dataclass(frozen=True, slots=True)
class View:
    """Everything known of a session so far; its size is bounded however long the run.

    `report` holds the figures so far. The rest is live: the network's layers, the decision being carried out,
    the newest counts, mask check and histograms, and the log. `other_parameters` and `other_macs` belong to
    none of the layers. `has_units` says whether the layers know which units go together, and `shape` what the
    network becomes without some; `notes` are the engine's on the model; `score_name` is what the task calls
    its score, and `chance` that of guessing. `overhead_bytes` are those of a dense checkpoint beside its
    parameters. `scanned_layer` is the layer whose cell was evaluated last.
    `measured_plans` were evaluated between decisions, the newest last, `polished` is the best plan for the
    last target, and `seconds_to_measure` is how long a plan takes, if that is long, else 0;
    `pace` is how long epochs take. `kernels` are what the network's layers take at several densities on this
    machine, None until they are measured, of which `kernels_done` is the share that is done.
    """

    report: Report = field(default_factory=Report)
    data_progress: DataProgress | None = None
    layers: tuple[LayerInfo, ...] = ()
    other_parameters: int = 0
    other_macs: int = 0
    has_units: bool = False
    shape: NetworkShape | None = None
    notes: tuple[str, ...] = ()
    score_name: str = "accuracy"
    chance: float | None = None
    overhead_bytes: int = 0
    scanned_layer: str | None = None
    running: Running | None = None
    pace: Pace = field(default_factory=Pace)
    num_decisions: int = 0
    counted: Counted | None = None
    mask: MaskChecked | None = None
    dense_histograms: Mapping[str, WeightsBinned] = field(default_factory=dict)
    pruned_histograms: Mapping[str, WeightsBinned] = field(default_factory=dict)
    shrunk: Shrunk | None = None
    checkpoints: tuple[Checkpoint, ...] = ()
    measured_plans: tuple[MeasuredPlan, ...] = ()
    polished: PolishedPlan | None = None
    seconds_to_measure: float = 0.0
    kernels: LatencyTable | None = None
    kernels_done: float = 0.0
    log: tuple[LogLine, ...] = ()

    @property
    def is_ready(self) -> bool:
        """Whether model and data are loaded."""
        return bool(self.layers)

    @property
    def num_parameters(self) -> int | None:
        """All parameters of the dense network; None until it is open."""
        counted = sum(layer.parameters for layer in self.layers)
        return counted + self.other_parameters if self.layers else None

    @property
    def prunable(self) -> tuple[LayerInfo, ...]:
        """The layers whose weights can be pruned."""
        return tuple(layer for layer in self.layers if layer.is_prunable)

    @property
    def counts(self) -> NetworkCounts | None:
        """The counts of the pruned network; None while nothing is pruned."""
        return self.counted.counts if self.counted is not None else None


def epochs_of(view: View, decision: int) -> tuple[EpochFigures, ...]:
    """Return the epochs of one decision, oldest first."""
    return tuple(epoch for epoch in view.report.epochs if epoch.decision == decision)
