"""Carries out decisions: owns the model, its masks and the random state, and tells what happens as events."""

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final, assert_never

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
from prune_tui.core.events import DecisionFinished, DecisionStarted, EngineReady, Event
from prune_tui.core.session import Session
from prune_tui.engine import performing
from prune_tui.engine.checkpoints import decode, file_inside, read_weights, sha256
from prune_tui.engine.device import (
    be_deterministic,
    environment_of,
    pick_device,
    seed_everything,
    use_threads,
)
from prune_tui.engine.measuring import Images, binned_weights
from prune_tui.engine.network import Weights, network_of
from prune_tui.engine.performing import Context, Performance
from prune_tui.engine.training import check
from prune_tui.engine.workspace import Workspace

_FRESH_WEIGHTS_INDEX: Final = 1_000_003
"""The index that seeds a fresh network: none that a decision ever has."""

_PAUSE_SECONDS: Final = 0.5
"""A consumer away for longer than this has paused the run."""


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
        self._space: Workspace | None = None
        self._num_classes = 0

    def open(self) -> Iterator[Event]:
        """Load the data and build the model with fresh weights; ends with `EngineReady`."""
        data = yield from load(
            self._dataset, data_dir=self._data_dir, image_shape=self._model.image_shape, seed=self._seed
        )
        self._num_classes = data.num_classes
        seed_everything(self._seed, _FRESH_WEIGHTS_INDEX)
        module = self._model.build(num_classes=data.num_classes).to(self._device)
        module = module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        network = network_of(module, self._model.image_shape, num_classes=data.num_classes)
        self._space = Workspace(network, Images(data, self._device))
        prunable = sum(layer.parameters for layer in network.layers)
        yield EngineReady(
            layers=network.layers,
            other_parameters=sum(parameter.numel() for parameter in module.parameters()) - prunable,
            other_macs=network.total_macs - sum(layer.macs for layer in network.layers),
            environment=environment_of(self._device, data),
        )

    @property
    def space(self) -> Workspace:
        """What the engine works on."""
        assert self._space is not None, "open() first"
        return self._space

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

        before = self.space.snapshot()
        stopped_after: int | None = None
        try:
            yield DecisionStarted(index, decision.kind, describe(decision), time.time())
            context = Context(index, seed_everything(self._seed, index), clock, should_stop)
            with closing(self._performance(decision, context)) as work:
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
            self.space.roll_back(before)
            raise

    def restore(self, *, dense: bytes, pruned: bytes | None, test_reads: int, source: str) -> Iterator[Event]:
        """Go back to a state that was saved: the dense baseline and, if there is one, the pruned network.

        Raises:
            CheckpointError: the bytes are not a checkpoint of this model.
        """
        space = self.space
        like = space.network.module.state_dict()
        state, _ = decode(dense, like, source=source)
        space.set_dense(state)
        yield from binned_weights(space.network, stage="dense")
        if pruned is not None:
            state, masks = decode(pruned, like, source=source)
            space.network.load(state, {name: mask.to(self._device) for name, mask in masks.items()})
            yield space.counted(1, 1, lambda: 0.0)
            yield from check(space.network, lambda: 0.0)
        space.test_reads = test_reads

    def _performance(self, decision: Decision, context: Context) -> Performance:
        """Perform one decision; return after how many epochs or cells it was stopped, or None."""
        space = self.space
        match decision:
            case TrainDense():
                fresh = self._fresh_weights(context)
                limit = decision.stopped_after_epochs
                return (yield from performing.train_dense(space, fresh, decision.training, limit, context))
            case LoadDense():
                yield from performing.take_dense(space, self._loaded(decision), context)
                return None
            case Scan():
                return (yield from performing.scan_dense(space, decision, context))
            case Prune():
                return (yield from performing.prune(space, decision, context))
            case Finetune():
                return (yield from performing.finetune(space, decision, context))
            case Measure():
                yield from performing.measure(space, decision, context)
                return None
            case _:
                assert_never(decision)

    def _fresh_weights(self, context: Context) -> Weights:
        """Draw the weights that the session's seed gives, leaving the decision's own random state."""
        seed_everything(self._seed, _FRESH_WEIGHTS_INDEX)
        fresh = self._model.build(num_classes=self._num_classes).state_dict()
        seed_everything(self._seed, context.index)
        return fresh

    def _loaded(self, decision: LoadDense) -> Weights:
        """Read a dense baseline: the bundled one, the file the user named, or one in the session's folder."""
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
        state, masks = decode(content, self.space.network.module.state_dict(), source=str(path))
        if masks:
            raise CheckpointError(f"{path}: a pruned checkpoint, a dense one is wanted")
        return state
