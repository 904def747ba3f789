"""Reads the test set once for the pruned network and the shrunk one, and times them with the dense one."""

from torch import nn

from prune_tui.core.errors import DecisionError
from prune_tui.core.run.events import LatencyMeasured, StepBegun
from prune_tui.core.session.decisions import Measure
from prune_tui.core.terms import TimedNetwork
from prune_tui.engine.context import Context, DecisionResult, Execution
from prune_tui.engine.decisions.test_set import MeasuredStage, read_test_set, time_networks
from prune_tui.engine.measure.native import native_twin
from prune_tui.engine.network.network import Network
from prune_tui.engine.network.sparse import sparse_twin
from prune_tui.engine.state import EngineState


def measure(state: EngineState, decision: Measure, context: Context) -> Execution:
    """Measure the pruned network, and the shrunk one if there is one; the smallest is also timed as C.

    Raises:
        DecisionError: the decision asks for sparse matrices, and no pruned layer is linear.
    """
    networks: dict[MeasuredStage, Network] = {"pruned": state.network}
    if state.shrunk is not None:
        networks["shrunk"] = state.shrunk
    modules: dict[TimedNetwork, nn.Module] = {"dense": state.dense_module()}
    modules |= {stage: network.module.eval() for stage, network in networks.items()}
    if decision.sparse:
        modules |= _sparse(state)
    yield from read_test_set(state, networks, context)
    if decision.batch_sizes:
        native = yield from native_twin(state, context.clock)
        modules |= {"native": native} if native is not None else {}
    for batch_size in decision.batch_sizes:
        yield StepBegun(f"timing batches of {batch_size}", context.clock())
        latencies = yield from time_networks(state, modules, batch_size, context)
        for stage, latency in latencies.items():
            yield LatencyMeasured(stage, batch_size, latency, context.clock())
    return DecisionResult(decision)


def _sparse(state: EngineState) -> dict[TimedNetwork, nn.Module]:
    """Return the pruned network with sparse linear layers; empty on devices without sparse matrices."""
    if state.data.device.type == "mps":
        return {}
    pruned = [layer.name for layer in state.network.layers if state.network.mask_of(layer.name) is not None]
    twin = sparse_twin(state.network.module, pruned)
    if twin is None:
        raise DecisionError(
            "no pruned layer is linear, and torch has no sparse convolution: measure without sparse"
        )
    return {"sparse": twin}
