"""Sweeps: prunes the whole dense network by several methods to several sparsities; curves per method."""

from collections.abc import Callable, Generator
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from typing import assert_never

from torch import nn

from prune_tui.core.attempts.taking import swept_prune
from prune_tui.core.errors import DecisionError
from prune_tui.core.report import Curve, CurvePoint, Latency
from prune_tui.core.run.events import (
    BatchEvaluated,
    BatchTrained,
    EpochFinished,
    Event,
    PointSwept,
    SweepStarted,
)
from prune_tui.core.session.decisions import Method, Sweep
from prune_tui.core.session.recipe import Training
from prune_tui.core.terms import Mode
from prune_tui.engine.context import CheckpointToSave, Context, DecisionResult, Execution
from prune_tui.engine.decisions.prune import prune_rounds
from prune_tui.engine.decisions.test_set import time_networks
from prune_tui.engine.measure.evaluate import evaluate
from prune_tui.engine.network.counts import counted
from prune_tui.engine.network.network import Network
from prune_tui.engine.network.shrink import checked_shrink
from prune_tui.engine.network.sparse import sparse_twin
from prune_tui.engine.network.trace import network_of
from prune_tui.engine.pruning.plan_masks import prunable_layers
from prune_tui.engine.state import EngineState
from prune_tui.engine.training.loop import train


@dataclass(frozen=True, slots=True)
class _Swept:
    """A network of one point; `counts_as` is the network whose parameters and MACs are counted for it."""

    module: nn.Module
    counts_as: Network
    pruned_accuracy: float | None = None


def sweep(state: EngineState, decision: Sweep, context: Context) -> Execution:
    """Sweep the dense baseline, and restore the network as it is; a point that is cut short is dropped."""
    network, dense = state.network, state.dense
    before, masks, accuracy, shrunk = network.state(), network.masks, state.accuracy, state.shrunk
    curves = {
        (method, mode): Curve(
            decision=context.index,
            criterion=method.criterion,
            granularity=method.granularity,
            scope=method.scope,
            mode=mode,
        )
        for method in decision.methods
        for mode in _modes(decision, method)
    }
    num_points, num_done = len(curves) * len(decision.sparsities), 0
    yield SweepStarted(tuple(curves.values()), num_points)
    should_stop = context.should_stop_after(decision.stopped_after_points)
    to_save: list[CheckpointToSave] = []
    is_stopped = False
    try:
        for method, sparsity in product(decision.methods, decision.sparsities):
            is_stopped = should_stop(num_done)
            if is_stopped:
                break
            network.load(dense.weights, {})
            point = _Point(state, decision, method, sparsity, context, partial(should_stop, num_done))
            networks = yield from point.networks(to_save)
            if networks is None:
                is_stopped = True
                break
            latencies = yield from point.latencies(networks)
            for mode, swept in networks.items():
                figures = yield from point.figures(swept, latencies.get(mode, {}))
                num_done += 1
                yield PointSwept(curves[method, mode], figures, num_done, num_points, context.clock())
    finally:
        network.load(before, masks)
        state.accuracy, state.shrunk = accuracy, shrunk
    stopped_after = num_done if is_stopped else None
    return DecisionResult(decision.stopped_after(stopped_after), tuple(to_save), stopped_after)


def _modes(decision: Sweep, method: Method) -> list[Mode]:
    """Return the modes of a method: `shrunk` and `from_scratch` are for units, `sparse` for all else."""
    by_units = method.granularity == "unit"
    modes: list[Mode] = ["masked"]
    if "sparse" in decision.modes and not by_units:
        modes.append("sparse")
    if "shrunk" in decision.modes and by_units:
        modes.append("shrunk")
    if decision.from_scratch is not None and by_units:
        modes.append("from_scratch")
    return modes


@dataclass(frozen=True, slots=True)
class _Point:
    """One method at one sparsity; the state's network must be the dense baseline."""

    state: EngineState
    decision: Sweep
    method: Method
    sparsity: float
    context: Context
    should_stop: Callable[[], bool]

    def networks(self, to_save: list[CheckpointToSave]) -> Generator[Event, None, dict[Mode, _Swept] | None]:
        """Prune and fine-tune, and return the network of each mode; None if it was cut short."""
        network = self.state.network
        pruned_accuracy = yield from self._prune(to_save)
        if self.should_stop():
            return None
        networks: dict[Mode, _Swept] = {}
        for mode in _modes(self.decision, self.method):
            match mode:
                case "masked":
                    networks[mode] = _Swept(network.module, network, pruned_accuracy)
                case "sparse":
                    twin = sparse_twin(network.module, self._layers())
                    if twin is None:
                        raise DecisionError("no layer is linear, and torch has no sparse convolution")
                    networks[mode] = _Swept(twin, network)
                case "shrunk":
                    shrunk = self._shrunk()
                    networks[mode] = _Swept(shrunk.module, shrunk)
                case "from_scratch":
                    assert self.decision.from_scratch is not None
                    fresh = yield from self._from_scratch(self.decision.from_scratch)
                    if self.should_stop():
                        return None
                    networks[mode] = _Swept(fresh.module, fresh)
                case _:
                    assert_never(mode)
        return networks

    def latencies(
        self, networks: dict[Mode, _Swept]
    ) -> Generator[BatchEvaluated, None, dict[Mode, dict[str, Latency]]]:
        """Time all networks side by side; returns latencies by mode and batch size."""
        taken: dict[Mode, dict[str, Latency]] = {mode: {} for mode in networks}
        modules: dict[Mode, nn.Module] = {mode: swept.module.eval() for mode, swept in networks.items()}
        for batch_size in self.decision.batch_sizes:
            latencies = yield from time_networks(self.state, modules, batch_size, self.context)
            for mode, latency in latencies.items():
                taken[mode][str(batch_size)] = latency
        return taken

    def figures(
        self, swept: _Swept, latency_ms: dict[str, Latency]
    ) -> Generator[BatchEvaluated, None, CurvePoint]:
        """Evaluate one network on the validation split; ratios are relative to the dense network."""
        data, clock = self.state.data, self.context.clock
        evaluation = yield from evaluate(swept.module, data, data.validation, clock)
        whole = counted(self.state.network, clock).counts
        counts = counted(swept.counts_as, clock).counts.against(whole)
        return CurvePoint(
            sparsity=self.sparsity,
            accuracy=evaluation.accuracy,
            loss=evaluation.loss,
            pruned_accuracy=swept.pruned_accuracy,
            compression_ratio=counts.compression_ratio,
            theoretical_speedup=counts.theoretical_speedup,
            latency_ms=latency_ms,
        )

    def _prune(self, to_save: list[CheckpointToSave]) -> Generator[Event, None, float | None]:
        """Prune the network; returns the accuracy right after the first round's pruning."""
        if self.sparsity == 0:
            return None
        pruned_accuracy: float | None = None
        prune_decision = swept_prune(self.decision, self.method, self.sparsity)
        context = replace(self.context, should_stop=self.should_stop)
        for event in prune_rounds(self.state, prune_decision, context):
            if isinstance(event, EpochFinished) and event.figures.epoch == 0 and pruned_accuracy is None:
                pruned_accuracy = event.figures.accuracy
            if isinstance(event, BatchTrained | BatchEvaluated):
                yield event
        if self.decision.keeps_checkpoints and not self.should_stop():
            content, name = self.state.checkpoint(), self.context.free_name(self._name())
            to_save.append(CheckpointToSave(name, "swept", content, self.state.accuracy))
        return pruned_accuracy

    def _name(self) -> str:
        """Return the checkpoint's name, from method and sparsity: `l1-weight-90`."""
        scope = "global-" if self.method.scope == "global" else ""
        return f"{self.method.criterion}-{self.method.granularity}-{scope}{self.sparsity * 100:g}"

    def _layers(self) -> list[str]:
        free = prunable_layers(self.state.network, self.method.granularity)
        return [name for name in free if name not in self.decision.locked]

    def _shrunk(self) -> Network:
        """Return the network without its pruned units, or as it is if there are none."""
        state = self.state
        if not state.network.masks:
            return state.network
        checked = checked_shrink(state.network, state.compared)
        return state.network if checked is None else checked[0]

    def _from_scratch(self, training: Training) -> Generator[Event, None, Network]:
        """Train the shrunk architecture from fresh weights."""
        state, context = self.state, self.context
        module = with_fresh_weights(self._shrunk().module)
        network = network_of(module, state.network.example)
        phase = replace(context.phase(None), should_stop=lambda _: self.should_stop())
        epochs = train(
            network,
            state.data,
            training,
            phase=phase,
            random_state=context.random_state,
            clock=context.clock,
        )
        for event in epochs:
            if isinstance(event, BatchTrained | BatchEvaluated):
                yield event
        return network


def with_fresh_weights(module: nn.Module) -> nn.Module:
    """Return a copy of a module with newly drawn weights."""
    fresh = deepcopy(module)
    for layer in fresh.modules():
        if callable(reset := getattr(layer, "reset_parameters", None)):
            reset()
    return fresh
