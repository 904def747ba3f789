"""Removes pruned units physically; it is an error if the outputs change."""

from prune_tui.catalog.batches import num_examples
from prune_tui.core.errors import DecisionError
from prune_tui.core.run.events import Shrunk
from prune_tui.core.session.decisions import Shrink
from prune_tui.engine.context import CheckpointToSave, Clock, Context, DecisionResult, Execution
from prune_tui.engine.network.checkpoints import encode
from prune_tui.engine.network.counts import counted
from prune_tui.engine.network.network import Network
from prune_tui.engine.network.shrink import checked_shrink
from prune_tui.engine.state import EngineState


def shrink(state: EngineState, decision: Shrink, context: Context) -> Execution:
    """Shrink the pruned network.

    Raises:
        DecisionError: no unit can be removed, or the outputs differ.
    """
    checked = checked_shrink(state.network, state.compared)
    if checked is None:
        raise DecisionError(
            "no unit can be removed: every one still puts something out that another reads; "
            "prune with granularity unit to shrink"
        )
    state.shrunk, difference = checked
    yield shrunk_event(state, state.shrunk, difference, context.clock)
    module = state.shrunk.module
    content = encode(module.state_dict(), state.shrunk.masks, with_shapes=True)
    saved = CheckpointToSave(context.free_name("shrunk"), "shrunk", content, state.accuracy)
    return DecisionResult(decision, (saved,))


def shrunk_event(state: EngineState, shrunk: Network, difference: float, clock: Clock) -> Shrunk:
    """Return the event for a shrunk network; `difference` is its disagreement with the masked one."""
    return Shrunk(
        units=tuple(
            (layer.name, layer.units, shrunk.layer(layer.name).units) for layer in state.network.prunable
        ),
        counts=counted(shrunk, clock, with_shapes=True).counts,
        disagreement=difference,
        num_images=num_examples(state.compared),
        seconds=clock(),
    )
