"""What Enter on the last line of the plan does, and about how long that takes."""

from prune_tui.core.workflow.baselines import trained_baseline
from prune_tui.core.workflow.time_needed import training_seconds
from prune_tui.reports.numbers import about_text
from prune_tui.tui.state import State
from prune_tui.tui.steps.plan.text import next_words


def next_text(state: State) -> str:
    """Return what Enter does, with the time that the training takes where that is known."""
    settings = state.settings
    seconds = training_seconds(settings, trained_baseline(state.session), state.view.pace.epoch_seconds)
    words = next_words(settings)
    return words if seconds is None else f"{words}, {about_text(seconds)}"
