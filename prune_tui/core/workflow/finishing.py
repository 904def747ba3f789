"""What a pruned network still needs before its result is whole: shrinking, measuring."""

from collections.abc import Sequence

from prune_tui.core.network import LayerInfo
from prune_tui.core.run.attempts import last_prune
from prune_tui.core.run.view import View
from prune_tui.core.session.decisions import Decision, Measure, Shrink
from prune_tui.core.session.session import Session
from prune_tui.core.terms import Granularity


def granularity_of(session: Session | None) -> Granularity | None:
    """Return what the last plan pruned at once; None before any plan."""
    prune = last_prune(session.decisions if session is not None else ())
    return prune.granularity if prune is not None else None


def can_shrink(session: Session | None, view: View) -> bool:
    """Whether there are pruned units to remove."""
    has_units = granularity_of(session) == "unit" and view.counted is not None
    return has_units and view.shrunk is None


def finishing(session: Session | None, view: View) -> tuple[Decision, ...]:
    """Return what is still to be done after a plan: units are removed first, then all is measured."""
    if view.counted is None or view.report.pruned is not None:
        return ()
    is_sparse = granularity_of(session) == "weight" and has_linear(view.layers)
    shrink = (Shrink(),) if can_shrink(session, view) else ()
    return (*shrink, Measure(sparse=is_sparse))


def shrinking(session: Session | None, view: View) -> tuple[Decision, ...]:
    """Return what removes the pruned units and measures again; nothing if there are none to remove."""
    return (Shrink(), Measure()) if can_shrink(session, view) else ()


def finishing_words(decisions: Sequence[Decision]) -> str:
    """Say what Enter does to make the result whole."""
    if any(isinstance(decision, Shrink) for decision in decisions):
        return "remove the pruned units, then measure all three on the test set"
    return "read the test set once, measure, and see what came of it"


def has_linear(layers: Sequence[LayerInfo]) -> bool:
    """Whether any layer can run as a sparse matrix: convolutions have no sparse kernel."""
    return any(layer.kind.startswith("linear") for layer in layers)
