"""The one table of what a person can do: it feeds keys, footer, help and command palette."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from textual.binding import Binding, BindingType

from prune_tui.core.workflow.step import Step

Place = Step | Literal["anywhere", "tables"]


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do: the method `action_<name>` where it applies, its keys, and its words.

    `label` is short, for the footer, which leaves out what has `footer` False; `shown` replaces the keys as
    people read them, and `footer_keys` those of the footer, where one label stands for two actions.
    """

    place: Place
    name: str
    keys: str
    label: str
    help: str
    footer: bool = False
    shown: str = ""
    footer_keys: str = ""

    @property
    def shown_keys(self) -> str:
        """The keys as a person reads them."""
        return self.shown or self.keys.replace(",", " ")

    @property
    def keys_in_footer(self) -> str:
        """The keys as the footer shows them."""
        return self.footer_keys or self.shown_keys


def _steps() -> Iterator[Action]:
    for step in Step:
        help_text = f"Go to {step.title}, once there is something to show there"
        yield Action("anywhere", f"go_to_step({step.value})", str(step.value), step.title, help_text)


ACTIONS: Final[tuple[Action, ...]] = (
    *_steps(),
    Action("anywhere", "show_help", "question_mark,f1", "help", "List every key and what it does", True, "?"),
    Action("anywhere", "command_palette", "ctrl+p", "palette", "Find an action by name", shown="ctrl+p"),
    Action("anywhere", "take_picture", "f8", "picture", "Save this screen as an SVG picture"),
    Action("anywhere", "toggle_dark", "ctrl+t", "light or dark", "Switch between the light and dark theme"),
    Action("anywhere", "say_how_to_leave", "ctrl+c", "copy", "Copy the selected text"),
    Action(
        "anywhere", "save_again", "ctrl+s", "save", "Save again what could not be saved, as on a full disk"
    ),
    Action("anywhere", "leave", "q,ctrl+q", "quit", "Leave; asks first if work runs or is not saved"),
    Action("tables", "cursor_up", "up,k", "up", "Move up a row", shown="↑ k"),
    Action("tables", "cursor_down", "down,j", "down", "Move down a row", shown="↓ j"),
    Action("tables", "go_left", "left,h", "left", "Move left, where there is something", shown="← h"),
    Action("tables", "go_right", "right,l", "right", "Move right, where there is something", shown="→ l"),
    Action("tables", "first_row", "home,g", "first row", "Go to the first row"),
    Action("tables", "last_row", "end,G", "last row", "Go to the last row"),
    Action("tables", "page_up", "pageup,ctrl+b", "page up", "Move up a page"),
    Action("tables", "page_down", "pagedown,ctrl+f", "page down", "Move down a page"),
    Action("tables", "filter_rows", "slash", "find", "Show only the rows whose name has …", shown="/"),
    Action(Step.PICK, "go_on", "enter", "start", "Load the data and the baseline, then scan", True),
    Action(Step.PICK, "toggle_baseline", "b", "baseline", "Use the bundled baseline or train one", True),
    Action(Step.PICK, "show_sessions", "o", "open a session", "Go on with an earlier session", True),
    Action(Step.PICK, "new_session", "n", "new", "Begin another session, where one is open", True),
    Action(Step.PICK, "next_field", "tab", "next field", "Move between tables and fields", True),
    Action(Step.PICK, "go_back", "escape", "back", "Leave a field", shown="esc"),
    Action(Step.SCAN, "go_on", "enter", "go on", "Go to the plan; ends the scan with what there is", True),
    Action(Step.SCAN, "rescan", "r", "rescan", "Scan again with these options", True),
    Action(Step.SCAN, "toggle_quick", "e", "quick/exact", "Scan quickly or exactly, and do so at once", True),
    Action(Step.SCAN, "next_criterion", "c", "criterion", "Scan by the next criterion", True),
    Action(Step.SCAN, "next_granularity", "w", "each", "Scan single weights, whole units, or 2:4", True),
    Action(Step.SCAN, "sweep", "v", "sweep", "Prune the whole network by several methods", True),
    Action(Step.SCAN, "toggle_view", "t", "view", "Turn from the scan to the sweep's curves, and back", True),
    Action(Step.SCAN, "stop_work", "x", "stop", "Stop, and keep what there is so far", True),
    Action(Step.SCAN, "toggle_pause", "space", "pause", "Pause or resume at the next batch", True),
    Action(Step.SCAN, "next_axis", "a", "axis", "Draw the sweep against sparsity, compression, speed"),
    Action(Step.SCAN, "go_back", "escape", "back", "Back to Pick; work goes on", True, "esc"),
    Action(Step.PLAN, "enter", "enter", "edit", "Edit the sparsity; on the last line: prune", True),
    Action(Step.PLAN, "nudge(0.05)", "plus", "5 pts", "Raise the sparsity by 5 points", True, "+", "+ -"),
    Action(Step.PLAN, "nudge(-0.05)", "minus", "less", "Lower the sparsity by 5 points", shown="-"),
    Action(Step.PLAN, "budget", "b", "budget", "Solve a budget such as ≥ 20x over the unlocked rows", True),
    Action(Step.PLAN, "toggle_lock", "equals_sign", "lock", "Lock or unlock the row", True, "="),
    Action(Step.PLAN, "undo", "u", "undo", "Take the last change back", True),
    Action(Step.PLAN, "redo", "U,ctrl+r", "redo", "Make the undone change again"),
    Action(Step.PLAN, "reset", "r", "reset", "Take the row back to what the scan suggests"),
    Action(Step.PLAN, "copy_down", "y", "copy down", "Give the unlocked rows on show below this sparsity"),
    Action(Step.PLAN, "settings", "s", "settings", "Criterion, scope, schedule, fine-tuning …", True),
    Action(Step.PLAN, "prune", "p", "prune", "Prune to this plan and fine-tune", True),
    Action(Step.PLAN, "solve_again", "B", "re-solve", "Lock the rows edited, solve the others again", True),
    Action(Step.PLAN, "show_distributions", "d", "spread", "See how weights and units spread", True),
    Action(Step.PLAN, "go_back", "escape", "back", "Back to the scan", True, "esc"),
    Action(
        Step.TRAIN,
        "go_on",
        "enter",
        "measure",
        "Shrink if units were pruned, measure, and see what came",
        True,
    ),
    Action(Step.TRAIN, "toggle_pause", "space", "pause", "Pause or resume at the next batch", True),
    Action(Step.TRAIN, "stop_work", "x", "stop", "Stop, and keep the best epoch so far", True),
    Action(Step.TRAIN, "finetune", "f", "fine-tune on", "Fine-tune the pruned network once more", True),
    Action(
        Step.TRAIN,
        "next_layer(1)",
        "down,right,j,l",
        "layer",
        "Watch the next layer's weights",
        True,
        "↓ j",
        "↑ ↓",
    ),
    Action(
        Step.TRAIN, "next_layer(-1)", "up,left,k,h", "layer before", "Watch the layer before", shown="↑ k"
    ),
    Action(Step.TRAIN, "show_distributions", "d", "spread", "See weights and units before and after", True),
    Action(Step.TRAIN, "go_back", "escape", "plan", "Back to the plan; work goes on", True, "esc"),
    Action(Step.SAVE, "go_on", "enter", "done", "Say where everything has been saved", True),
    Action(Step.SAVE, "finetune", "f", "fine-tune on", "Fine-tune the pruned network once more", True),
    Action(Step.SAVE, "copy_command", "c", "copy command", "Copy the command that replays the session", True),
    Action(Step.SAVE, "save_summary", "m", "summary", "Write a Markdown summary, and copy it", True),
    Action(Step.SAVE, "show_distributions", "d", "spread", "See weights and units before and after", True),
    Action(Step.SAVE, "shrink", "s", "shrink", "Remove pruned units, and measure again"),
    Action(Step.SAVE, "new_session", "n", "new", "Start another session", True),
    Action(Step.SAVE, "stop_work", "x", "stop", "Stop measuring"),
    Action(Step.SAVE, "scroll_report(1)", "down,j", "scroll", "Scroll down", True, "↓ j", "↑ ↓"),
    Action(Step.SAVE, "scroll_report(-1)", "up,k", "up", "Scroll up", shown="↑ k"),
    Action(Step.SAVE, "go_back", "escape", "plan", "Back to the plan, to try another", True, "esc"),
)


def actions_of(place: Place) -> list[Action]:
    """Return what can be done in a place, in the order it is shown."""
    return [action for action in ACTIONS if action.place == place]


def bindings_of(place: Place) -> list[BindingType]:
    """Return the key bindings of a place."""
    return [Binding(action.keys, action.name, action.label, show=False) for action in actions_of(place)]


def footer_of(step: Step) -> list[Action]:
    """Return what a step's footer shows."""
    return [action for place in (step, "anywhere") for action in actions_of(place) if action.footer]
