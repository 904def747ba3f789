"""What a network finally is: shrunk to its living units, read on the test set, timed beside the others."""

from collections.abc import Generator, Iterator, Mapping

from torch import nn

from prune_tui.core.errors import DecisionError
from prune_tui.core.run.events import BatchEvaluated, Event, LatencyMeasured, Measured, Shrunk
from prune_tui.core.run.report import Figures, Latency
from prune_tui.core.session.decisions import Measure
from prune_tui.engine.context import Context
from prune_tui.engine.measure.distributions import take_distributions
from prune_tui.engine.measure.evaluate import Clock, binned_weights, evaluate, hash_weights, time_forward
from prune_tui.engine.network.network import Network
from prune_tui.engine.network.shrink import MAX_DISAGREEMENT, disagreement, shrink
from prune_tui.engine.network.sparse import sparse_twin
from prune_tui.engine.state import Baseline, Workspace, counted

NUM_COMPARED_IMAGES = 512


def take_dense(space: Workspace, baseline: Baseline, context: Context) -> Iterator[Event]:
    """Make these weights the dense baseline, and read the test set for it."""
    space.set_dense(baseline)
    yield from binned_weights(space.network, stage="dense")
    yield take_distributions(space.network, "dense")
    yield from _read_test_set(space, {"dense": space.network}, context)


def shrink_units(space: Workspace, context: Context) -> Iterator[Event]:
    """Remove pruned units physically; refused if the result computes anything else.

    Raises:
        DecisionError: no unit can be removed, or the outputs differ.
    """
    space.need_pruned()
    checked = checked_shrink(space)
    if checked is None:
        raise DecisionError(
            "no unit can be removed: every one still puts something out that another reads; "
            "prune with granularity unit to shrink"
        )
    space.shrunk, difference = checked
    yield account_of_shrunk(space, difference, context.clock)


def checked_shrink(space: Workspace) -> tuple[Network, float] | None:
    """Return the network without its dead units, and how far its outputs differ; None if none is dead.

    Raises:
        DecisionError: the outputs differ by more than rounding.
    """
    shrunk = shrink(space.network, space.image_shape, num_classes=space.num_classes)
    if shrunk is None:
        return None
    difference = compare_shrunk(space, shrunk)
    if not difference <= MAX_DISAGREEMENT:
        raise DecisionError(
            f"shrinking is refused: the smaller network's outputs differ by {difference:.1e} of the largest "
            f"(at most {MAX_DISAGREEMENT:.0e} may come from rounding); the masked network is kept"
        )
    return shrunk, difference


def account_of_shrunk(space: Workspace, difference: float, clock: Clock) -> Shrunk:
    """Count the shrunk network beside the masked one, from whose outputs its own differ by so much."""
    assert space.shrunk is not None
    counts = counted(space.shrunk, clock)
    return Shrunk(
        units=tuple(
            (layer.name, layer.units, space.shrunk.layer(layer.name).units) for layer in space.network.layers
        ),
        parameters=counts.parameters,
        nonzero=counts.nonzero,
        macs=counts.macs,
        nonzero_macs=counts.nonzero_macs,
        file_bytes=counts.file_bytes,
        disagreement=difference,
        num_images=min(NUM_COMPARED_IMAGES, len(space.images.validation)),
        seconds=clock(),
    )


def compare_shrunk(space: Workspace, shrunk: Network) -> float:
    """Return how far a shrunk network's outputs are from the masked one's, on real images."""
    batch = space.images.normalised(space.images.validation.images[:NUM_COMPARED_IMAGES])
    return disagreement(space.network.module, shrunk.module, batch)


def measure(space: Workspace, decision: Measure, context: Context) -> Iterator[Event]:
    """Read the test set once for the pruned network and the shrunk one, and time them with the dense one."""
    dense = space.dense_module()
    space.need_pruned()
    networks = {"pruned": space.network}
    if space.shrunk is not None:
        networks["shrunk"] = space.shrunk
    modules = {"dense": dense} | {which: network.module.eval() for which, network in networks.items()}
    if decision.sparse:
        modules |= _sparse(space)
    yield from _read_test_set(space, networks, context)
    for batch_size in decision.batch_sizes:
        latencies = yield from timed(space, modules, batch_size, context)
        for which, latency in latencies.items():
            yield LatencyMeasured(which, batch_size, latency, context.clock())


def timed(
    space: Workspace, modules: Mapping[str, nn.Module], batch_size: int, context: Context
) -> Generator[BatchEvaluated, None, dict[str, Latency]]:
    """Time these networks side by side on the same batch of real images."""
    images = space.images.normalised(space.images.validation.images[:batch_size])
    if len(images) < batch_size:
        images = images.repeat(-(-batch_size // len(images)), 1, 1, 1)[:batch_size]
    timing = time_forward(modules, images)
    while True:
        try:
            next(timing)
        except StopIteration as finished:
            latencies: dict[str, Latency] = finished.value
            return latencies
        yield BatchEvaluated(1, 1, context.clock())


def _sparse(space: Workspace) -> dict[str, nn.Module]:
    """Return the pruned network with sparse linear layers; nothing where the device has none."""
    if space.images.device.type == "mps":
        return {}
    pruned = [layer.name for layer in space.network.layers if space.network.mask_of(layer.name) is not None]
    twin = sparse_twin(space.network.module, pruned)
    if twin is None:
        raise DecisionError(
            "no pruned layer is linear, and torch has no sparse convolution: measure without sparse"
        )
    return {"sparse": twin}


def _read_test_set(space: Workspace, networks: Mapping[str, Network], context: Context) -> Iterator[Event]:
    """Evaluate on the test set, and count that it was read: once for all networks of one report."""
    space.test_reads += 1
    for which, network in networks.items():
        evaluation = yield from evaluate(network.module, space.images, space.images.test, context.clock)
        counts = counted(network, context.clock)
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
