"""What a pruned network still needs for a complete result: shrinking and measuring."""

from collections.abc import Sequence

from prune_tui.core.network import LayerInfo
from prune_tui.core.run.attempts import last_prune
from prune_tui.core.run.view import View
from prune_tui.core.session.decisions import Decision, Measure, Shrink
from prune_tui.core.session.session import Session
from prune_tui.core.terms import BLOCK_ROWS, Granularity


def granularity_of(session: Session | None) -> Granularity | None:
    """Return the granularity of the last prune; None before any."""
    prune = last_prune(session.decisions if session is not None else ())
    return prune.granularity if prune is not None else None


def can_shrink(session: Session | None, view: View) -> bool:
    """Return whether there are pruned units to remove."""
    has_units = granularity_of(session) == "unit" and view.counted is not None
    return has_units and view.shrunk is None


def decisions_to_complete(session: Session | None, view: View) -> tuple[Decision, ...]:
    """Return the decisions that complete the result: pruned units are removed first, then all is measured."""
    if view.counted is None or view.report.pruned is not None:
        return ()
    is_sparse = granularity_of(session) in ("weight", *BLOCK_ROWS) and has_linear(view.layers)
    shrink = (Shrink(),) if can_shrink(session, view) else ()
    return (*shrink, Measure(sparse=is_sparse))


def shrinking(session: Session | None, view: View) -> tuple[Decision, ...]:
    """Return what removes the pruned units and measures again; nothing if there are none to remove."""
    return (Shrink(), Measure()) if can_shrink(session, view) else ()


def completion_text(decisions: Sequence[Decision]) -> str:
    """Return these decisions as text, for the key that makes them."""
    if any(isinstance(decision, Shrink) for decision in decisions):
        return "remove the pruned units, then measure all three on the test set"
    return "read the test set once, measure, and see the result"


def has_linear(layers: Sequence[LayerInfo]) -> bool:
    """Return whether any layer can run as a sparse matrix; convolutions have no sparse kernel."""
    return any(layer.kind.startswith("linear") for layer in layers)
