"""Carries out decisions: owns the model, its masks and the random state, and tells what happens as events."""

import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from copy import deepcopy
from pathlib import Path
from typing import Final, assert_never

import torch
from torch import nn

from prune_tui.catalog.baselines import bundled_baseline
from prune_tui.catalog.datasets import dataset_entry, load
from prune_tui.catalog.datasets.images import subset
from prune_tui.catalog.models import model_entry
from prune_tui.core.errors import CheckpointError, DecisionError
from prune_tui.core.run.events import DecisionFinished, DecisionStarted, EngineReady, Event, Stage
from prune_tui.core.session.decisions import (
    BUNDLED,
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
    describe,
)
from prune_tui.core.session.session import Session
from prune_tui.engine.context import Context, Performance
from prune_tui.engine.decisions import outcomes, performing
from prune_tui.engine.decisions.sweep import sweep
from prune_tui.engine.device import (
    be_deterministic,
    environment_of,
    pick_device,
    seed_everything,
    use_threads,
)
from prune_tui.engine.measure.distributions import take_distributions
from prune_tui.engine.measure.evaluate import Images, binned_weights, evaluate
from prune_tui.engine.network.checkpoints import decode, decode_shrunk, file_inside, read_weights, sha256
from prune_tui.engine.network.network import Weights, network_of
from prune_tui.engine.network.shrink import resize, with_zeros_as_masks
from prune_tui.engine.state import Baseline, Workspace, counted
from prune_tui.engine.training.loop import check

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
        self._session, self._seed = session, session.seed
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
        data = subset(
            data,
            num_train=self._session.num_train_images,
            num_test=self._session.num_test_images,
            seed=self._seed,
        )
        self._num_classes = data.num_classes
        seed_everything(self._seed, _FRESH_WEIGHTS_INDEX)
        module = self._model.build(num_classes=data.num_classes).to(self._device)
        module = module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        network = network_of(module, self._model.image_shape, num_classes=data.num_classes)
        self._space = Workspace(network, Images(data, self._device), data.num_classes)
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

    def restore(
        self,
        *,
        dense: bytes,
        trained: TrainDense | None,
        early: Mapping[int, bytes],
        pruned: bytes | None,
        shrunk: bytes | None,
        test_reads: int,
        source: str,
    ) -> Iterator[Event]:
        """Go back to a state that was saved: the dense baseline and what came of it.

        `trained` is how the baseline came about, if it was trained; `early` holds its kept epochs.

        Raises:
            CheckpointError: the bytes are not a checkpoint of this model.
        """
        space = self.space
        like = space.network.module.state_dict()
        state, _ = decode(dense, like, source=source)
        weights_at = {epoch: decode(content, like, source=source)[0] for epoch, content in early.items()}
        if trained is not None:
            weights_at[0] = self._fresh_weights(trained.seed)
        space.set_dense(Baseline(state, trained.training if trained else None, weights_at))
        yield from binned_weights(space.network, stage="dense")
        yield take_distributions(space.network, "dense")
        if pruned is not None:
            state, masks = decode(pruned, like, source=source)
            space.network.load(state, {name: mask.to(self._device) for name, mask in masks.items()})
            yield counted(space.network, lambda: 0.0)
            yield from check(space.network, lambda: 0.0)
            yield take_distributions(space.network, "pruned")
        if shrunk is not None:
            module = self._shrunk_module(shrunk, source=source)
            network = network_of(module, self._model.image_shape, num_classes=self._num_classes)
            space.shrunk = with_zeros_as_masks(network)
            difference = outcomes.compare_shrunk(space, space.shrunk)
            yield outcomes.account_of_shrunk(space, difference, lambda: 0.0)
        space.test_reads = test_reads

    def accuracy_of(self, content: bytes, stage: Stage, *, source: str) -> Generator[Event, None, float]:
        """Evaluate a checkpoint on the validation split, leaving the engine's own network as it is."""
        images = self.space.images
        if stage == "shrunk":
            module = self._shrunk_module(content, source=source)
        else:
            module = deepcopy(self.space.network.module)
            module.load_state_dict(decode(content, module.state_dict(), source=source)[0])
        evaluation = yield from evaluate(module, images, images.validation, lambda: 0.0)
        return evaluation.accuracy

    def _shrunk_module(self, content: bytes, *, source: str) -> nn.Module:
        """Build a shrunk network: the model with the shapes of the checkpoint."""
        module = deepcopy(self.space.network.module)
        resized = resize(module, decode_shrunk(content, source=source), source=source)
        return resized.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]

    def _performance(self, decision: Decision, context: Context) -> Performance:
        """Perform one decision; return after how many epochs, cells or points it was stopped, or None."""
        space = self.space
        match decision:
            case TrainDense():
                fresh = self._fresh_weights(decision.seed)
                seed_everything(self._seed, context.index)
                return (yield from performing.train_dense(space, decision, fresh, context))
            case LoadDense():
                yield from performing.load_dense(space, self._loaded(decision), context)
                return None
            case Scan():
                return (yield from performing.scan_dense(space, decision, context))
            case Sweep():
                return (yield from sweep(space, decision, context))
            case Prune():
                return (yield from performing.prune(space, decision, context))
            case Finetune():
                return (yield from performing.finetune(space, decision, context))
            case Rewind():
                limit = decision.stopped_after_epochs
                return (yield from performing.rewind(space, decision, limit, context))
            case Shrink():
                yield from outcomes.shrink_units(space, context)
                return None
            case Measure():
                yield from outcomes.measure(space, decision, context)
                return None
            case _:
                assert_never(decision)

    def _fresh_weights(self, seed: int | None) -> Weights:
        """Draw the weights that a seed gives, or, where it is None, the session's."""
        seed_everything(self._seed if seed is None else seed, _FRESH_WEIGHTS_INDEX)
        return self._model.build(num_classes=self._num_classes).to(self._device).state_dict()

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
