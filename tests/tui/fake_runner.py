"""A runner that plays a script instead of an engine, and waits at gates where a test tells it to."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Semaphore

from prune_tui.core.decisions import Decision, Finetune, LoadDense, Measure, Prune, Scan, TrainDense, describe
from prune_tui.core.errors import PruneTuiError
from prune_tui.core.events import (
    NUM_BINS,
    BatchTrained,
    CellScanned,
    CheckpointSaved,
    DataProgress,
    DecisionDropped,
    DecisionFinished,
    DecisionStarted,
    EngineReady,
    EpochFinished,
    Event,
    LatencyMeasured,
    LayerInfo,
    MaskChecked,
    Measured,
    Pruned,
    ScanStarted,
    WeightsBinned,
)
from prune_tui.core.forecast import joint_accuracy
from prune_tui.core.report import (
    Environment,
    EpochFigures,
    Figures,
    Latency,
    LayerFigures,
    ScanCurve,
    ScanFigures,
)
from prune_tui.core.session import Record
from prune_tui.core.view import View, apply, report_of
from prune_tui.storage import session_path, write_session
from prune_tui.tui.work import Opening

LAYERS = (
    LayerInfo("conv1", "conv 5×5, 1→20", 500, 20, 288_000),
    LayerInfo("conv2", "conv 5×5, 20→50", 25_000, 50, 1_600_000),
    LayerInfo("[/x]", "linear 800→500", 400_000, 500, 400_000),
    LayerInfo("fc[", "linear 500→10", 5_000, 10, 5_000, "its outputs are the classes"),
)
DENSE = 0.985
HOLD_SECONDS = 20.0


@dataclass
class Script:
    """What the fake does: gates by stage (`open`, `train`, `scan`, `prune`, `measure`), errors, pace."""

    layers: tuple[LayerInfo, ...] = LAYERS
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
        self._script = script

    def open(self) -> Iterator[Event]:
        for done in range(0, 101, 10):
            self._step("open")
            yield self._folded(DataProgress("reading digits", done, 100))
        environment = Environment(
            versions={"torch": "2.13"}, device="cpu", device_name="a processor", num_threads=2, num_images={}
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
            yield self._folded(DecisionStarted(index, decision.kind, describe(decision), time.time()))
            stopped_after = None
            for event in self._events(decision, index, should_stop):
                yield self._folded(event)
                if should_stop() and isinstance(event, EpochFinished | CellScanned):
                    stopped_after = 1
                    break
        except BaseException:
            self.view = apply(before, DecisionDropped(index))
            raise
        finished = self._folded(DecisionFinished(index, stopped_after, 1.0))
        record = Record(report=report_of(self.view), checkpoints=self.view.checkpoints)
        decisions = (*self.session.decisions, decision)
        self.session = self.session.model_copy(update={"decisions": decisions, "record": record})
        if self.path is not None:
            write_session(self.path, self.session)
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
                yield Measured("dense", self._figures({}), self.view.test_reads + 1, 0.1)
                yield CheckpointSaved("dense.safetensors", "0" * 64, 1_724_320)
            case TrainDense(training=training):
                yield from self._train(index, training.num_epochs, 1, 1, "train", 0.9, DENSE, should_stop)
                yield from self._dense_histograms()
                yield Measured("dense", self._figures({}), self.view.test_reads + 1, 1.0)
                yield CheckpointSaved("dense.safetensors", "0" * 64, 1_724_320)
            case Scan():
                yield from self._scan(decision, should_stop)
            case Prune():
                yield from self._prune(decision, index, should_stop)
            case Finetune(training=training):
                yield from self._train(index, training.num_epochs, 1, 1, "prune", 0.9, DENSE, should_stop)
            case Measure():
                self._step("measure", should_stop)
                counts = self.view.pruned_counts
                plan = {layer.name: layer.sparsity for layer in counts.layers} if counts else {}
                yield Measured("pruned", self._figures(plan), self.view.test_reads + 1, 0.5)
                for which in ("dense", "pruned"):
                    for size, p50 in ((1, 0.21), (64, 3.84)):
                        self._step("measure", should_stop)
                        yield LatencyMeasured(which, size, Latency(p50=p50, p95=p50 * 1.2), 0.6)

    def _dense_histograms(self) -> Iterator[Event]:
        for layer in self._script.layers:
            yield WeightsBinned(layer.name, "dense", 0.3, _half_normal(layer.parameters))

    def _scan(self, decision: Scan, should_stop: Callable[[], bool]) -> Iterator[Event]:
        layers = [
            layer
            for layer in self._script.layers
            if decision.granularity == "weight" or layer.locked_reason is None
        ]
        empty = (None,) * len(decision.sparsities)
        yield ScanStarted(
            ScanFigures(
                criterion=decision.criterion,
                granularity=decision.granularity,
                num_images=6000,
                dense_accuracy=DENSE,
                sparsities=decision.sparsities,
                layers=tuple(ScanCurve(name=layer.name, accuracies=empty) for layer in layers),
            )
        )
        cells = len(layers) * len(decision.sparsities)
        for number, layer in enumerate(layers):
            for position, sparsity in enumerate(decision.sparsities):
                self._step("scan", should_stop)
                done = number * len(decision.sparsities) + position + 1
                accuracy = curve(layer, sparsity)
                yield CellScanned(layer.name, position, accuracy, done, cells, done * 0.1)

    def _prune(self, decision: Prune, index: int, should_stop: Callable[[], bool]) -> Iterator[Event]:
        plan = decision.plan
        rounds = decision.schedule.num_rounds
        num_epochs = decision.finetune.num_epochs if decision.finetune else 0
        for number in range(1, rounds + 1):
            self._step("prune", should_stop)
            share = number / rounds
            target = {
                layer.name: (plan if isinstance(plan, float) else plan.get(layer.name, 0.0)) * share
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
            after = joint_accuracy(self.view.scan, target) or 0.3
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
