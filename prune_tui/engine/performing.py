"""How each kind of decision is carried out on a workspace; returns where the user stopped it, or None."""

from collections.abc import Callable, Generator, Iterator
from copy import deepcopy
from dataclasses import dataclass

import torch

from prune_tui.core.decisions import Finetune, Measure, Prune, Scan, Training
from prune_tui.core.events import BatchEvaluated, EpochFinished, Event, LatencyMeasured, Measured
from prune_tui.core.report import EpochFigures, Figures
from prune_tui.engine.measuring import Clock, binned_weights, evaluate, hash_weights, time_forward
from prune_tui.engine.network import Weights
from prune_tui.engine.pruning import masks_for_round
from prune_tui.engine.sensitivity import scan
from prune_tui.engine.training import Stint, check, train
from prune_tui.engine.workspace import Workspace

Performance = Generator[Event, None, int | None]
"""Events, and at the end the epochs (or cells) after which the user stopped, or None."""


@dataclass(frozen=True, slots=True)
class Context:
    """What every decision is given: its index, its random state, a clock, and whether to stop."""

    index: int
    random_state: torch.Generator
    clock: Clock
    should_stop: Callable[[], bool]

    def stopping(self, limit: int | None) -> Callable[[int], bool]:
        """Return whether to stop with so much done: because the user says so, or the session did."""
        return lambda done: self.should_stop() or (limit is not None and done >= limit)

    def stint(
        self, limit: int | None, *, round: int = 1, num_rounds: int = 1, epochs_before: int = 0
    ) -> Stint:
        """Return a stretch of this decision's training."""
        return Stint(self.index, round, num_rounds, epochs_before, self.stopping(limit))


def train_dense(
    space: Workspace, fresh: Weights, training: Training, limit: int | None, context: Context
) -> Performance:
    """Train the dense baseline from fresh weights."""
    space.set_dense(fresh)
    stopped_after = yield from train(
        space.network,
        space.images,
        training,
        stint=context.stint(limit),
        random_state=context.random_state,
        clock=context.clock,
    )
    yield from take_dense(space, space.network.state(), context)
    return stopped_after


def take_dense(space: Workspace, weights: Weights, context: Context) -> Iterator[Event]:
    """Make these weights the dense baseline, and read the test set for it."""
    space.set_dense(weights)
    yield from binned_weights(space.network, stage="dense")
    yield from _read_test_set(space, "dense", context)


def scan_dense(space: Workspace, decision: Scan, context: Context) -> Performance:
    """Scan the dense baseline, and come back to the network as it is."""
    state, masks = space.network.state(), space.network.masks
    space.network.load(space.need_dense(), {})
    stopped_after = yield from scan(
        space.network,
        space.images,
        decision,
        should_stop=context.stopping(decision.stopped_after_cells),
        random_state=context.random_state,
        clock=context.clock,
    )
    space.network.load(state, masks)
    return stopped_after


def prune(space: Workspace, decision: Prune, context: Context) -> Performance:
    """Prune and fine-tune, round by round."""
    network, images, finetune = space.network, space.images, decision.finetune
    dense = space.need_dense()
    if decision.start_from == "dense":
        network.load(dense, {})
    num_rounds = decision.schedule.num_rounds
    for round in range(1, num_rounds + 1):
        network.mask(masks_for_round(network, decision, round, context.random_state))
        yield space.counted(round, num_rounds, context.clock)
        yield from check(network, context.clock)
        after = yield from evaluate(network.module, images, images.validation, context.clock)
        figures = EpochFigures(
            decision=context.index,
            round=round,
            epoch=0,
            train_loss=None,
            accuracy=after.accuracy,
            loss=after.loss,
            learning_rate=None,
        )
        yield EpochFinished(figures, finetune.num_epochs if finetune else 0, True, context.clock())
        if finetune is None:
            continue
        stint = context.stint(
            decision.stopped_after_epochs,
            round=round,
            num_rounds=num_rounds,
            epochs_before=(round - 1) * finetune.num_epochs,
        )
        stopped_after = yield from train(
            network,
            images,
            finetune,
            stint=stint,
            random_state=context.random_state,
            clock=context.clock,
            best=(after.accuracy, network.state()),
        )
        yield from check(network, context.clock)
        if stopped_after is not None:
            return stopped_after
    return None


def finetune(space: Workspace, decision: Finetune, context: Context) -> Performance:
    """Train the pruned network on, masks held."""
    space.need_pruned()
    network, images = space.network, space.images
    start = yield from evaluate(network.module, images, images.validation, context.clock)
    stopped_after = yield from train(
        network,
        images,
        decision.training,
        stint=context.stint(decision.stopped_after_epochs),
        random_state=context.random_state,
        clock=context.clock,
        best=(start.accuracy, network.state()),
    )
    yield space.counted(1, 1, context.clock)
    yield from check(network, context.clock)
    return stopped_after


def measure(space: Workspace, decision: Measure, context: Context) -> Iterator[Event]:
    """Read the test set once for the pruned network, and time it in turn with the dense one."""
    dense = space.need_dense()
    space.need_pruned()
    yield from _read_test_set(space, "pruned", context)
    reference = deepcopy(space.network.module)
    reference.load_state_dict(dense)
    modules = {"dense": reference.eval(), "pruned": space.network.module.eval()}
    for batch_size in decision.batch_sizes:
        images = space.images.normalised(space.images.validation.images[:batch_size])
        if len(images) < batch_size:
            images = images.repeat(-(-batch_size // len(images)), 1, 1, 1)[:batch_size]
        timing = time_forward(modules, images)
        while True:
            try:
                next(timing)
            except StopIteration as finished:
                latencies = finished.value
                break
            yield BatchEvaluated(1, 1, context.clock())
        for which, latency in latencies.items():
            yield LatencyMeasured(which, batch_size, latency, context.clock())


def _read_test_set(space: Workspace, which: str, context: Context) -> Iterator[Event]:
    """Evaluate on the test set, and count that it was read."""
    network, images = space.network, space.images
    evaluation = yield from evaluate(network.module, images, images.test, context.clock)
    space.test_reads += 1
    counts = space.counted(1, 1, context.clock)
    figures = Figures(
        accuracy=evaluation.accuracy,
        loss=evaluation.loss,
        parameters=counts.parameters,
        nonzero=counts.nonzero,
        sparsity=counts.sparsity,
        macs=counts.macs,
        nonzero_macs=counts.nonzero_macs,
        file_bytes=counts.file_bytes,
        weights_sha256=hash_weights(network.module.state_dict()),
    )
    yield Measured(which, figures, space.test_reads, context.clock())
