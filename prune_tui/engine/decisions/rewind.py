"""Retrains the pruned network as the dense baseline was trained, masks held."""

from prune_tui.core.session.decisions import Rewind
from prune_tui.engine.context import Context, Ending, Work
from prune_tui.engine.decisions.prune import after_training, pruned_checkpoint, retrain
from prune_tui.engine.state import EngineState


def rewind(state: EngineState, decision: Rewind, context: Context) -> Work:
    """Go back to an early epoch's weights or learning rate, and train on from there."""
    phase = context.phase(decision.stopped_after_epochs)
    trained = yield from retrain(state, decision.rewinding, phase, context)
    yield from after_training(state, context)
    stopped_after = trained.stopped_after
    return Ending(decision.stopped_after(stopped_after), (pruned_checkpoint(state, context),), stopped_after)
