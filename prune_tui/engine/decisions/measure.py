"""Reads the test set once for the pruned network and the shrunk one, and times them with the dense one."""

from torch import nn

from prune_tui.core.errors import DecisionError
from prune_tui.core.run.events import LatencyMeasured
from prune_tui.core.session.decisions import Measure
from prune_tui.core.terms import Timed
from prune_tui.engine.context import Context, Ending, Work
from prune_tui.engine.decisions.test_set import MeasuredStage, read_test_set, timed
from prune_tui.engine.network.network import Network
from prune_tui.engine.network.sparse import sparse_twin
from prune_tui.engine.state import EngineState


def measure(state: EngineState, decision: Measure, context: Context) -> Work:
    """Measure what there is.

    Raises:
        DecisionError: sparse matrices are wanted, and no pruned layer is linear.
    """
    networks: dict[MeasuredStage, Network] = {"pruned": state.network}
    if state.shrunk is not None:
        networks["shrunk"] = state.shrunk
    modules: dict[Timed, nn.Module] = {"dense": state.dense_module()}
    modules |= {stage: network.module.eval() for stage, network in networks.items()}
    if decision.sparse:
        modules |= _sparse(state)
    yield from read_test_set(state, networks, context)
    for batch_size in decision.batch_sizes:
        latencies = yield from timed(state, modules, batch_size, context)
        for stage, latency in latencies.items():
            yield LatencyMeasured(stage, batch_size, latency, context.clock())
    return Ending(decision)


def _sparse(state: EngineState) -> dict[Timed, nn.Module]:
    """Return the pruned network with sparse linear layers; nothing where the device has none."""
    if state.data.device.type == "mps":
        return {}
    pruned = [layer.name for layer in state.network.layers if state.network.mask_of(layer.name) is not None]
    twin = sparse_twin(state.network.module, pruned)
    if twin is None:
        raise DecisionError(
            "no pruned layer is linear, and torch has no sparse convolution: measure without sparse"
        )
    return {"sparse": twin}
