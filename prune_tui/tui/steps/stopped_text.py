"""What is said of a prune that was stopped before its last round."""

from prune_tui.core.workflow.stopping import stopped_short
from prune_tui.reports.numbers import percent_text
from prune_tui.tui.state import State


def stopped_short_words(state: State) -> str:
    """Say that the last prune was stopped before its last round, if so."""
    decisions = state.session.decisions if state.session is not None else ()
    short = stopped_short(decisions, state.view.report, state.view.layers)
    counted = state.view.counted
    if short is None or counted is None:
        return ""
    rounds = f"stopped in round {short.round} of {short.num_rounds}"
    planned = percent_text(short.target_sparsity)
    return f"{rounds}: {percent_text(counted.sparsity)} pruned, {planned} planned"
