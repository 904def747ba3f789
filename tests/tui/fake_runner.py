"""A runner that plays a script instead of an engine, and waits at gates where a test tells it to."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Semaphore

from prune_tui.core.errors import PruneTuiError
from prune_tui.core.network import LayerInfo
from prune_tui.core.planning.calibration import calibration_plans
from prune_tui.core.planning.solving.polish import Polish
from prune_tui.core.planning.target import describe_target
from prune_tui.core.report import (
    Environment,
    EpochFigures,
    Figures,
    JointPoint,
    NativeFigures,
    ScanCurve,
    ScanFigures,
)
from prune_tui.core.run.events import (
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
    Pruned,
    ScanStarted,
    SessionRestored,
    Shrunk,
    StepBegun,
    SweepStarted,
    UnitsFound,
)
from prune_tui.core.run.fold import apply
from prune_tui.core.run.measured_plans import MeasuredPlan, PolishedPlan, in_one_shot, start_of
from prune_tui.core.run.view import View
from prune_tui.core.scanning.predictor import RUIN_SHARE, predict
from prune_tui.core.scanning.statistics import is_settled, paired_half_width
from prune_tui.core.session.decisions import (
    Decision,
    Finetune,
    LoadDense,
    Measure,
    Prune,
    Rewind,
    Scan,
    Shrink,
    Sweep,
    TrainDense,
)
from prune_tui.core.session.draft import Draft
from prune_tui.core.session.session import Checkpoint, Record
from prune_tui.core.shrinking import NetworkShape
from prune_tui.core.terms import Stage, TimedNetwork
from prune_tui.storage import session_path, write_atomically, write_session
from prune_tui.tui.worker.engine_access import reader
from prune_tui.tui.worker.jobs import Opening, Runner
from tests.tui import made_up_network as made_up
from tests.tui.made_up_network import DENSE, LAYERS

NUM_BATCHES = 12
HOLD_SECONDS = 20.0
WIDTH_SHARE = 0.05
"""The intervals are shown narrower than they are, so that from its first batch a scan says what is safe."""

ShouldStop = Callable[[], bool]


def never() -> bool:
    return False


@dataclass
class Script:
    """What the fake does: gates by stage (`open`, `scan`, `joint`, `shrink`, …), errors, pace.

    `num_images` are of the validation split; plans are measured on them only where
    `measures_plans`. `hides_units` leaves which units go together to be found. `native` is what comes of
    running the pruned network as C.
    """

    layers: tuple[LayerInfo, ...] = LAYERS
    num_images: int = 6_000
    shape: NetworkShape | None = None
    hides_units: bool = False
    score_name: str = "accuracy"
    chance: float | None = None
    dense_accuracy: float = DENSE
    is_reused: bool = True
    gates: dict[str, Semaphore] = field(default_factory=dict)
    errors: dict[str, Exception] = field(default_factory=dict)
    seconds_a_step: float = 0.0
    measures_plans: bool = False
    seconds_to_measure: float = 0.0
    measured: list[Prune] = field(default_factory=list)
    polished: list[Polish] = field(default_factory=list)
    performed: list[Decision] = field(default_factory=list)
    native: NativeFigures | None = None

    def hold(self, stage: str, *, after: int = 0) -> Semaphore:
        """Have a stage wait after so many of its steps; each `release()` lets one more pass."""
        self.gates[stage] = Semaphore(after)
        return self.gates[stage]

    def let_go(self, stage: str) -> None:
        """Let a stage that waits run to its end."""
        self.gates[stage].release(100_000)


class FakeRunner:
    """The runner's contract over a script."""

    def __init__(self, opening: Opening, script: Script, *, sessions_dir: Path | None) -> None:
        self.session = opening.session
        self.view = View()
        self.path = session_path(sessions_dir, opening.session.name) if sessions_dir else None
        self.is_saved = True
        self._script = script

    def save(self) -> None:
        self.is_saved = self.path is None
        if "save" in self._script.errors:
            raise self._script.errors.pop("save")
        if self.path is not None:
            for checkpoint in self.view.checkpoints:
                write_atomically(self.path.with_suffix("") / checkpoint.path, b"")
            write_session(self.path, self.session)
        self.is_saved = True

    def keep_draft(self, draft: Draft) -> None:
        self.session = replace(self.session, draft=draft)
        if self.path is not None and self.is_saved and self.path.exists():
            write_session(self.path, self.session)

    def find_units(self) -> Iterator[Event]:
        yield self._folded(UnitsFound(self._script.layers, self._script.shape))

    def measure_plan(self, decision: Prune, *, is_asked: bool) -> Iterator[Event]:
        if self._script.seconds_to_measure and not is_asked:
            yield self._folded(MeasuringTakesLong(self._script.seconds_to_measure))
            return
        self._script.measured.append(decision)
        total, index = self._script.num_images, len(self.session.decisions)
        accuracy = made_up.accuracy_of_plan(self._script.layers, decision)
        for seen in (128, 1_000, total) if self._script.measures_plans else ():
            self._step("measure plan")
            half_width = paired_half_width((DENSE - accuracy) * seen, 0, seen, total)
            figures = MeasuredPlan(
                decision=in_one_shot(decision),
                after=start_of(decision, index),
                accuracy=accuracy,
                half_width=half_width,
                num_images=seen,
                num_total=total,
            )
            yield self._folded(PlanMeasured(figures, 0.1))

    def measure_kernels(self) -> Iterator[Event]:
        self._step("kernels")
        yield self._folded(KernelsTimed(0.5))
        self._step("kernels")
        yield self._folded(KernelsMeasured(made_up.latency_table(self._script.layers), 1.0))

    def polish(self, polish: Polish) -> Iterator[Event]:
        """Find that the first group should keep a little more, and the last a little less."""
        self._script.polished.append(polish)
        self._step("polish")
        plan, start = dict(polish.moving), in_one_shot(polish.decision)
        first, *_, last = plan
        if self._script.measures_plans:
            plan[first], plan[last] = round(plan[first] / 2, 4), round(plan[last] * 0.9 + 0.09, 4)
        found = MeasuredPlan(
            decision=in_one_shot(polish.with_plan(plan)),
            after=None,
            accuracy=0.9,
            half_width=0.0,
            num_images=self._script.num_images,
            num_total=self._script.num_images,
        )
        if self._script.measures_plans:
            yield self._folded(PlanMeasured(found, 1.0))
            yield self._folded(
                PlanPolished(
                    PolishedPlan(
                        target=describe_target(polish.target),
                        start=start,
                        start_accuracy=0.85,
                        found=found,
                        num_plans=17,
                        seconds=1.5,
                    )
                )
            )

    def open(self) -> Iterator[Event]:
        for done in range(0, 101, 10):
            self._step("open")
            yield self._folded(DataProgress("reading digits", done, 100))
        environment = Environment(
            versions={"torch": "2.13"},
            device="cpu",
            device_name="a processor",
            num_threads=2,
            num_images={"train": 54_000, "validation": self._script.num_images, "test": 10_000},
        )
        layers = self._script.layers
        if self._script.hides_units:
            layers = tuple(replace(layer, coupled_to=None, locked_reason=None) for layer in layers)
        score_name = self._script.score_name
        ready = self._folded(
            EngineReady(
                layers,
                made_up.OTHER_PARAMETERS,
                0,
                environment,
                score_name=score_name,
                chance=self._script.chance,
            )
        )
        if self.session.record is not None:
            for event in self._restored(self.session.record):
                yield self._folded(event)
        yield ready

    def perform(self, decision: Decision, *, should_stop: ShouldStop) -> Iterator[Event]:
        self._script.performed.append(decision)
        before, index, num_parts = self.view, len(self.session.decisions), 0
        try:
            yield self._folded(DecisionStarted(index, decision.kind, decision.description, time.time()))
            if decision.prunes_units and self._script.shape is not None:
                yield self._folded(UnitsFound(self._script.layers, self._script.shape))
            for event in self._events(decision, index, should_stop):
                num_parts += isinstance(event, EpochFinished | CellScanned | PointSwept)
                yield self._folded(event)
        except BaseException:
            self.view = apply(before, DecisionDropped(index))
            raise
        stopped_after = num_parts if num_parts and should_stop() else None
        finished = self._folded(DecisionFinished(index, stopped_after, 1.0))
        record = Record(report=self.view.report, checkpoints=self.view.checkpoints)
        decisions = (*self.session.decisions, decision)
        self.session = replace(self.session, decisions=decisions, record=record)
        self.save()
        yield finished

    def _folded(self, event: Event) -> Event:
        self.view = apply(self.view, event)
        return event

    def _step(self, stage: str, should_stop: ShouldStop = never) -> None:
        if stage in self._script.errors:
            raise self._script.errors.pop(stage)
        if self._script.seconds_a_step:
            time.sleep(self._script.seconds_a_step)
        gate = self._script.gates.get(stage)
        deadline = time.monotonic() + HOLD_SECONDS
        while gate is not None and not gate.acquire(timeout=0.005):
            if should_stop() or time.monotonic() > deadline:
                return

    def _events(self, decision: Decision, index: int, should_stop: ShouldStop) -> Iterator[Event]:
        match decision:
            case LoadDense():
                self._step("load")
                yield from self._dense()
            case TrainDense(training=training):
                yield from self._train(index, training.num_epochs, "train", should_stop)
                yield from self._dense()
            case Scan():
                yield from self._scan(decision, should_stop)
            case Sweep():
                yield from self._sweep(decision, index, should_stop)
            case Prune():
                yield from self._prune(decision, index, should_stop)
            case Rewind():
                yield from self._retrain(index, 3, should_stop)
            case Finetune(training=training):
                yield from self._retrain(index, training.num_epochs, should_stop)
            case Shrink():
                self._step("shrink")
                shrunk = self._shrunk()
                yield shrunk
                yield self._saved("shrunk", shrunk.counts.file_bytes)
            case Measure():
                yield from self._measure(decision, should_stop)

    def _dense(self) -> Iterator[Event]:
        yield from self._dense_spread()
        dense = self._dense_figures()
        yield Measured("dense", dense, self.view.report.test_reads + 1, 0.1)
        yield self._saved("dense", dense.file_bytes)

    def _dense_spread(self) -> Iterator[Event]:
        for layer in self.view.prunable or self._script.layers:
            yield made_up.histogram(layer)
        yield DistributionsTaken("dense", made_up.distributions(self._script.layers, "dense"))

    def _dense_figures(self) -> Figures:
        return made_up.figures(made_up.counted(self._script.layers, {}).counts, 0.0)

    def _restored(self, record: Record) -> Iterator[Event]:
        """Tell what the engine finds in the checkpoints, then what the record says."""
        yield from self._dense_spread()
        stages = {checkpoint.stage for checkpoint in record.checkpoints}
        if "pruned" in stages:
            plan = {layer.name: layer.sparsity for layer in record.report.layers}
            counted = made_up.counted(self._script.layers, plan)
            yield counted
            yield MaskChecked(held=True, sparsity=counted.sparsity, seconds=0.0)
            yield DistributionsTaken("pruned", made_up.distributions(self._script.layers, "pruned"))
        if "shrunk" in stages:
            yield self._shrunk()
        yield SessionRestored(record.report, record.checkpoints, len(self.session.decisions))

    def _scan(self, decision: Scan, should_stop: ShouldStop) -> Iterator[Event]:
        layers = made_up.scanned_layers(self._script.layers, decision)
        total, tolerance = self._script.num_images, decision.tolerance_points
        empty = (None,) * len(decision.sparsities)
        is_reused = self._script.is_reused
        yield ScanStarted(
            ScanFigures(
                criterion=decision.criterion,
                granularity=decision.granularity,
                num_images=total,
                dense_accuracy=self._script.dense_accuracy,
                sparsities=decision.sparsities,
                layers=tuple(ScanCurve(name=layer.name, accuracies=empty) for layer in layers),
                tolerance_points=tolerance,
                is_reused=is_reused,
                batch_size=512,
                recorded_bytes=12_300_000 if is_reused else 0,
                note=None if is_reused else "each evaluation starts at the input: other paths",
            )
        )
        cells = [(layer, position) for layer in layers for position in range(len(decision.sparsities))]
        number = 0
        for seen in sorted({min(total, 128), min(total, 1024), total}):
            left = []
            for at, (layer, position) in enumerate(cells):
                self._step("scan", should_stop)
                number += 1
                accuracy = made_up.accuracy_of(layer, decision.sparsities[position])
                lost = round((DENSE - accuracy) * seen)
                half_width = paired_half_width(lost, 0, seen, total)
                if tolerance is None or not is_settled(accuracy - DENSE, half_width, tolerance):
                    left.append((layer, position))
                yield CellScanned(
                    layer=layer.name,
                    position=position,
                    accuracy=accuracy,
                    half_width=half_width * WIDTH_SHARE,
                    distortion=made_up.distortion_of(accuracy),
                    num_images=seen,
                    done=(seen + (at + 1) / len(cells)) / (total + 1),
                    seconds=number * 0.1,
                )
                if should_stop():
                    return
            cells = left
        yield from self._whole_plans(should_stop)

    def _whole_plans(self, should_stop: ShouldStop) -> Iterator[Event]:
        scan = self.view.report.scan
        assert scan is not None
        for at, plan in enumerate(calibration_plans(self.view.layers, scan)):
            self._step("joint", should_stop)
            accuracy = (predict(scan, plan) or DENSE) + (0.004 if at % 2 else -0.004)
            yield JointScanned(JointPoint(plan=plan, accuracy=accuracy), at * 0.1)
            if accuracy < RUIN_SHARE * DENSE or should_stop():
                return

    def _sweep(self, decision: Sweep, index: int, should_stop: ShouldStop) -> Iterator[Event]:
        curves = made_up.swept_curves(decision, index)
        points = [(curve, sparsity) for curve in curves for sparsity in decision.sparsities]
        num_epochs = decision.finetune.num_epochs if decision.finetune else 0
        yield SweepStarted(tuple(curves), len(points))
        for number, (curve, sparsity) in enumerate(points, 1):
            for epoch in range(1, num_epochs + 1):
                yield BatchTrained(1, 1, epoch, num_epochs, 1, 1, 0.1)
            self._step("sweep", should_stop)
            point = made_up.swept_point(curve, sparsity, decision)
            yield PointSwept(curve, point, number, len(points), number * 0.4)
            if should_stop():
                return

    def _prune(self, decision: Prune, index: int, should_stop: ShouldStop) -> Iterator[Event]:
        layers, num_rounds = self._script.layers, decision.schedule.num_rounds
        num_epochs = decision.finetune.num_epochs if decision.finetune else 0
        plan = made_up.planned(layers, decision)
        for round in range(1, num_rounds + 1):
            self._step("prune", should_stop)
            target = {name: sparsity * round / num_rounds for name, sparsity in plan.items()}
            counted = made_up.counted(layers, target)
            yield Pruned(round, num_rounds, counted.sparsity, 0.1)
            yield counted
            yield MaskChecked(held=True, sparsity=counted.sparsity, seconds=0.2)
            for layer in self.view.prunable:
                yield made_up.histogram(layer, sparsity=target[layer.name])
            after = predict(self.view.report.scan, target) or 0.3
            yield _epoch(index, round, 0, after, num_epochs)
            rounds = (round, num_rounds)
            yield from self._train(index, num_epochs, "prune", should_stop, rounds=rounds, first=after)
            if should_stop():
                break
        yield DistributionsTaken("pruned", made_up.distributions(layers, "pruned"))
        yield self._saved("pruned", counted.counts.file_bytes)

    def _retrain(self, index: int, num_epochs: int, should_stop: ShouldStop) -> Iterator[Event]:
        yield from self._train(index, num_epochs, "prune", should_stop)
        counted = self.view.counted
        assert counted is not None
        yield counted
        yield MaskChecked(held=True, sparsity=counted.sparsity, seconds=0.2)
        yield DistributionsTaken("pruned", made_up.distributions(self._script.layers, "pruned"))
        yield self._saved("pruned", counted.counts.file_bytes)

    def _train(
        self,
        index: int,
        num_epochs: int,
        stage: str,
        should_stop: ShouldStop,
        *,
        rounds: tuple[int, int] = (1, 1),
        first: float = 0.9,
    ) -> Iterator[Event]:
        last = DENSE if stage == "train" else DENSE - 0.004
        for epoch in range(1, num_epochs + 1):
            for batch in range(1, NUM_BATCHES + 1):
                self._step(stage, should_stop)
                seconds = ((epoch - 1) * NUM_BATCHES + batch) * 0.1
                yield BatchTrained(*rounds, epoch, num_epochs, batch, NUM_BATCHES, seconds)
                if should_stop():
                    break
            accuracy = last - (last - min(first, last - 0.02)) * math.exp(-1.2 * epoch)
            yield _epoch(index, rounds[0], epoch, accuracy, num_epochs)
            if should_stop():
                return

    def _shrunk(self) -> Shrunk:
        counted = self.view.counted
        assert counted is not None
        units = tuple(
            (layer.name, layer.units, max(1, round(layer.units * (1 - figures.sparsity))))
            for layer, figures in zip(self._script.layers, counted.layers, strict=True)
        )
        return Shrunk(units, made_up.shrunk_counts(counted.counts), 1.2e-6, 64, 0.3)

    def _measure(self, decision: Measure, should_stop: ShouldStop) -> Iterator[Event]:
        self._step("measure", should_stop)
        counted, shrunk, reads = self.view.counted, self.view.shrunk, self.view.report.test_reads + 1
        assert counted is not None
        yield Measured("pruned", made_up.figures(counted.counts, counted.sparsity), reads, 0.5)
        speed: dict[TimedNetwork, float] = {"dense": 1.0, "pruned": 1.0}
        if shrunk is not None:
            yield Measured("shrunk", made_up.figures(shrunk.counts, counted.sparsity), reads, 0.5)
            speed["shrunk"] = 0.55
        if decision.sparse:
            speed["sparse"] = 0.8
        if self._script.native is not None:
            gate = self._script.gates.get("build")
            while gate is not None and not gate.acquire(timeout=0.05):
                yield StepBegun("building the pruned network as C", 0.5)
            yield NativeChecked(self._script.native, 0.6)
            if self._script.native.refusal is None:
                speed["native"] = 0.1
        for stage, share in speed.items():
            for size, p50 in ((1, 0.21), (64, 3.84)):
                self._step("measure", should_stop)
                yield LatencyMeasured(stage, size, made_up.latency(p50 * share), 0.6)

    def _saved(self, stage: Stage, file_bytes: int) -> CheckpointSaved:
        """Tell of a checkpoint under a name that no earlier one has."""
        number = sum(known.stage == stage for known in self.view.checkpoints) + 1
        name = f"{stage}.safetensors" if number == 1 else f"{stage}-{number}.safetensors"
        checkpoint = Checkpoint(path=name, sha256="0" * 64, file_bytes=file_bytes, stage=stage)
        return CheckpointSaved(checkpoint)


def maker(script: Script, sessions_dir: Path | None) -> Callable[[Opening], Runner]:
    """Return what the app builds its runner with."""

    def make(opening: Opening) -> Runner:
        if "make" in script.errors:
            raise script.errors.pop("make")
        if opening.is_read_only and opening.resumed_from is not None:
            return reader(opening.session, opening.resumed_from)
        return FakeRunner(opening, script, sessions_dir=sessions_dir)

    return make


def user_error(text: str) -> PruneTuiError:
    """An error that the user can mend."""
    return PruneTuiError(text)


def _epoch(index: int, round: int, epoch: int, accuracy: float, num_epochs: int) -> EpochFinished:
    figures = EpochFigures(
        decision=index,
        round=round,
        epoch=epoch,
        train_loss=0.1 / (epoch + 1) if epoch else None,
        accuracy=accuracy,
        loss=0.05,
        learning_rate=0.001,
    )
    return EpochFinished(figures, num_epochs, is_best=epoch > 0, seconds=epoch * 1.2)
