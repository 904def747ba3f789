"""What of a session can be compared, worked out once a view."""

from prune_tui.core.attempts.attempt import AttemptView, attempts_of
from prune_tui.core.attempts.taking import swept_prune
from prune_tui.core.attempts.tradeoff import Tradeoff, TradeoffPoint, tradeoff_of
from prune_tui.core.run.view import View
from prune_tui.core.session.decisions import Method, Prune, Sweep
from prune_tui.tui.state import State


def known_attempts(state: State) -> tuple[AttemptView, ...]:
    """Return the attempts of the open session."""
    decisions = state.session.decisions if state.session is not None else ()
    return attempts_of(decisions, state.view.report)


def known_tradeoff(state: State) -> Tradeoff:
    """Return the attempts and the last sweep of the open session."""
    return tradeoff_of(
        known_attempts(state), state.view.report, dense_accuracy=dense_validation_accuracy(state.view)
    )


def dense_validation_accuracy(view: View) -> float | None:
    """Return the dense network's validation accuracy, from the scan or from when it was saved."""
    if view.report.scan is not None:
        return view.report.scan.dense_accuracy
    dense = [one.accuracy for one in view.checkpoints if one.stage == "dense"]
    return dense[-1] if dense else None


def prune_at(point: TradeoffPoint, state: State) -> Prune | None:
    """Return the prune that a point stands for; None of the dense network, and of one left dense."""
    source = point.source
    if source is None or state.session is None:
        return None
    if isinstance(source, AttemptView):
        return source.prune
    curve, swept = source
    sweep = state.session.decisions[curve.decision] if curve.decision < len(state.session.decisions) else None
    if not isinstance(sweep, Sweep) or swept.sparsity <= 0:
        return None
    method = Method(criterion=curve.criterion, granularity=curve.granularity, scope=curve.scope)
    return swept_prune(sweep, method, swept.sparsity)
