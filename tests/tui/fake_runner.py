"""A runner that plays a script instead of an engine, and waits at gates where a test tells it to."""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Semaphore
from typing import Literal

from prune_tui.core.errors import PruneTuiError
from prune_tui.core.network import LayerInfo
from prune_tui.core.planning.calibration import RUIN_SHARE, calibration_plans
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
    ScanCurve,
    ScanFigures,
)
from prune_tui.core.run.events import (
    NUM_BINS,
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
    MaskChecked,
    Measured,
    PointSwept,
    Pruned,
    ScanStarted,
    Shrunk,
    SweepStarted,
    WeightsBinned,
)
from prune_tui.core.run.fold import apply
from prune_tui.core.run.view import View
from prune_tui.core.scanning.predictor import predict
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
from prune_tui.core.session.session import Record
from prune_tui.storage import session_path, write_session
from prune_tui.tui.worker.jobs import Opening

LAYERS = (
    LayerInfo("conv1", "conv 5×5, 1→20", 500, 20, 288_000, inputs=25),
    LayerInfo("conv2", "conv 5×5, 20→50", 25_000, 50, 1_600_000, inputs=500),
    LayerInfo("[/x]", "linear 800→500", 400_000, 500, 400_000, inputs=800),
    LayerInfo("fc[", "linear 500→10", 5_000, 10, 5_000, "its outputs are the classes", inputs=500),
)
RESIDUAL = (
    LayerInfo("stem", "conv 3×3, 3→16", 432, 16, 440_000, inputs=27),
    LayerInfo("block1.conv1", "conv 3×3, 16→16", 2_304, 16, 2_400_000, inputs=144),
    LayerInfo("block1.conv2", "conv 3×3, 16→16", 2_304, 16, 2_400_000, inputs=144, coupled_to="stem"),
    LayerInfo("block2.conv1", "conv 3×3, 16→16", 2_304, 16, 2_400_000, inputs=144),
    LayerInfo("block2.conv2", "conv 3×3, 16→16", 2_304, 16, 2_400_000, inputs=144, coupled_to="stem"),
    LayerInfo("fc", "linear 16→10", 160, 10, 160, "its outputs are the classes", inputs=16),
)
"""A network whose stem and the ends of whose blocks lose their units together."""
DENSE = 0.985
HOLD_SECONDS = 20.0
Spread = Literal["weights", "unit_norms", "top_share"]


@dataclass
class Script:
    """What the fake does: gates by stage (`open`, `scan`, `joint`, `shrink`, …), errors, pace.

    `num_images` are of the validation split.
    """

    layers: tuple[LayerInfo, ...] = LAYERS
    num_images: int = 6_000
    is_reused: bool = True
    gates: dict[str, Semaphore] = field(default_factory=dict)
    errors: dict[str, Exception] = field(default_factory=dict)
    seconds_a_step: float = 0.0
    performed: list[Decision] = field(default_factory=list)

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
            write_session(self.path, self.session)
        self.is_saved = True

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
        if self.session.record is not None:
            self._restore()
        yield self._folded(EngineReady(self._script.layers, 580, 0, environment))

    def _restore(self) -> None:
        for index, decision in enumerate(self.session.decisions):
            for event in self._events(decision, index, lambda: False):
                self._folded(event)

    def perform(self, decision: Decision, *, should_stop: Callable[[], bool]) -> Iterator[Event]:
        self._script.performed.append(decision)
        before, index = self.view, len(self.session.decisions)
        try:
            yield self._folded(DecisionStarted(index, decision.kind, decision.description, time.time()))
            stopped_after = None
            for event in self._events(decision, index, should_stop):
                yield self._folded(event)
                if should_stop() and isinstance(event, EpochFinished | CellScanned | PointSwept):
                    stopped_after = 1
                    break
        except BaseException:
            self.view = apply(before, DecisionDropped(index))
            raise
        finished = self._folded(DecisionFinished(index, stopped_after, 1.0))
        record = Record(report=self.view.report, checkpoints=self.view.checkpoints)
        decisions = (*self.session.decisions, decision)
        self.session = replace(self.session, decisions=decisions, record=record)
        self.save()
        yield finished

    def _folded(self, event: Event) -> Event:
        self.view = apply(self.view, event)
        return event

    def _step(self, stage: str, should_stop: Callable[[], bool] = lambda: False) -> None:
        if stage in self._script.errors:
            raise self._script.errors.pop(stage)
        if self._script.seconds_a_step:
            time.sleep(self._script.seconds_a_step)
        gate = self._script.gates.get(stage)
        deadline = time.monotonic() + HOLD_SECONDS
        while gate is not None and not gate.acquire(timeout=0.005):
            if should_stop() or time.monotonic() > deadline:
                return

    def _events(self, decision: Decision, index: int, should_stop: Callable[[], bool]) -> Iterator[Event]:
        match decision:
            case LoadDense():
                self._step("load")
                yield from self._dense_histograms()
                yield DistributionsTaken("dense", self._distributions("dense"))
                yield Measured("dense", self._figures({}), self.view.report.test_reads + 1, 0.1)
                yield CheckpointSaved("dense.safetensors", "0" * 64, 1_724_320)
            case TrainDense(training=training):
                yield from self._train(index, training.num_epochs, 1, 1, "train", 0.9, DENSE, should_stop)
                yield from self._dense_histograms()
                yield DistributionsTaken("dense", self._distributions("dense"))
                yield Measured("dense", self._figures({}), self.view.report.test_reads + 1, 1.0)
                yield CheckpointSaved("dense.safetensors", "0" * 64, 1_724_320)
            case Scan():
                yield from self._scan(decision, should_stop)
            case Sweep():
                yield from self._sweep(decision, index, should_stop)
            case Prune():
                yield from self._prune(decision, index, should_stop)
            case Rewind():
                yield from self._train(index, 3, 1, 1, "prune", 0.9, DENSE, should_stop)
            case Shrink():
                yield self._shrunk()
            case Finetune(training=training):
                yield from self._train(index, training.num_epochs, 1, 1, "prune", 0.9, DENSE, should_stop)
                assert self.view.counted is not None
                yield self.view.counted
                yield CheckpointSaved("pruned.safetensors", "2" * 64, self.view.counted.file_bytes)
            case Measure():
                yield from self._measure(decision, should_stop)

    def _measure(self, decision: Measure, should_stop: Callable[[], bool]) -> Iterator[Event]:
        self._step("measure", should_stop)
        counts, small = self.view.counted, self.view.shrunk
        plan = {layer.name: layer.sparsity for layer in counts.layers} if counts else {}
        pruned = self._figures(plan)
        yield Measured("pruned", pruned, self.view.report.test_reads + 1, 0.5)
        speed = {"dense": 1.0, "pruned": 1.0}
        if small is not None:
            sizes = {"parameters": small.parameters, "nonzero": small.nonzero, "macs": small.macs}
            sizes |= {"nonzero_macs": small.nonzero_macs, "file_bytes": small.file_bytes}
            yield Measured("shrunk", replace(pruned, **sizes), self.view.report.test_reads + 1, 0.5)
            speed["shrunk"] = 0.55
        if decision.sparse:
            speed["sparse"] = 0.8
        for which, share in speed.items():
            for size, p50 in ((1, 0.21), (64, 3.84)):
                self._step("measure", should_stop)
                yield LatencyMeasured(which, size, Latency(p50=p50 * share, p95=p50 * share * 1.2), 0.6)

    def _shrunk(self) -> Shrunk:
        self._step("shrink")
        counts = self.view.counted
        assert counts is not None
        units = tuple(
            (layer.name, layer.units, max(1, round(layer.units * (1 - figures.sparsity))))
            for layer, figures in zip(self._script.layers, counts.layers, strict=True)
        )
        few, macs = counts.nonzero - 40, counts.nonzero_macs // 2
        return Shrunk(units, few, few, macs, macs, 4 * few, 1.2e-6, 64, 0.3)

    def _sweep(self, decision: Sweep, index: int, should_stop: Callable[[], bool]) -> Iterator[Event]:
        curves = [
            Curve(
                decision=index,
                criterion=method.criterion,
                granularity=method.granularity,
                scope=method.scope,
                mode=mode,
            )
            for method in decision.methods
            for mode in ("masked", *decision.modes, *(("from_scratch",) if decision.from_scratch else ()))
            if method.granularity == ("weight" if mode == "sparse" else "unit") or mode == "masked"
        ]
        total = len(curves) * len(decision.sparsities)
        yield SweepStarted(tuple(curves), total)
        for number, curve_so_far in enumerate(curves):
            for position, sparsity in enumerate(decision.sparsities):
                for epoch in range(1, (decision.finetune.num_epochs if decision.finetune else 0) + 1):
                    yield BatchTrained(1, 1, epoch, decision.finetune.num_epochs, 1, 1, 0.1)  # type: ignore[union-attr]
                self._step("sweep", should_stop)
                done = number * len(decision.sparsities) + position + 1
                point = swept_point(curve_so_far, sparsity, decision)
                yield PointSwept(curve_so_far, point, done, total, done * 0.4)

    def _distributions(self, stage: Literal["dense", "pruned"]) -> tuple[Distribution, ...]:
        spreads: tuple[tuple[Spread, float], ...] = (
            ("weights", 0.3),
            ("unit_norms", 2.5),
            ("top_share", 0.4),
        )
        return tuple(
            Distribution(
                layer=layer.name,
                stage=stage,
                measure=measure,
                largest=largest,
                counts=_spread(layer.parameters if measure == "weights" else layer.units, measure, stage),
            )
            for layer in self._script.layers
            for measure, largest in spreads
        )

    def _dense_histograms(self) -> Iterator[Event]:
        for layer in self._script.layers:
            yield WeightsBinned(layer.name, "dense", 0.3, _half_normal(layer.parameters))

    def _scan(self, decision: Scan, should_stop: Callable[[], bool]) -> Iterator[Event]:
        layers = [
            layer
            for layer in self._script.layers
            if decision.granularity == "weight"
            or (decision.granularity == "unit" and layer.locked_reason is None and not layer.coupled_to)
            or (decision.granularity == "n_m" and layer.inputs % 4 == 0)
        ]
        total, tolerance = self._script.num_images, decision.tolerance_points
        empty = (None,) * len(decision.sparsities)
        yield ScanStarted(
            ScanFigures(
                criterion=decision.criterion,
                granularity=decision.granularity,
                num_images=total,
                dense_accuracy=DENSE,
                sparsities=decision.sparsities,
                layers=tuple(ScanCurve(name=layer.name, accuracies=empty) for layer in layers),
                tolerance_points=tolerance,
                is_reused=self._script.is_reused,
                batch_size=512,
                recorded_bytes=12_300_000 if self._script.is_reused else 0,
                note=None if self._script.is_reused else "each evaluation starts at the input: other paths",
            )
        )
        cells = [(layer, position) for layer in layers for position in range(len(decision.sparsities))]
        number = 0
        for seen in sorted({min(total, 128), min(total, 1024), total}):
            left = []
            for at, (layer, position) in enumerate(cells):
                self._step("scan", should_stop)
                number += 1
                accuracy = curve(layer, decision.sparsities[position])
                lost = round((DENSE - accuracy) * seen)
                half_width = paired_half_width(lost, 0, seen, total)
                if tolerance is None or not is_settled(accuracy - DENSE, half_width, tolerance):
                    left.append((layer, position))
                done = (seen + (at + 1) / len(cells)) / (total + 1)
                yield CellScanned(
                    layer.name,
                    position,
                    accuracy,
                    half_width,
                    _distortion(accuracy),
                    seen,
                    done,
                    number * 0.1,
                )
            cells = left
        scanned = self.view.report.scan
        assert scanned is not None
        for at, plan in enumerate(calibration_plans(self.view.layers, scanned)):
            self._step("joint", should_stop)
            accuracy = (predict(scanned, plan) or DENSE) + (0.004 if at % 2 else -0.004)
            yield JointScanned(JointPoint(plan=plan, accuracy=accuracy), number * 0.1)
            if accuracy < RUIN_SHARE * DENSE:
                break

    def _prune(self, decision: Prune, index: int, should_stop: Callable[[], bool]) -> Iterator[Event]:
        plan = decision.plan
        rounds = decision.schedule.num_rounds
        num_epochs = decision.finetune.num_epochs if decision.finetune else 0
        for number in range(1, rounds + 1):
            self._step("prune", should_stop)
            share = number / rounds
            target = {
                layer.name: (plan if isinstance(plan, float) else _planned(plan, layer)) * share
                for layer in self._script.layers
            }
            figures = self._figures(target)
            yield Pruned(
                number,
                rounds,
                tuple(
                    LayerFigures(
                        name=layer.name,
                        parameters=layer.parameters,
                        nonzero=layer.parameters - round(layer.parameters * target[layer.name]),
                        sparsity=target[layer.name],
                    )
                    for layer in self._script.layers
                ),
                figures.parameters,
                figures.nonzero,
                figures.sparsity,
                figures.macs,
                figures.nonzero_macs,
                figures.file_bytes,
                0.1,
            )
            for layer in self._script.layers:
                counts = list(_half_normal(layer.parameters))
                dead = int(len(counts) * target[layer.name] * 0.5)
                yield WeightsBinned(layer.name, "pruned", 0.3, (*((0,) * dead), *counts[dead:]))
            yield DistributionsTaken("pruned", self._distributions("pruned"))
            after = predict(self.view.report.scan, target) or 0.3
            yield _epoch(index, number, 0, after, num_epochs)
            yield MaskChecked(held=True, sparsity=figures.sparsity, seconds=0.2)
            yield from self._train(
                index, num_epochs, number, rounds, "prune", after, DENSE - 0.004, should_stop
            )
            if should_stop():
                break
        yield CheckpointSaved("pruned.safetensors", "1" * 64, self._figures(target).file_bytes)

    def _train(
        self,
        index: int,
        num_epochs: int,
        round: int,
        num_rounds: int,
        stage: str,
        first: float,
        last: float,
        should_stop: Callable[[], bool],
    ) -> Iterator[Event]:
        batches = 12
        for epoch in range(1, num_epochs + 1):
            for batch in range(1, batches + 1):
                self._step(stage, should_stop)
                seconds = ((epoch - 1) * batches + batch) * 0.1
                yield BatchTrained(round, num_rounds, epoch, num_epochs, batch, batches, seconds)
                if should_stop():
                    break
            accuracy = last - (last - min(first, last - 0.02)) * math.exp(-1.2 * epoch)
            yield _epoch(index, round, epoch, accuracy, num_epochs)
            if should_stop():
                return

    def _figures(self, plan: dict[str, float]) -> Figures:
        layers = self._script.layers
        nonzero = {
            layer.name: layer.parameters - round(layer.parameters * plan.get(layer.name, 0.0))
            for layer in layers
        }
        prunable = sum(layer.parameters for layer in layers)
        return Figures(
            accuracy=0.9912 if not plan else 0.9894,
            loss=0.031 if not plan else 0.036,
            parameters=prunable + 580,
            nonzero=sum(nonzero.values()) + 580,
            sparsity=1 - sum(nonzero.values()) / prunable,
            macs=sum(layer.macs for layer in layers),
            nonzero_macs=sum(layer.macs * nonzero[layer.name] // layer.parameters for layer in layers),
            file_bytes=4 * (sum(nonzero.values()) + 580) + (prunable // 8 if plan else 0),
            weights_sha256="0" * 64,
        )


def curve(layer: LayerInfo, sparsity: float) -> float:
    """A layer's made-up accuracy: flat, then a cliff that comes later for larger layers."""
    edge = max(0.6, 0.45 + 0.09 * math.log10(layer.parameters / 100))
    return max(0.1, DENSE - 0.9 / (1 + math.exp(-(sparsity - edge - 0.12) * 28)) - 0.004 * sparsity)


def swept_point(curve: Curve, sparsity: float, decision: Sweep) -> CurvePoint:
    """A made-up point of a sweep: units fall before weights, chance before all, fine-tuning mends."""
    edge = 0.97 if curve.granularity == "weight" else 0.8
    edge -= 0.35 if curve.criterion in ("random", "largest") else 0.0
    edge += 0.08 if decision.finetune or curve.mode == "from_scratch" else 0.0
    accuracy = max(0.1, DENSE - 0.88 / (1 + math.exp(-(sparsity - edge) * 24)))
    ratio = 1 / (1 - 0.99 * sparsity)
    p50 = 3.84 / (
        ratio if curve.mode in ("compact", "from_scratch") else 1.2 if curve.mode == "sparse" else 1
    )
    return CurvePoint(
        sparsity=sparsity,
        accuracy=accuracy,
        loss=0.1,
        compression_ratio=ratio,
        theoretical_speedup=ratio * 0.8,
        latency_ms={str(size): Latency(p50=p50, p95=p50 * 1.1) for size in decision.batch_sizes},
    )


def maker(script: Script, sessions_dir: Path | None) -> Callable[[Opening], FakeRunner]:
    """Return what the app builds its runner with."""

    def make(opening: Opening) -> FakeRunner:
        if "make" in script.errors:
            raise script.errors.pop("make")
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


def _half_normal(parameters: int) -> tuple[int, ...]:
    shape = [math.exp(-(((position + 0.5) / NUM_BINS * 3) ** 2) / 2) for position in range(NUM_BINS)]
    total = sum(shape)
    return tuple(round(parameters * one / total) for one in shape)


def _planned(plan: Mapping[str, float], layer: LayerInfo) -> float:
    return plan.get(layer.name, plan.get(layer.coupled_to or "", 0.0))


def _spread(number: int, measure: Spread, stage: str) -> tuple[int, ...]:
    if measure == "weights":
        counts = _half_normal(number)
        return (*((0,) * 16), *counts[16:]) if stage == "pruned" else counts
    middle = 20 if stage == "dense" else 30
    shape = [math.exp(-(((position - middle) / 9) ** 2)) for position in range(NUM_BINS)]
    return tuple(round(number * one / sum(shape)) for one in shape)


def _distortion(accuracy: float) -> float:
    """Return a distortion that would leave this accuracy."""
    return -math.log(max(0.001, min(1.0, (accuracy - 0.1) / (DENSE - 0.1))))
