"""Carries out decisions: owns the model, its masks and the random state, and tells what happens as events."""

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from copy import deepcopy
from pathlib import Path
from typing import assert_never

import torch

from prune_tui.catalog.baselines import bundled_baseline
from prune_tui.catalog.datasets import dataset_entry, load
from prune_tui.catalog.models import model_entry
from prune_tui.core.decisions import (
    BUNDLED,
    Decision,
    Finetune,
    LoadDense,
    Measure,
    Prune,
    Scan,
    TrainDense,
    describe,
)
from prune_tui.core.errors import CheckpointError, DecisionError
from prune_tui.core.events import (
    BatchEvaluated,
    DecisionFinished,
    DecisionStarted,
    EngineReady,
    EpochFinished,
    Event,
    LatencyMeasured,
    Measured,
    Pruned,
)
from prune_tui.core.report import EpochFigures, Figures
from prune_tui.core.session import Session
from prune_tui.engine.checkpoints import decode, encode, file_inside, read_weights, sha256
from prune_tui.engine.device import (
    be_deterministic,
    environment_of,
    pick_device,
    seed_everything,
    use_threads,
)
from prune_tui.engine.masking import Masks
from prune_tui.engine.measuring import (
    Clock,
    Images,
    binned_weights,
    count,
    evaluate,
    hash_weights,
    time_forward,
)
from prune_tui.engine.network import Network, Weights, network_of
from prune_tui.engine.pruning import masks_for_round
from prune_tui.engine.sensitivity import scan
from prune_tui.engine.training import Stint, check, train

_FRESH_WEIGHTS_INDEX = 1_000_003
"""The index that seeds a fresh network: none that a decision ever has."""


_PAUSE_SECONDS = 0.5


def never() -> bool:
    """Say that nobody wants the decision to stop."""
    return False


class Engine:
    """A model and its data, ready for decisions once `open` has been consumed.

    `folder` is where `LoadDense` looks for a checkpoint by name, unless `weights` is the file to take.
    """

    def __init__(
        self,
        session: Session,
        *,
        data_dir: Path | None,
        num_threads: int | None = None,
        folder: Path | None = None,
        weights: Path | None = None,
    ) -> None:
        self._model = model_entry(session.model)
        self._dataset = dataset_entry(session.dataset)
        self._seed = session.seed
        self._data_dir, self._folder, self._weights_file = data_dir, folder, weights
        use_threads(num_threads)
        be_deterministic()
        self._device = pick_device(session.device)
        self._network: Network | None = None
        self._images: Images | None = None
        self._dense: Weights | None = None
        self._num_classes = 0
        self.test_reads = 0

    def open(self) -> Iterator[Event]:
        """Load the data and build the model with fresh weights; ends with `EngineReady`."""
        data = yield from load(
            self._dataset, data_dir=self._data_dir, image_shape=self._model.image_shape, seed=self._seed
        )
        self._images = Images(data, self._device)
        self._num_classes = data.num_classes
        seed_everything(self._seed, _FRESH_WEIGHTS_INDEX)
        module = self._model.build(num_classes=data.num_classes).to(self._device)
        module = module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        network = network_of(module, self._model.image_shape, num_classes=data.num_classes)
        self._network = network
        prunable = sum(layer.parameters for layer in network.layers)
        yield EngineReady(
            layers=network.layers,
            other_parameters=sum(parameter.numel() for parameter in module.parameters()) - prunable,
            other_macs=network.total_macs - sum(layer.macs for layer in network.layers),
            environment=environment_of(self._device, data),
        )

    def perform(
        self, decision: Decision, *, index: int, should_stop: Callable[[], bool] = never
    ) -> Generator[Event, None, None]:
        """Carry out a decision; `index` is its place in the session and, with the seed, its random state.

        When `should_stop` turns true the work is wrapped up at the next batch and the best so far is kept.
        Closing the iterator before its end, or an error, leaves everything as it was before.

        Raises:
            PruneTuiError: the decision can't be carried out; the message says why.
        """
        began = time.perf_counter()
        paused = 0.0

        def clock() -> float:
            return time.perf_counter() - began - paused

        before = self._snapshot()
        stopped_after: int | None = None
        try:
            yield DecisionStarted(index, decision.kind, describe(decision), time.time())
            with closing(self._carry_out(decision, index, should_stop, clock)) as work:
                while True:
                    try:
                        event = next(work)
                    except StopIteration as finished:
                        stopped_after = finished.value
                        break
                    handed_over = time.perf_counter()
                    yield event
                    away = time.perf_counter() - handed_over
                    # Not consuming is how a run is paused; that time is not the decision's.
                    paused += away if away > _PAUSE_SECONDS else 0.0
            yield DecisionFinished(index, stopped_after, clock())
        except BaseException:
            self._roll_back(before)
            raise

    def checkpoint(self) -> bytes:
        """Return the network as it is now, as a checkpoint's bytes."""
        return encode(self.network.module.state_dict(), self.network.masks)

    def restore(self, *, dense: bytes, pruned: bytes | None, test_reads: int, source: str) -> Iterator[Event]:
        """Go back to a state that was saved: the dense baseline and, if there is one, the pruned network.

        Raises:
            CheckpointError: the bytes are not a checkpoint of this model.
        """
        like = self.network.module.state_dict()
        state, _ = decode(dense, like, source=source)
        self._set_dense(state)
        yield from binned_weights(self.network, stage="dense")
        if pruned is not None:
            state, masks = decode(pruned, like, source=source)
            self.network.load(state, {name: mask.to(self._device) for name, mask in masks.items()})
            yield self._counted(1, 1, lambda: 0.0)
            yield from check(self.network, lambda: 0.0)
        self.test_reads = test_reads

    @property
    def network(self) -> Network:
        """The network as it is now."""
        assert self._network is not None, "open() first"
        return self._network

    @property
    def images(self) -> Images:
        """The dataset on the device."""
        assert self._images is not None, "open() first"
        return self._images

    def _carry_out(
        self, decision: Decision, index: int, should_stop: Callable[[], bool], clock: Clock
    ) -> Generator[Event, None, int | None]:
        """Perform one decision; return after how many epochs or cells it was stopped, or None."""
        random_state = seed_everything(self._seed, index)

        def stint(limit: int | None, *, round: int = 1, num_rounds: int = 1, epochs_before: int = 0) -> Stint:
            return Stint(index, round, num_rounds, epochs_before, _stopping(should_stop, limit))

        match decision:
            case TrainDense():
                seed_everything(self._seed, _FRESH_WEIGHTS_INDEX)
                self._set_dense(self._fresh_weights())
                random_state = seed_everything(self._seed, index)
                stopped_after = yield from train(
                    self.network,
                    self.images,
                    decision.training,
                    stint=stint(decision.stopped_after_epochs),
                    random_state=random_state,
                    clock=clock,
                )
                yield from self._finish_dense(self.network.state(), clock)
                return stopped_after
            case LoadDense():
                yield from self._finish_dense(self._load_dense(decision), clock)
                return None
            case Scan():
                state, masks = self.network.state(), self.network.masks
                self.network.load(self._need_dense(), {})
                stopped_after = yield from scan(
                    self.network,
                    self.images,
                    decision,
                    should_stop=_stopping(should_stop, decision.stopped_after_cells),
                    random_state=random_state,
                    clock=clock,
                )
                self.network.load(state, masks)
                return stopped_after
            case Prune():
                return (yield from self._prune(decision, index, stint, random_state, clock))
            case Finetune():
                self._need_pruned()
                start = yield from evaluate(self.network.module, self.images, self.images.validation, clock)
                stopped_after = yield from train(
                    self.network,
                    self.images,
                    decision.training,
                    stint=stint(decision.stopped_after_epochs),
                    random_state=random_state,
                    clock=clock,
                    best=(start.accuracy, self.network.state()),
                )
                yield self._counted(1, 1, clock)
                yield from check(self.network, clock)
                return stopped_after
            case Measure():
                yield from self._measure(decision, clock)
                return None
            case _:
                assert_never(decision)

    def _prune(
        self,
        decision: Prune,
        index: int,
        stint: Callable[..., Stint],
        random_state: torch.Generator,
        clock: Clock,
    ) -> Generator[Event, None, int | None]:
        dense = self._need_dense()
        if decision.start_from == "dense":
            self.network.load(dense, {})
        num_rounds = decision.schedule.num_rounds
        finetune = decision.finetune
        for round in range(1, num_rounds + 1):
            self.network.mask(masks_for_round(self.network, decision, round, random_state))
            yield self._counted(round, num_rounds, clock)
            yield from check(self.network, clock)
            after = yield from evaluate(self.network.module, self.images, self.images.validation, clock)
            figures = EpochFigures(
                decision=index,
                round=round,
                epoch=0,
                train_loss=None,
                accuracy=after.accuracy,
                loss=after.loss,
                learning_rate=None,
            )
            yield EpochFinished(figures, finetune.num_epochs if finetune else 0, True, clock())
            if finetune is None:
                continue
            stopped_after = yield from train(
                self.network,
                self.images,
                finetune,
                stint=stint(
                    decision.stopped_after_epochs,
                    round=round,
                    num_rounds=num_rounds,
                    epochs_before=(round - 1) * finetune.num_epochs,
                ),
                random_state=random_state,
                clock=clock,
                best=(after.accuracy, self.network.state()),
            )
            yield from check(self.network, clock)
            if stopped_after is not None:
                return stopped_after
        return None

    def _measure(self, decision: Measure, clock: Clock) -> Iterator[Event]:
        dense = self._need_dense()
        self._need_pruned()
        yield from self._read_test_set("pruned", clock)
        reference = deepcopy(self.network.module)
        reference.load_state_dict(dense)
        modules = {"dense": reference.eval(), "pruned": self.network.module.eval()}
        for batch_size in decision.batch_sizes:
            images = self.images.normalised(self.images.validation.images[:batch_size])
            if len(images) < batch_size:
                images = images.repeat(-(-batch_size // len(images)), 1, 1, 1)[:batch_size]
            timing = time_forward(modules, images)
            while True:
                try:
                    next(timing)
                except StopIteration as finished:
                    latencies = finished.value
                    break
                yield BatchEvaluated(1, 1, clock())
            for which, latency in latencies.items():
                yield LatencyMeasured(which, batch_size, latency, clock())

    def _read_test_set(self, which: str, clock: Clock) -> Iterator[Event]:
        evaluation = yield from evaluate(self.network.module, self.images, self.images.test, clock)
        self.test_reads += 1
        content = self.checkpoint()
        counts = count(self.network, round=1, num_rounds=1, file_bytes=len(content), seconds=clock())
        figures = Figures(
            accuracy=evaluation.accuracy,
            loss=evaluation.loss,
            parameters=counts.parameters,
            nonzero=counts.nonzero,
            sparsity=counts.sparsity,
            macs=counts.macs,
            nonzero_macs=counts.nonzero_macs,
            file_bytes=counts.file_bytes,
            weights_sha256=hash_weights(self.network.module.state_dict()),
        )
        yield Measured(which, figures, self.test_reads, clock())

    def _finish_dense(self, state: Weights, clock: Clock) -> Iterator[Event]:
        self._set_dense(state)
        yield from binned_weights(self.network, stage="dense")
        yield from self._read_test_set("dense", clock)

    def _load_dense(self, decision: LoadDense) -> Weights:
        if decision.weights == BUNDLED:
            path = bundled_baseline(self._model.name, self._dataset.name)
            if path is None:
                raise DecisionError(
                    f"no baseline of {self._model.name} on {self._dataset.name} is bundled: train one instead"
                )
        elif self._weights_file is not None:
            path = self._weights_file
        elif self._folder is not None:
            path = file_inside(self._folder, decision.weights)
        else:
            raise CheckpointError(f"{decision.weights}: the session has no folder of checkpoints")
        content = read_weights(path)
        if decision.sha256 not in (None, sha256(content)):
            raise CheckpointError(f"{path}: altered: its SHA-256 is not the one that the session names")
        state, masks = decode(content, self.network.module.state_dict(), source=str(path))
        if masks:
            raise CheckpointError(f"{path}: a pruned checkpoint, a dense one is wanted")
        return state

    def _fresh_weights(self) -> Weights:
        return self._model.build(num_classes=self._num_classes).state_dict()

    def _set_dense(self, state: Weights) -> None:
        self.network.load(state, {})
        self._dense = self.network.state()

    def _counted(self, round: int, num_rounds: int, clock: Clock) -> Pruned:
        size = len(self.checkpoint())
        return count(self.network, round=round, num_rounds=num_rounds, file_bytes=size, seconds=clock())

    def _need_dense(self) -> Weights:
        if self._dense is None:
            raise DecisionError("there is no dense baseline yet: train or load one first")
        return self._dense

    def _need_pruned(self) -> None:
        if not self.network.masks:
            raise DecisionError("nothing is pruned yet: prune first")

    def _snapshot(self) -> tuple[Weights, Masks, Weights | None, int]:
        return self.network.state(), self.network.masks, self._dense, self.test_reads

    def _roll_back(self, before: tuple[Weights, Masks, Weights | None, int]) -> None:
        state, masks, self._dense, self.test_reads = before
        self.network.load(state, masks)


def _stopping(should_stop: Callable[[], bool], limit: int | None) -> Callable[[int], bool]:
    """Return whether to stop with so many epochs (or cells) done: the user says so, or the session does."""
    return lambda done: should_stop() or (limit is not None and done >= limit)
