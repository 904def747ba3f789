"""Trains the pruned network further, with its masks held."""

from prune_tui.core.session.decisions import Finetune
from prune_tui.engine.context import Context, DecisionResult, Execution
from prune_tui.engine.decisions.prune import after_training, finetune_from, pruned_checkpoint
from prune_tui.engine.measure.evaluate import evaluate
from prune_tui.engine.state import EngineState


def finetune(state: EngineState, decision: Finetune, context: Context) -> Execution:
    """Train from the final weights, and keep the best epoch, which may be the network as it is."""
    network, data = state.network, state.data
    start = yield from evaluate(network.module, data, data.validation, context.clock)
    phase, best = context.phase(decision.stopped_after_epochs), (start.accuracy, network.state())
    trained = yield from finetune_from(state, decision.training, best, phase, context)
    yield from after_training(state, context)
    stopped_after = trained.stopped_after
    return DecisionResult(
        decision.stopped_after(stopped_after), (pruned_checkpoint(state, context),), stopped_after
    )
