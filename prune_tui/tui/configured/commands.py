"""The entries of the command palette: every action that works here, with the keys that it has."""

from collections.abc import Iterable
from functools import partial

from textual.app import App, SystemCommand
from textual.screen import Screen

from prune_tui.core.workflow.step import Step
from prune_tui.tui.actions import Place, actions_of
from prune_tui.tui.configured.keymap import shown_actions
from prune_tui.tui.options import Options

HIDDEN = ("command_palette", "next_field", "say_how_to_leave")
"""Actions that mean nothing when chosen from a list."""


def commands(app: App[None], screen: Screen[object], step: Step, options: Options) -> Iterable[SystemCommand]:
    """Yield this step's actions, then those that work anywhere."""
    places: tuple[Place, ...] = (step, "anywhere")
    for place in places:
        owner = app if place == "anywhere" else screen
        for action in shown_actions(actions_of(place), options.keys):
            if action.name not in HIDDEN:
                callback = partial(owner.run_action, action.name)
                yield SystemCommand(action.help, f"{action.label}, key {action.shown_keys}", callback)
    yield SystemCommand("Choose another theme", "theme", app.action_change_theme)
