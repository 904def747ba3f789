"""The sweep: prune the whole dense network by several methods to several sparsities; a curve a method."""

from collections.abc import Callable, Generator
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import partial
from typing import assert_never

from torch import nn

from prune_tui.core.errors import DecisionError
from prune_tui.core.run.events import (
    BatchEvaluated,
    BatchTrained,
    EpochFinished,
    Event,
    PointSwept,
    SweepStarted,
)
from prune_tui.core.run.report import Curve, CurvePoint, Latency, Mode
from prune_tui.core.session.decisions import Method, Prune, Sweep
from prune_tui.core.session.recipe import Training
from prune_tui.engine.context import Context, Performance
from prune_tui.engine.decisions.outcomes import checked_shrink, timed
from prune_tui.engine.decisions.performing import prune
from prune_tui.engine.measure.evaluate import evaluate
from prune_tui.engine.network.network import Network, network_of
from prune_tui.engine.network.sparse import sparse_twin
from prune_tui.engine.pruning.plan_masks import prunable_layers
from prune_tui.engine.state import Kept, Workspace, counted
from prune_tui.engine.training.loop import train


@dataclass(frozen=True, slots=True)
class _Swept:
    """A network of one point; `counts_as` is the one whose parameters and MACs are counted for it."""

    module: nn.Module
    counts_as: Network
    pruned_accuracy: float | None = None


def sweep(space: Workspace, decision: Sweep, context: Context) -> Performance:
    """Sweep the dense baseline, and come back to the network as it is.

    Returns None, or the number of points done if the user ended the sweep; a point cut short does not count.
    """
    network, dense = space.network, space.need_dense()
    state, masks, accuracy, shrunk = network.state(), network.masks, space.accuracy, space.shrunk
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
    should_stop = context.stopping(decision.stopped_after_points)
    try:
        for method in decision.methods:
            for sparsity in decision.sparsities:
                if should_stop(num_done):
                    return num_done
                network.load(dense.weights, {})
                is_over = partial(should_stop, num_done)
                point = _Point(space, decision, method, sparsity, context, is_over)
                networks = yield from point.networks()
                if networks is None:
                    return num_done
                latencies = yield from point.latencies(networks)
                for mode, swept in networks.items():
                    figures = yield from point.figures(swept, latencies.get(mode, {}))
                    num_done += 1
                    yield PointSwept(curves[method, mode], figures, num_done, num_points, context.clock())
    finally:
        network.load(state, masks)
        space.accuracy, space.shrunk = accuracy, shrunk
    return None


def _modes(decision: Sweep, method: Method) -> list[Mode]:
    """Return how each network of a method is run: sparse where weights go, compact where units do."""
    by_units = method.granularity == "unit"
    modes: list[Mode] = ["masked"]
    if "sparse" in decision.modes and not by_units:
        modes.append("sparse")
    if "compact" in decision.modes and by_units:
        modes.append("compact")
    if decision.from_scratch is not None and by_units:
        modes.append("from_scratch")
    return modes


@dataclass(frozen=True, slots=True)
class _Point:
    """One method at one sparsity, on a workspace whose network is the dense baseline."""

    space: Workspace
    decision: Sweep
    method: Method
    sparsity: float
    context: Context
    should_stop: Callable[[], bool]

    def networks(self) -> Generator[Event, None, dict[Mode, _Swept] | None]:
        """Prune, fine-tune, and make of the masked network what else is wanted; None if it was cut short."""
        network = self.space.network
        pruned_accuracy = yield from self._prune()
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
                case "compact":
                    compact = self._compact()
                    networks[mode] = _Swept(compact.module, compact)
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
    ) -> Generator[BatchEvaluated, None, dict[str, dict[str, Latency]]]:
        """Time all networks side by side, by mode and batch size."""
        taken: dict[str, dict[str, Latency]] = {mode: {} for mode in networks}
        modules: dict[str, nn.Module] = {mode: swept.module.eval() for mode, swept in networks.items()}
        for batch_size in self.decision.batch_sizes:
            latencies = yield from timed(self.space, modules, batch_size, self.context)
            for mode, latency in latencies.items():
                taken[mode][str(batch_size)] = latency
        return taken

    def figures(
        self, swept: _Swept, latency_ms: dict[str, Latency]
    ) -> Generator[BatchEvaluated, None, CurvePoint]:
        """Evaluate one network on the validation split, and count it against the dense one."""
        images, clock = self.space.images, self.context.clock
        evaluation = yield from evaluate(swept.module, images, images.validation, clock)
        counts, whole = counted(swept.counts_as, clock), counted(self.space.network, clock)
        return CurvePoint(
            sparsity=self.sparsity,
            accuracy=evaluation.accuracy,
            loss=evaluation.loss,
            pruned_accuracy=swept.pruned_accuracy,
            compression_ratio=whole.parameters / max(1, counts.nonzero),
            theoretical_speedup=whole.macs / max(1, counts.nonzero_macs),
            latency_ms=latency_ms,
        )

    def _prune(self) -> Generator[Event, None, float | None]:
        """Prune the network as the sweep says; returns the accuracy right after the first round."""
        if self.sparsity == 0:
            return None
        pruned_accuracy: float | None = None
        prune_decision = Prune(
            plan=self.sparsity,
            criterion=self.method.criterion,
            granularity=self.method.granularity,
            scope=self.method.scope,
            spared=self.decision.spared,
            schedule=self.decision.schedule,
            finetune=self.decision.finetune,
            finetune_last=self.decision.finetune_last,
        )
        context = replace(self.context, should_stop=self.should_stop)
        for event in prune(self.space, prune_decision, context):
            if isinstance(event, EpochFinished) and event.figures.epoch == 0 and pruned_accuracy is None:
                pruned_accuracy = event.figures.accuracy
            if isinstance(event, BatchTrained | BatchEvaluated):
                yield event
        if self.decision.keeps_checkpoints and not self.should_stop():
            self.space.kept.append(Kept(self._name(), "swept", self.space.checkpoint(), self.space.accuracy))
        return pruned_accuracy

    def _name(self) -> str:
        """Name the checkpoint by its method and sparsity."""
        scope = "global-" if self.method.scope == "global" else ""
        return f"{self.method.criterion}-{self.method.granularity}-{scope}{self.sparsity * 100:g}"

    def _layers(self) -> list[str]:
        free = prunable_layers(self.space.network, self.method.granularity)
        return [name for name in free if name not in self.decision.spared]

    def _compact(self) -> Network:
        """Remove the pruned units; at a sparsity that prunes none, the network is compact already."""
        checked = checked_shrink(self.space) if self.space.network.masks else None
        return self.space.network if checked is None else checked[0]

    def _from_scratch(self, training: Training) -> Generator[Event, None, Network]:
        """Train the compact architecture from fresh weights."""
        space, context = self.space, self.context
        module = with_fresh_weights(self._compact().module)
        network = network_of(module, space.image_shape, num_classes=space.num_classes)
        stint = replace(context.stint(None), should_stop=lambda _: self.should_stop())
        epochs = train(
            network,
            space.images,
            training,
            stint=stint,
            random_state=context.random_state,
            clock=context.clock,
        )
        for event in epochs:
            if isinstance(event, BatchTrained | BatchEvaluated):
                yield event
        return network


def with_fresh_weights(module: nn.Module) -> nn.Module:
    """Return a copy of a module whose layers have drawn their weights anew."""
    fresh = deepcopy(module)
    for layer in fresh.modules():
        if callable(reset := getattr(layer, "reset_parameters", None)):
            reset()
    return fresh
