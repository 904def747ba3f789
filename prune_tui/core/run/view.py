"""What a screen needs to draw: events folded, one at a time, by the pure function `apply`."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

from prune_tui.core.run.events import (
    BatchEvaluated,
    BatchTrained,
    CellScanned,
    CheckpointSaved,
    DataProgress,
    DecisionDropped,
    DecisionFinished,
    DecisionStarted,
    DistributionsTaken,
    EngineReady,
    EpochFinished,
    Event,
    JointScanned,
    LatencyMeasured,
    LayerInfo,
    MaskChecked,
    Measured,
    PointSwept,
    Pruned,
    ScanStarted,
    Shrunk,
    SweepStarted,
    WeightsBinned,
)
from prune_tui.core.run.report import (
    Curve,
    Distribution,
    Environment,
    EpochFigures,
    Figures,
    Latency,
    LayerFigures,
    Report,
    ScanCurve,
    ScanFigures,
)
from prune_tui.core.session.session import Checkpoint

MAX_EPOCHS = 4_000
MAX_LOG_LINES = 200


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of the log: Unix time in seconds, and what happened."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Running:
    """The decision under way, and how far it is."""

    index: int
    kind: str
    title: str
    started_at: float
    seconds: float = 0.0
    done: float = 0.0
    batch: BatchTrained | None = None

    @property
    def seconds_left(self) -> float | None:
        """The time left at the pace so far; None until there is a pace."""
        return self.seconds * (1 - self.done) / self.done if self.done > 0.01 else None


@dataclass(frozen=True, slots=True)
class View:
    """All that is known of a session so far; bounded in size however long the run."""

    data_progress: DataProgress | None = None
    layers: tuple[LayerInfo, ...] = ()
    other_parameters: int = 0
    other_macs: int = 0
    environment: Environment | None = None
    running: Running | None = None
    num_decisions: int = 0
    epochs: tuple[EpochFigures, ...] = ()
    scan: ScanFigures | None = None
    curves: tuple[Curve, ...] = ()
    pruned_counts: Pruned | None = None
    mask: MaskChecked | None = None
    dense_histograms: Mapping[str, WeightsBinned] = field(default_factory=dict)
    pruned_histograms: Mapping[str, WeightsBinned] = field(default_factory=dict)
    dense: Figures | None = None
    pruned: Figures | None = None
    shrunk: Figures | None = None
    shrunk_counts: Shrunk | None = None
    sparse_latency_ms: Mapping[str, Latency] = field(default_factory=dict)
    distributions: tuple[Distribution, ...] = ()
    test_reads: int = 0
    checkpoints: tuple[Checkpoint, ...] = ()
    log: tuple[LogLine, ...] = ()

    @property
    def is_ready(self) -> bool:
        """Whether model and data are loaded."""
        return bool(self.layers)

    @property
    def layer_figures(self) -> tuple[LayerFigures, ...]:
        """The prunable layers as they are now: pruned if they have been, else dense."""
        if self.pruned_counts is not None:
            return self.pruned_counts.layers
        return tuple(
            LayerFigures(name=layer.name, parameters=layer.parameters, nonzero=layer.parameters, sparsity=0.0)
            for layer in self.layers
        )


def epochs_of(view: View, decision: int) -> tuple[EpochFigures, ...]:
    """Return the epochs of one decision, oldest first."""
    return tuple(epoch for epoch in view.epochs if epoch.decision == decision)


def report_of(view: View) -> Report:
    """Return the report that the facts so far amount to."""
    dense, pruned = view.dense, view.pruned
    return Report(
        dense=dense,
        pruned=pruned,
        shrunk=view.shrunk,
        compression_ratio=pruned.parameters / max(1, pruned.nonzero) if pruned else None,
        theoretical_speedup=pruned.macs / max(1, pruned.nonzero_macs) if pruned else None,
        layers=view.layer_figures,
        scan=view.scan,
        curves=view.curves,
        epochs=view.epochs,
        distributions=view.distributions,
        sparse_latency_ms=view.sparse_latency_ms,
        test_reads=view.test_reads,
        environment=view.environment,
    )


def apply(view: View, event: Event) -> View:
    """Return the view after `event`."""
    match event:
        case DataProgress():
            return replace(view, data_progress=event)
        case EngineReady():
            return replace(
                view,
                data_progress=None,
                layers=event.layers,
                other_parameters=event.other_parameters,
                other_macs=event.other_macs,
                environment=event.environment,
            )
        case DecisionStarted():
            running = Running(event.index, event.kind, event.title, event.started_at)
            return _logged(replace(_cleared_for(view, event.kind), running=running), event.title, 0.0)
        case BatchTrained() if view.running is not None and view.running.kind == "sweep":
            return _progressed(view, event.seconds, None, event)
        case BatchTrained():
            epochs_done = (event.round - 1) * event.num_epochs + event.epoch - 1
            done = (epochs_done + event.batch / event.num_batches) / (event.num_rounds * event.num_epochs)
            return _progressed(view, event.seconds, done, event)
        case BatchEvaluated():
            kind = view.running.kind if view.running else ""
            whole = kind in ("measure", "load_dense")
            return _progressed(view, event.seconds, event.batch / event.num_batches if whole else None)
        case EpochFinished():
            return _epoch_finished(view, event)
        case ScanStarted():
            return replace(view, scan=event.figures)
        case CellScanned():
            return _cell_scanned(view, event)
        case JointScanned():
            return _joint_scanned(view, event)
        case SweepStarted():
            return replace(view, curves=(*view.curves, *event.curves))
        case PointSwept():
            return _point_swept(view, event)
        case Pruned():
            changed = replace(_without_shrunk(view), pruned_counts=event, pruned=None)
            if view.running is None or view.running.kind != "prune":
                return changed  # counted anew: nothing more was pruned
            text = f"round {event.round}/{event.num_rounds}: pruned to {event.sparsity:.1%} sparsity"
            return _logged(changed, text, event.seconds)
        case MaskChecked():
            return replace(view, mask=event)
        case WeightsBinned(stage="dense"):
            return replace(view, dense_histograms={**view.dense_histograms, event.layer: event})
        case WeightsBinned():
            return replace(view, pruned_histograms={**view.pruned_histograms, event.layer: event})
        case DistributionsTaken():
            others = tuple(known for known in view.distributions if known.stage != event.stage)
            return replace(view, distributions=(*others, *event.distributions))
        case Shrunk():
            text = f"shrunk: {event.parameters:,} parameters, {event.macs:,} MACs are left"
            return _logged(replace(view, shrunk_counts=event, shrunk=None), text, event.seconds)
        case Measured():
            return _measured(view, event)
        case LatencyMeasured():
            return _latency_measured(view, event)
        case CheckpointSaved():
            saved = Checkpoint(
                path=event.path,
                sha256=event.sha256,
                file_bytes=event.file_bytes,
                stage=event.stage,
                accuracy=event.accuracy,
            )
            kept = tuple(known for known in view.checkpoints if known.path != event.path)
            return replace(view, checkpoints=(*kept, saved))
        case DecisionFinished():
            text = "stopped early, the best so far is kept" if event.stopped_after is not None else "done"
            after = _logged(view, f"{text} ({event.seconds:.1f} s)", event.seconds)
            return replace(after, running=None, num_decisions=event.index + 1)
        case DecisionDropped():
            return replace(view, running=None)
        case _:
            assert_never(event)


def _cleared_for(view: View, kind: str) -> View:
    """Forget what the decision about to run makes untrue: a new baseline makes everything so."""
    if kind in ("train_dense", "load_dense"):
        return replace(
            _without_shrunk(view),
            scan=None,
            pruned_counts=None,
            mask=None,
            dense=None,
            pruned=None,
            pruned_histograms={},
            distributions=(),
        )
    return replace(view, mask=None) if kind == "prune" else view


def _without_shrunk(view: View) -> View:
    """Forget the shrunk network and the sparse one's latency: the network they were made of has changed."""
    return replace(view, shrunk=None, shrunk_counts=None, sparse_latency_ms={})


def _progressed(view: View, seconds: float, done: float | None, batch: BatchTrained | None = None) -> View:
    running = view.running
    if running is None:
        return view
    return replace(
        view,
        running=replace(
            running,
            seconds=seconds,
            done=running.done if done is None else min(1.0, done),
            batch=batch or running.batch,
        ),
    )


def _epoch_finished(view: View, event: EpochFinished) -> View:
    figures = event.figures
    name = f"epoch {figures.epoch}" if figures.epoch else "right after pruning"
    loss = "" if figures.train_loss is None else f", train loss {figures.train_loss:.3f}"
    best = ", best so far" if event.is_best and figures.epoch else ""
    text = f"{name}: validation accuracy {figures.accuracy:.2%}{loss}{best}"
    return _logged(replace(view, epochs=(*view.epochs, figures)[-MAX_EPOCHS:]), text, event.seconds)


def _cell_scanned(view: View, event: CellScanned) -> View:
    scan = view.scan
    if scan is None:
        return view
    curves = tuple(_with_cell(curve, event) if curve.name == event.layer else curve for curve in scan.layers)
    return _progressed(
        replace(view, scan=scan.model_copy(update={"layers": curves})), event.seconds, event.done
    )


def _with_cell(curve: ScanCurve, event: CellScanned) -> ScanCurve:
    """Put a cell's newest figures into its layer's curve."""

    def put(values: tuple[float | None, ...], value: float) -> tuple[float | None, ...]:
        return *values[: event.position], value, *values[event.position + 1 :]

    unknown = (None,) * len(curve.accuracies)
    none_yet = (0,) * len(curve.accuracies)
    return curve.model_copy(
        update={
            "accuracies": put(curve.accuracies, event.accuracy),
            "half_widths": put(curve.half_widths or unknown, event.half_width),
            "distortions": put(curve.distortions or unknown, event.distortion),
            "num_images": put(curve.num_images or none_yet, event.num_images),
        }
    )


def _joint_scanned(view: View, event: JointScanned) -> View:
    scan = view.scan
    if scan is None:
        return view
    return replace(view, scan=scan.model_copy(update={"joint": (*scan.joint, event.point)}))


def _point_swept(view: View, event: PointSwept) -> View:
    curve, point = event.curve, event.point
    curves = tuple(
        known.model_copy(update={"points": (*known.points, point)})
        if known.model_copy(update={"points": ()}) == curve
        else known
        for known in view.curves
    )
    text = (
        f"{curve.criterion} {curve.granularity} {curve.mode.replace('_', ' ')} at {point.sparsity:.0%}: "
        f"validation accuracy {point.accuracy:.2%}"
    )
    changed = _logged(replace(view, curves=curves), text, event.seconds)
    return _progressed(changed, event.seconds, event.num_done / event.num_points)


def _measured(view: View, event: Measured) -> View:
    accuracy = f"{event.which}: test accuracy {event.figures.accuracy:.2%}"
    changed = replace(view, test_reads=event.test_reads)
    match event.which:
        case "dense":
            changed = replace(changed, dense=event.figures)
        case "shrunk":
            changed = replace(changed, shrunk=event.figures)
        case _:
            changed = replace(changed, pruned=event.figures)
    return _logged(changed, accuracy, event.seconds)


def _latency_measured(view: View, event: LatencyMeasured) -> View:
    def timed(figures: Figures | None) -> Figures | None:
        if figures is None:
            return None
        latency = {**figures.latency_ms, str(event.batch_size): event.latency}
        return figures.model_copy(update={"latency_ms": latency})

    match event.which:
        case "dense":
            return replace(view, dense=timed(view.dense))
        case "shrunk":
            return replace(view, shrunk=timed(view.shrunk))
        case "sparse":
            sparse = {**view.sparse_latency_ms, str(event.batch_size): event.latency}
            return replace(view, sparse_latency_ms=sparse)
        case _:
            return replace(view, pruned=timed(view.pruned))


def _logged(view: View, text: str, seconds: float) -> View:
    at = view.running.started_at + seconds if view.running else seconds
    return replace(view, log=(*view.log, LogLine(at, text))[-MAX_LOG_LINES:])
