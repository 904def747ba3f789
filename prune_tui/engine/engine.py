"""The engine: opens a network on its data, and carries out decisions, which yield events."""

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from functools import partial
from typing import assert_never

from prune_tui.core.errors import DecisionError
from prune_tui.core.planning.solving.polish import Polish
from prune_tui.core.returning import Returning
from prune_tui.core.run.events import (
    DataProgress,
    DecisionFinished,
    DecisionStarted,
    EngineReady,
    Event,
    UnitsFound,
)
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
from prune_tui.core.session.legal import why_not
from prune_tui.core.terms import Device
from prune_tui.engine.context import Clock, Context, DecisionResult, Execution
from prune_tui.engine.data import DeviceData
from prune_tui.engine.decisions.finetune import finetune
from prune_tui.engine.decisions.load_dense import load_dense
from prune_tui.engine.decisions.measure import measure
from prune_tui.engine.decisions.prune import prune
from prune_tui.engine.decisions.rewind import rewind
from prune_tui.engine.decisions.scan import scan
from prune_tui.engine.decisions.shrink import shrink
from prune_tui.engine.decisions.sweep import sweep
from prune_tui.engine.decisions.train_dense import train_dense
from prune_tui.engine.device import environment_of, pick_device, seed_everything, seed_fresh_weights
from prune_tui.engine.network.checkpoints import overhead_bytes
from prune_tui.engine.network.network import Weights
from prune_tui.engine.network.trace import find_units, network_of
from prune_tui.engine.opening import NUM_TRIED, Opened, opened
from prune_tui.engine.plans.kernels import measure_kernels
from prune_tui.engine.plans.measuring import Measuring
from prune_tui.engine.pruning.plan_masks import plan_of
from prune_tui.engine.source import Source
from prune_tui.engine.state import EngineState

_PAUSE_SECONDS = 0.5
"""A consumer that takes longer than this has paused the run."""


def never() -> bool:
    """Return False: the decision runs to its end."""
    return False


def any_name(name: str) -> str:
    """Return a checkpoint's file name where there are no others."""
    return f"{name}.safetensors"


def _stopwatch() -> Clock:
    began = time.perf_counter()
    return lambda: time.perf_counter() - began


class Engine:
    """A network and its data, which carries out decisions once `open` has been consumed."""

    def __init__(self, source: Source, *, seed: int, device: Device) -> None:
        self._source, self._seed = source, seed
        self._device = pick_device(device)
        self._state: EngineState | None = None
        self._measuring = Measuring(seed)

    def open(self) -> Iterator[Event]:
        """Read the data and open the network with its fresh weights; ends with `EngineReady`.

        Raises:
            DataError: the data can't be found, fetched or read.
            ModelError: the network can't be built, or can't be pruned.
        """
        data = yield from self._source.data()
        on_device = DeviceData(data, self._device)
        built = self._built(on_device, self._seed)
        yield from self._source.announced()
        module = built.module
        network = network_of(module, on_device.batch(on_device.validation, slice(0, NUM_TRIED)).inputs)
        self._state = EngineState(network, on_device)
        counted = sum(layer.parameters for layer in network.layers)
        yield EngineReady(
            layers=network.layers,
            other_parameters=sum(parameter.numel() for parameter in module.parameters()) - counted,
            other_macs=network.total_macs - sum(layer.macs for layer in network.layers),
            environment=environment_of(self._device, on_device.num_examples),
            notes=(*data.transforms, *built.notes),
            score_name=data.task.score_name,
            chance=data.task.chance,
            overhead_bytes=overhead_bytes(module),
        )

    @property
    def state(self) -> EngineState:
        """The network, the data and the results of the decisions so far; `open` must have been consumed."""
        assert self._state is not None, "open() first"
        return self._state

    def perform(
        self,
        decision: Decision,
        *,
        index: int,
        should_stop: Callable[[], bool] = never,
        free_name: Callable[[str], str] = any_name,
    ) -> Generator[Event, None, DecisionResult]:
        """Carry out a decision; `index`, its place in the session, and the seed set its random state.

        Once `should_stop` returns True, the decision ends at the next batch with the best result so far. If
        the generator is closed early or raises, the state is as before.

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
            if decision.prunes_units:
                yield self._units()
            context = Context(index, seed_everything(self._seed, index), clock, should_stop, free_name)
            execution = self._execution(decision, context)
            with closing(execution):
                events = Returning(execution)
                for event in events:
                    handed_over = time.perf_counter()
                    yield event
                    away = time.perf_counter() - handed_over
                    # A run is paused by not consuming it; that time does not count.
                    paused += away if away > _PAUSE_SECONDS else 0.0
            yield DecisionFinished(index, events.value.stopped_after, clock())
        except BaseException:
            self.state.roll_back(before)
            raise
        return events.value

    def check(self, decision: Decision) -> None:
        """Check that the model has the layers that a decision names, before any decision is carried out.

        Raises:
            PruneTuiError: the decision can't be carried out on this model.
        """
        if isinstance(decision, Prune):
            if decision.prunes_units:
                find_units(self.state.network)
            plan_of(self.state.network, decision)

    def find_units(self) -> Iterator[Event]:
        """Find which units can be removed, and which go together; decisions that need it do this."""
        yield DataProgress("finding which units go together", 0, None)
        yield self._units()

    def _units(self) -> UnitsFound:
        network = self.state.network
        return UnitsFound(find_units(network), network.shape)

    def measure_plan(self, decision: Prune, *, index: int, is_asked: bool = False) -> Iterator[Event]:
        """Measure the plan that would be decision `index` on validation images; the state stays as it is.

        Raises:
            PruneTuiError: the plan can't be carried out; the message says why.
        """
        if reason := why_not(decision, self.state.facts):
            raise DecisionError(reason)
        return self._measuring.measure(
            self.state, decision, index=index, is_asked=is_asked, clock=_stopwatch()
        )

    def polish(self, polish: Polish, *, index: int) -> Iterator[Event]:
        """Improve a solved plan that would be decision `index`; the state stays as it is.

        Raises:
            PruneTuiError: the plan can't be carried out; the message says why.
        """
        if reason := why_not(polish.decision, self.state.facts):
            raise DecisionError(reason)
        return self._measuring.polish(self.state, polish, index=index, clock=_stopwatch())

    def measure_kernels(self) -> Iterator[Event]:
        """Measure what the network's layers take in C, so that latencies can be predicted; takes a while.

        Raises:
            ExportError: there is no C compiler, or the network can't be written as C.
        """
        return measure_kernels(self.state, _stopwatch())

    def fresh_weights(self, seed: int | None) -> Weights:
        """Return the model's initial weights for a seed; None takes the session's seed. Reseeds torch."""
        built = self._built(self.state.data, self._seed if seed is None else seed)
        return built.module.state_dict()

    def _built(self, data: DeviceData, seed: int) -> Opened:
        seed_fresh_weights(seed)
        return opened(self._source.module(data.task, seed), data)

    def _execution(self, decision: Decision, context: Context) -> Execution:
        state = self.state
        match decision:
            case TrainDense():
                fresh = self.fresh_weights(decision.seed)
                seed_everything(self._seed, context.index)
                return train_dense(state, decision, fresh, context)
            case LoadDense():
                fresh_weights = partial(self.fresh_weights, None)
                weights = self._source.dense_weights(decision, state.network, fresh_weights)
                seed_everything(self._seed, context.index)
                return load_dense(state, decision, weights, context)
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
