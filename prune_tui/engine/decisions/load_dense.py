"""Takes the dense baseline from a file."""

from dataclasses import replace

from prune_tui.core.session.decisions import BUNDLED, LoadDense
from prune_tui.engine.context import CheckpointToSave, Context, Ending, Work
from prune_tui.engine.decisions.test_set import dense_accuracy, take_dense
from prune_tui.engine.network.checkpoints import sha256
from prune_tui.engine.network.network import Weights
from prune_tui.engine.state import Baseline, EngineState


def load_dense(state: EngineState, decision: LoadDense, weights: Weights, context: Context) -> Work:
    """Make these weights the dense baseline; a user's own weights are known by their copy from then on."""
    yield from take_dense(state, Baseline(weights), context)
    state.accuracy = yield from dense_accuracy(state, context)
    content = state.checkpoint()
    dense = CheckpointToSave(context.free_name("dense"), "dense", content, state.accuracy)
    if decision.weights != BUNDLED:
        decision = replace(decision, weights=dense.name, sha256=sha256(content))
    return Ending(decision, (dense,))
