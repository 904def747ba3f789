"""Retrains the pruned network as the dense baseline was trained, with its masks held."""

from prune_tui.core.session.decisions import Rewind
from prune_tui.engine.context import Context, DecisionResult, Execution
from prune_tui.engine.decisions.prune import after_training, pruned_checkpoint, retrain
from prune_tui.engine.state import EngineState


def rewind(state: EngineState, decision: Rewind, context: Context) -> Execution:
    """Rewind the weights or the learning rate to an early epoch, and train from there."""
    phase = context.phase(decision.stopped_after_epochs)
    trained = yield from retrain(state, decision.rewinding, phase, context)
    yield from after_training(state, context)
    stopped_after = trained.stopped_after
    return DecisionResult(
        decision.stopped_after(stopped_after), (pruned_checkpoint(state, context),), stopped_after
    )
