"""Evaluates networks on the test set, counting each read, and times them side by side."""

from collections.abc import Generator, Iterator, Mapping
from dataclasses import asdict, replace
from typing import Literal

import torch
from torch import nn

from prune_tui.core.report import Figures, Latency
from prune_tui.core.returning import Returning
from prune_tui.core.run.events import BatchEvaluated, Event, Measured
from prune_tui.engine.context import Context
from prune_tui.engine.measure.evaluate import evaluate
from prune_tui.engine.measure.histograms import binned_weights, take_distributions
from prune_tui.engine.measure.latency import Name, time_forward
from prune_tui.engine.network.counts import counted
from prune_tui.engine.network.hashes import hash_weights
from prune_tui.engine.network.network import Network
from prune_tui.engine.state import Baseline, EngineState

MeasuredStage = Literal["dense", "pruned", "shrunk"]


def read_test_set(
    state: EngineState, networks: Mapping[MeasuredStage, Network], context: Context
) -> Iterator[Event]:
    """Evaluate networks on the test set; this counts as one read, however many networks there are."""
    state.test_reads += 1
    for stage, network in networks.items():
        evaluation = yield from evaluate(network.module, state.data, state.data.test, context.clock)
        found = counted(network, context.clock, with_shapes=stage == "shrunk")
        figures = Figures(
            **asdict(found.counts),
            accuracy=evaluation.accuracy,
            loss=evaluation.loss,
            sparsity=found.sparsity,
            weights_sha256=hash_weights(network.module.state_dict()),
        )
        yield Measured(stage, figures, state.test_reads, context.clock())


def time_networks(
    state: EngineState, modules: Mapping[Name, nn.Module], batch_size: int, context: Context
) -> Generator[BatchEvaluated, None, dict[Name, Latency]]:
    """Time networks side by side on the same batch of validation examples, repeated if there are too few."""
    data = state.data
    at = torch.arange(batch_size) % len(data.validation)
    timing = Returning(time_forward(modules, data.batch(data.validation, at).inputs, data.device))
    for _ in timing:
        yield BatchEvaluated(1, 1, context.clock())
    return timing.value


def adopt_baseline(state: EngineState, baseline: Baseline, context: Context) -> Iterator[Event]:
    """Make this the dense baseline, and evaluate it on the test set."""
    state.set_baseline(baseline)
    yield from binned_weights(state.network, stage="dense")
    yield take_distributions(state.network, "dense")
    yield from read_test_set(state, {"dense": state.network}, context)


def dense_accuracy(state: EngineState, context: Context) -> Generator[Event, None, float]:
    """Return the dense network's validation accuracy, evaluated at most once; it must be loaded."""
    dense, data = state.dense, state.data
    if dense.accuracy is not None:
        return dense.accuracy
    found = yield from evaluate(state.network.module, data, data.validation, context.clock)
    state.baseline = replace(dense, accuracy=found.accuracy)
    return found.accuracy
