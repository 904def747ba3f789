"""Folds events into a view: the pure function `apply`."""

from dataclasses import replace
from typing import assert_never

from prune_tui.core.report import Figures, LayerFigures, ScanCurve
from prune_tui.core.run.attempt_counts import counts_after, with_attempt
from prune_tui.core.run.events import (
    BatchEvaluated,
    BatchTrained,
    CellScanned,
    CheckpointSaved,
    Counted,
    DataProgress,
    DecisionDropped,
    DecisionFinished,
    DecisionStarted,
    DistributionsTaken,
    EngineReady,
    EpochFinished,
    Event,
    JointScanned,
    KernelsMeasured,
    KernelsTimed,
    LatencyMeasured,
    MaskChecked,
    Measured,
    MeasuringTakesLong,
    NativeChecked,
    PlanMeasured,
    PlanPolished,
    PointSwept,
    PretrainedTaken,
    Pruned,
    ScanStarted,
    SessionRestored,
    Shrunk,
    StepBegun,
    SweepStarted,
    UnitsFound,
    WeightsBinned,
)
from prune_tui.core.run.measured_plans import with_measured
from prune_tui.core.run.narration import narrated
from prune_tui.core.run.pace import paced
from prune_tui.core.run.view import LogLine, Running, View
from prune_tui.core.session.legal import RULES, Fact

MAX_EPOCHS = 4_000
MAX_LOG_LINES = 200


def apply(view: View, event: Event) -> View:
    """Return the view after `event`."""
    after = _applied(view, event)
    pace = paced(view.pace, event)
    if pace is not view.pace:
        after = replace(after, pace=pace)
    line = narrated(event, score=view.score_name)
    if line is None:
        return after
    seconds = 0.0 if isinstance(event, DecisionStarted) else getattr(event, "seconds", 0.0)
    running = after.running or view.running
    at = running.started_at + seconds if running else seconds
    return replace(after, log=(*after.log, LogLine(at, line))[-MAX_LOG_LINES:])


def _applied(view: View, event: Event) -> View:
    match event:
        case DataProgress():
            return replace(view, data_progress=event)
        case EngineReady():
            ready = replace(
                view,
                data_progress=None,
                layers=event.layers,
                other_parameters=event.other_parameters,
                other_macs=event.other_macs,
                has_units=False,
                shape=None,
                notes=event.notes,
                score_name=event.score_name,
                chance=event.chance,
                overhead_bytes=event.overhead_bytes,
            )
            layers = view.report.layers or _dense_layers(ready)
            return _reported(ready, environment=event.environment, layers=layers)
        case UnitsFound():
            return replace(view, layers=event.layers, has_units=True, shape=event.shape, data_progress=None)
        case SessionRestored():
            report = replace(event.report, environment=view.report.environment)
            return replace(
                view, report=report, checkpoints=event.checkpoints, num_decisions=event.num_decisions
            )
        case DecisionStarted():
            running = Running(event.index, event.kind, event.title, event.started_at)
            return replace(_without(view, RULES[event.kind].invalidates), running=running)
        case BatchTrained():
            if _progress_by(view) != "epochs":
                return _progressed(view, event.seconds, None, event)
            epochs_done = (event.round - 1) * event.num_epochs + event.epoch - 1
            done = (epochs_done + event.batch / event.num_batches) / (event.num_rounds * event.num_epochs)
            return _progressed(view, event.seconds, done, event)
        case BatchEvaluated():
            is_whole = _progress_by(view) == "batches"
            return _progressed(view, event.seconds, event.batch / event.num_batches if is_whole else None)
        case EpochFinished():
            return _reported(view, epochs=(*view.report.epochs, event.figures)[-MAX_EPOCHS:])
        case ScanStarted():
            return _reported(view, scan=event.figures)
        case CellScanned():
            return _cell_scanned(view, event)
        case JointScanned():
            scan = view.report.scan
            if scan is None:
                return view
            return _reported(view, scan=replace(scan, joint=(*scan.joint, event.point)))
        case PlanMeasured():
            return replace(view, measured_plans=with_measured(view.measured_plans, event.figures))
        case PlanPolished():
            return replace(view, polished=event.figures)
        case MeasuringTakesLong():
            return replace(view, seconds_to_measure=event.seconds)
        case KernelsTimed():
            return replace(view, kernels_done=event.done)
        case KernelsMeasured():
            return replace(view, kernels=event.table, kernels_done=1.0)
        case SweepStarted():
            return _reported(view, curves=(*view.report.curves, *event.curves))
        case PointSwept():
            return _point_swept(view, event)
        case Pruned() | PretrainedTaken():
            return view
        case Counted():
            counts = counts_after(view.report.attempt_counts, view.running, event)
            return replace(_reported(view, layers=event.layers, attempt_counts=counts), counted=event)
        case MaskChecked():
            return replace(view, mask=event)
        case WeightsBinned(stage="dense"):
            return replace(view, dense_histograms={**view.dense_histograms, event.layer: event})
        case WeightsBinned():
            return replace(view, pruned_histograms={**view.pruned_histograms, event.layer: event})
        case DistributionsTaken():
            others = tuple(known for known in view.report.distributions if known.stage != event.stage)
            return _reported(view, distributions=(*others, *event.distributions))
        case Shrunk():
            counts = counts_after(view.report.attempt_counts, view.running, event)
            return replace(_reported(view, shrunk=None, attempt_counts=counts), shrunk=event)
        case Measured():
            return _measured(view, event)
        case LatencyMeasured():
            return _latency_measured(view, event)
        case StepBegun():
            if view.running is None:
                return view
            return replace(view, running=replace(view.running, step=event.step, seconds=event.seconds))
        case NativeChecked():
            return _reported(view, native=event.figures)
        case CheckpointSaved():
            earlier = tuple(known for known in view.checkpoints if known.path != event.checkpoint.path)
            return replace(view, checkpoints=(*earlier, event.checkpoint))
        case DecisionFinished():
            return replace(view, running=None, num_decisions=event.index + 1)
        case DecisionDropped():
            return replace(view, running=None)
        case _:
            assert_never(event)


def _reported(view: View, **changes: object) -> View:
    """Change fields of the report."""
    return replace(view, report=replace(view.report, **changes))  # type: ignore[arg-type]


def _progress_by(view: View) -> str | None:
    return RULES[view.running.kind].progress_by if view.running is not None else None


def _dense_layers(view: View) -> tuple[LayerFigures, ...]:
    return tuple(
        LayerFigures(name=layer.name, parameters=layer.parameters, nonzero=layer.parameters, sparsity=0.0)
        for layer in view.layers
        if layer.is_prunable
    )


def _without(view: View, facts: frozenset[Fact]) -> View:
    """Drop what the next decision invalidates; figures measured so far stay as an attempt."""
    report = view.report
    if "measured" in facts:
        report = with_attempt(report)
    if "shrunk" in facts:
        view = replace(view, shrunk=None, mask=None)
    if "scan" in facts:
        report = replace(report, scan=None)
    if "pruned" in facts:
        view = replace(view, counted=None, pruned_histograms={})
        report = replace(report, layers=_dense_layers(view))
    if "dense" in facts:
        view = replace(view, measured_plans=(), polished=None)
        report = replace(report, dense=None, distributions=())
    return replace(view, report=report)


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


def _cell_scanned(view: View, event: CellScanned) -> View:
    scan = view.report.scan
    if scan is None:
        return view
    view = replace(view, scanned_layer=event.layer)
    curves = tuple(_with_cell(curve, event) if curve.name == event.layer else curve for curve in scan.layers)
    return _progressed(_reported(view, scan=replace(scan, layers=curves)), event.seconds, event.done)


def _with_cell(curve: ScanCurve, event: CellScanned) -> ScanCurve:
    """Return the curve with the newest figures of one cell."""

    def put(values: tuple[float | None, ...], value: float) -> tuple[float | None, ...]:
        return *values[: event.position], value, *values[event.position + 1 :]

    unknown = (None,) * len(curve.accuracies)
    num_images = curve.num_images or (0,) * len(curve.accuracies)
    return replace(
        curve,
        accuracies=put(curve.accuracies, event.accuracy),
        half_widths=put(curve.half_widths or unknown, event.half_width),
        distortions=put(curve.distortions or unknown, event.distortion),
        num_images=(*num_images[: event.position], event.num_images, *num_images[event.position + 1 :]),
    )


def _point_swept(view: View, event: PointSwept) -> View:
    curves = tuple(
        replace(known, points=(*known.points, event.point))
        if replace(known, points=()) == event.curve
        else known
        for known in view.report.curves
    )
    return _progressed(_reported(view, curves=curves), event.seconds, event.num_done / event.num_points)


def _measured(view: View, event: Measured) -> View:
    figures, reads = event.figures, event.test_reads
    match event.stage:
        case "dense":
            return _reported(view, dense=figures, test_reads=reads)
        case "shrunk":
            return _reported(view, shrunk=figures, test_reads=reads)
        case "pruned":
            return _reported(
                view,
                pruned=figures,
                compression_ratio=figures.compression_ratio,
                theoretical_speedup=figures.theoretical_speedup,
                measured_by=view.running.index if view.running else None,
                native=None,
                test_reads=reads,
            )
        case _:
            assert_never(event.stage)


def _latency_measured(view: View, event: LatencyMeasured) -> View:
    report, batch_size = view.report, str(event.batch_size)

    def timed(figures: Figures | None) -> Figures | None:
        if figures is None:
            return None
        return replace(figures, latency_ms={**figures.latency_ms, batch_size: event.latency})

    match event.stage:
        case "dense":
            return _reported(view, dense=timed(report.dense))
        case "pruned":
            return _reported(view, pruned=timed(report.pruned))
        case "shrunk":
            return _reported(view, shrunk=timed(report.shrunk))
        case "sparse":
            latencies = {**report.sparse_latency_ms, batch_size: event.latency}
            return _reported(view, sparse_latency_ms=latencies)
        case "native":
            native = report.native
            assert native is not None, "it is checked before it is timed"
            latencies = {**native.latency_ms, batch_size: event.latency}
            return _reported(view, native=replace(native, latency_ms=latencies))
        case _:
            assert_never(event.stage)
