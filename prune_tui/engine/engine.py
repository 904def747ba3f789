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
from prune_tui.core.returning import Returning
from prune_tui.core.run.events import DecisionFinished, DecisionStarted, EngineReady, Event
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
)
from prune_tui.core.session.legal import why_not
from prune_tui.core.session.session import Session
from prune_tui.core.terms import Stage
from prune_tui.engine.context import Context, Ending, Work
from prune_tui.engine.decisions.finetune import finetune
from prune_tui.engine.decisions.load_dense import load_dense
from prune_tui.engine.decisions.measure import measure
from prune_tui.engine.decisions.prune import prune
from prune_tui.engine.decisions.rewind import rewind
from prune_tui.engine.decisions.scan import scan
from prune_tui.engine.decisions.shrink import shrink, shrunk_counted
from prune_tui.engine.decisions.sweep import sweep
from prune_tui.engine.decisions.train_dense import train_dense
from prune_tui.engine.device import environment_of, pick_device, seed_everything
from prune_tui.engine.measure.evaluate import DeviceData, evaluate
from prune_tui.engine.measure.histograms import binned_weights, take_distributions
from prune_tui.engine.network.checkpoints import decode, decode_shrunk, file_inside, read_weights, sha256
from prune_tui.engine.network.counts import counted
from prune_tui.engine.network.network import Weights
from prune_tui.engine.network.shrink import disagreement, resize, with_zeros_as_masks
from prune_tui.engine.network.trace import network_of
from prune_tui.engine.pruning.plan_masks import plan_of
from prune_tui.engine.state import Baseline, EngineState
from prune_tui.engine.training.loop import check

_FRESH_WEIGHTS_INDEX: Final = 1_000_003
"""The index that seeds a fresh network: none that a decision ever has."""

_PAUSE_SECONDS: Final = 0.5
"""A consumer away for longer than this has paused the run."""


def never() -> bool:
    """Say that nobody wants the decision to stop."""
    return False


def any_name(name: str) -> str:
    """Name a checkpoint where no other is."""
    return f"{name}.safetensors"


class Engine:
    """A model and its data, ready for decisions once `open` has been consumed.

    `folder` is where `LoadDense` looks for a checkpoint by name, unless `weights` is the file to take.
    """

    def __init__(
        self,
        session: Session,
        *,
        data_dir: Path | None,
        folder: Path | None = None,
        weights: Path | None = None,
    ) -> None:
        self._model = model_entry(session.model)
        self._dataset = dataset_entry(session.dataset)
        self._session, self._seed = session, session.seed
        self._data_dir, self._folder, self._weights_file = data_dir, folder, weights
        self._device = pick_device(session.device)
        self._state: EngineState | None = None

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
        seed_everything(self._seed, _FRESH_WEIGHTS_INDEX)
        module = self._model.build(num_classes=data.num_classes).to(self._device)
        module = module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        network = network_of(module, self._model.image_shape, num_classes=data.num_classes)
        self._state = EngineState(network, DeviceData(data, self._device), data.num_classes)
        prunable = sum(layer.parameters for layer in network.layers)
        yield EngineReady(
            layers=network.layers,
            other_parameters=sum(parameter.numel() for parameter in module.parameters()) - prunable,
            other_macs=network.total_macs - sum(layer.macs for layer in network.layers),
            environment=environment_of(self._device, data),
        )

    @property
    def state(self) -> EngineState:
        """The network, the data and what came of the decisions so far."""
        assert self._state is not None, "open() first"
        return self._state

    def perform(
        self,
        decision: Decision,
        *,
        index: int,
        should_stop: Callable[[], bool] = never,
        free_name: Callable[[str], str] = any_name,
    ) -> Generator[Event, None, Ending]:
        """Carry out a decision; `index` is its place in the session and, with the seed, its random state.

        When `should_stop` turns true the work is wrapped up at the next batch and the best so far is kept.
        Closing the iterator before its end, or an error, leaves everything as it was before.

        Raises:
            PruneTuiError: the decision can't be carried out; the message says why.
        """
        if reason := why_not(decision, self.state.facts):
            raise DecisionError(reason)
        began = time.perf_counter()
        paused = 0.0

        def clock() -> float:
            return time.perf_counter() - began - paused

        before = self.state.snapshot()
        try:
            yield DecisionStarted(index, decision.kind, decision.description, time.time())
            context = Context(index, seed_everything(self._seed, index), clock, should_stop, free_name)
            work = self._work(decision, context)
            with closing(work):
                events = Returning(work)
                for event in events:
                    handed_over = time.perf_counter()
                    yield event
                    away = time.perf_counter() - handed_over
                    # Not consuming is how a run is paused; that time is not the decision's.
                    paused += away if away > _PAUSE_SECONDS else 0.0
            yield DecisionFinished(index, events.value.stopped_after, clock())
        except BaseException:
            self.state.roll_back(before)
            raise
        return events.value

    def check(self, decision: Decision) -> None:
        """Check, before anything is performed, that the model has the layers that a decision names.

        Raises:
            PruneTuiError: the decision can't be carried out on this model.
        """
        if isinstance(decision, Prune):
            plan_of(self.state.network, decision)

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
        state = self.state
        like = state.network.module.state_dict()
        weights, _ = decode(dense, like, source=source)
        weights_at = {epoch: decode(content, like, source=source)[0] for epoch, content in early.items()}
        if trained is not None:
            weights_at[0] = self._fresh_weights(trained.seed)
        state.set_dense(Baseline(weights, trained.training if trained else None, weights_at))
        yield from binned_weights(state.network, stage="dense")
        yield take_distributions(state.network, "dense")
        if pruned is not None:
            weights, masks = decode(pruned, like, source=source)
            state.network.load(weights, {name: mask.to(self._device) for name, mask in masks.items()})
            yield counted(state.network, lambda: 0.0)
            yield from check(state.network, lambda: 0.0)
            yield take_distributions(state.network, "pruned")
        if shrunk is not None:
            module = self._shrunk_module(shrunk, source=source)
            network = network_of(module, self._model.image_shape, num_classes=state.num_classes)
            state.shrunk = with_zeros_as_masks(network)
            difference = disagreement(state.network.module, network.module, state.compared_images)
            yield shrunk_counted(state, state.shrunk, difference, lambda: 0.0)
        state.test_reads = test_reads

    def check_checkpoint(self, content: bytes, stage: Stage, *, source: str) -> None:
        """Check that a checkpoint's bytes are of this model.

        Raises:
            CheckpointError: they are not.
        """
        if stage == "shrunk":
            decode_shrunk(content, source=source)
        else:
            decode(content, self.state.network.module.state_dict(), source=source)

    def accuracy_of(self, content: bytes, stage: Stage, *, source: str) -> Generator[Event, None, float]:
        """Evaluate a checkpoint on the validation split, leaving the engine's own network as it is."""
        data = self.state.data
        if stage == "shrunk":
            module = self._shrunk_module(content, source=source)
        else:
            module = deepcopy(self.state.network.module)
            module.load_state_dict(decode(content, module.state_dict(), source=source)[0])
        evaluation = yield from evaluate(module, data, data.validation, lambda: 0.0)
        return evaluation.accuracy

    def _shrunk_module(self, content: bytes, *, source: str) -> nn.Module:
        """Build a shrunk network: the model with the shapes of the checkpoint."""
        module = deepcopy(self.state.network.module)
        resized = resize(module, decode_shrunk(content, source=source), source=source)
        return resized.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]

    def _work(self, decision: Decision, context: Context) -> Work:
        """Return a decision's work; each kind has a room of its own."""
        state = self.state
        match decision:
            case TrainDense():
                fresh = self._fresh_weights(decision.seed)
                seed_everything(self._seed, context.index)
                return train_dense(state, decision, fresh, context)
            case LoadDense():
                return load_dense(state, decision, self._loaded(decision), context)
            case Scan():
                return scan(state, decision, context)
            case Sweep():
                return sweep(state, decision, context)
            case Prune():
                return prune(state, decision, context)
            case Finetune():
                return finetune(state, decision, context)
            case Rewind():
                return rewind(state, decision, context)
            case Shrink():
                return shrink(state, decision, context)
            case Measure():
                return measure(state, decision, context)
            case _:
                assert_never(decision)

    def _fresh_weights(self, seed: int | None) -> Weights:
        """Draw the weights that a seed gives, or, where it is None, the session's."""
        seed_everything(self._seed if seed is None else seed, _FRESH_WEIGHTS_INDEX)
        return self._model.build(num_classes=self.state.num_classes).to(self._device).state_dict()

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
        weights, masks = decode(content, self.state.network.module.state_dict(), source=str(path))
        if masks:
            raise CheckpointError(f"{path}: a pruned checkpoint, a dense one is wanted")
        return weights
