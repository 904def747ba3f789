"""The one table of actions: it feeds the keys, the footer, the help and the command palette."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from textual.binding import Binding, BindingType

from prune_tui.core.workflow.step import Step

Place = Step | Literal["anywhere", "tables"]


def place_name(place: Place) -> str:
    """Return what a configuration file calls a place: `plan`, `anywhere`."""
    return place.name.lower() if isinstance(place, Step) else place


@dataclass(frozen=True, slots=True)
class Action:
    """An action: the method `action_<name>` that does it, the place where it applies, its keys and its text.

    `label` is short, for the footer, which shows only actions with `footer`. `shown` replaces the keys where
    they are shown, and `footer_keys` those in the footer, where one label stands for two actions.
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
    def id(self) -> str:
        """The name by which a configuration file gives it other keys: `plan.prune`."""
        return f"{place_name(self.place)}.{self.name}"

    @property
    def shown_keys(self) -> str:
        return self.shown or self.keys.replace(",", " ")

    @property
    def keys_in_footer(self) -> str:
        return self.footer_keys or self.shown_keys


def _steps() -> Iterator[Action]:
    for step in Step:
        help_text = f"Go to {step.title}, once there is something to show"
        yield Action("anywhere", f"go_to_step({step.value})", str(step.value), step.title, help_text)


TRADE_OFF: Final = "See all attempts and their trade-off, compare plans, take one up again"

ACTIONS: Final[tuple[Action, ...]] = (
    *_steps(),
    Action("anywhere", "show_help", "question_mark,f1", "help", "List every key and what it does", True, "?"),
    Action("anywhere", "command_palette", "ctrl+p", "palette", "Find an action by name", shown="ctrl+p"),
    Action("anywhere", "take_picture", "f8", "picture", "Save this screen as an SVG picture"),
    Action("anywhere", "toggle_dark", "ctrl+t", "light or dark", "Switch between the light and dark theme"),
    Action("anywhere", "say_how_to_leave", "ctrl+c", "copy", "Copy the selected text"),
    Action("anywhere", "suspend", "ctrl+z", "suspend", "Go to the shell; fg comes back with all as it was"),
    Action("anywhere", "save_again", "ctrl+s", "save", "Try again to save what could not be saved"),
    Action("anywhere", "leave", "q,ctrl+q", "quit", "Quit; asks first if work is running or not saved"),
    Action("tables", "cursor_up", "up,k", "up", "Move up a row", shown="↑ k"),
    Action("tables", "cursor_down", "down,j", "down", "Move down a row", shown="↓ j"),
    Action("tables", "go_left", "left,h", "left", "Go to the table or view on the left", shown="← h"),
    Action("tables", "go_right", "right,l", "right", "Go to the table or view on the right", shown="→ l"),
    Action("tables", "first_row", "home,g", "first row", "Go to the first row"),
    Action("tables", "last_row", "end,G", "last row", "Go to the last row"),
    Action("tables", "page_up", "pageup,ctrl+b", "page up", "Move up a page"),
    Action("tables", "page_down", "pagedown,ctrl+f", "page down", "Move down a page"),
    Action(
        "tables", "filter_rows", "slash", "find", "Show only the rows whose name contains a text", shown="/"
    ),
    Action(
        "tables",
        "sort_by_next",
        "greater_than_sign",
        "sort",
        "Sort by the next column, last in the order of the network; or click a heading",
        shown=">",
    ),
    Action("tables", "turn_order", "less_than_sign", "reverse", "Reverse the order of the rows", shown="<"),
    Action(Step.PICK, "go_on", "enter", "start", "Load the data and the baseline, then scan", True),
    Action(
        Step.PICK,
        "toggle_baseline",
        "T",
        "baseline",
        "Switch between training the baseline and one that is there",
        True,
    ),
    Action(
        Step.PICK, "toggle_pretrained", "W", "published", "Begin with published weights, or with fresh ones"
    ),
    Action(
        Step.PICK,
        "show_sessions",
        "o",
        "open session",
        "List the sessions: open, branch, rename, delete",
        True,
    ),
    Action(Step.PICK, "new_session", "n", "new", "Begin another session than the open one", True),
    Action(Step.PICK, "next_field", "tab", "next field", "Move between tables and fields", True),
    Action(Step.PICK, "go_back", "escape", "back", "Leave the field, or show all rows again", shown="esc"),
    Action(Step.SCAN, "go_on", "enter", "plan", "Go to the plan; a running scan ends with what it has", True),
    Action(Step.SCAN, "rescan", "r", "scan", "Scan again with these options", True),
    Action(
        Step.SCAN,
        "toggle_quick",
        "e",
        "quick/exact",
        "Switch between a quick and an exact scan, and start it",
        True,
    ),
    Action(Step.SCAN, "next_criterion", "c", "criterion", "Choose the next criterion; r scans by it", True),
    Action(
        Step.SCAN,
        "next_granularity",
        "w",
        "weight/unit",
        "Choose single weights, whole units, blocks or 2:4; r scans them",
        True,
    ),
    Action(Step.SCAN, "sweep", "v", "sweep", "Compare several methods on the whole network", True),
    Action(Step.SCAN, "toggle_view", "t", "view", "Switch between the scan and the sweep's curves", True),
    Action(Step.SCAN, "stop_work", "x", "stop", "Stop, and keep what is done so far", True),
    Action(Step.SCAN, "toggle_pause", "space", "pause", "Pause or resume at the next batch", True),
    Action(
        Step.SCAN, "next_axis", "A", "axis", "Draw the sweep by sparsity, compression, speedup or latency"
    ),
    Action(Step.SCAN, "show_attempts", "a", "attempts", TRADE_OFF, True),
    Action(
        Step.SCAN, "toggle_stage", "z", "fold", "Fold a stage, such as layer1, into one row, or unfold it"
    ),
    Action(Step.SCAN, "toggle_all_stages", "Z", "fold all", "Fold all stages, or unfold them"),
    Action(Step.SCAN, "show_row", "i", "info", "See all about the row: its layers, shapes and MACs"),
    Action(Step.SCAN, "go_back", "escape", "back", "Go back to Pick; work goes on", True, "esc"),
    Action(Step.PLAN, "enter", "enter", "edit", "Edit the sparsity; on the last line: prune", True),
    Action(
        Step.PLAN,
        "nudge(1)",
        "plus",
        "nudge",
        "Raise the sparsity by 5 points; near the cliff by 1, beyond it by 0.1",
        True,
        "+",
        "+ -",
    ),
    Action(Step.PLAN, "nudge(-1)", "minus", "less", "Lower the sparsity by as much", shown="-"),
    Action(Step.PLAN, "budget", "b", "budget", "Solve the unlocked rows for a budget such as ≥ 20x", True),
    Action(Step.PLAN, "toggle_lock", "equals_sign", "lock", "Lock or unlock the row", True, "="),
    Action(
        Step.PLAN,
        "toggle_mark",
        "asterisk",
        "mark",
        "Mark the row; keys then change all marked",
        True,
        "*",
    ),
    Action(Step.PLAN, "mark_all", "ctrl+a", "mark all", "Mark all rows on show, or none of them"),
    Action(
        Step.PLAN,
        "toggle_stage",
        "z",
        "fold",
        "Fold a stage, such as layer1, into one row, or unfold it",
        True,
    ),
    Action(Step.PLAN, "toggle_all_stages", "Z", "fold all", "Fold all stages, or unfold them"),
    Action(Step.PLAN, "show_row", "i", "info", "See all about the row: its layers, shapes and MACs"),
    Action(Step.PLAN, "undo", "u", "undo", "Undo the last change", True),
    Action(Step.PLAN, "redo", "U,ctrl+r", "redo", "Redo the change that was undone"),
    Action(Step.PLAN, "reset", "R", "reset", "Reset the row to what the scan suggests"),
    Action(
        Step.PLAN,
        "copy_down",
        "y",
        "copy down",
        "Copy this sparsity to the unlocked rows below, or to the marked rows",
    ),
    Action(Step.PLAN, "measure", "M", "measure", "Measure this plan on the validation images"),
    Action(
        Step.PLAN,
        "time_kernels",
        "K",
        "measure kernels",
        "Measure what each layer takes in C here: latencies are then predicted, and ≤ 2 ms is a budget",
    ),
    Action(Step.PLAN, "settings", "s", "settings", "Change criterion, scope, schedule, fine-tuning …", True),
    Action(Step.PLAN, "show_attempts", "a", "attempts", TRADE_OFF, True),
    Action(Step.PLAN, "prune", "p", "prune", "Prune by this plan, then fine-tune", True),
    Action(
        Step.PLAN, "solve_again", "B", "re-solve", "Lock the edited rows and solve the others again", True
    ),
    Action(Step.PLAN, "show_distributions", "d", "histograms", "See histograms of weights and units", True),
    Action(Step.PLAN, "go_back", "escape", "back", "Go back to the scan", True, "esc"),
    Action(
        Step.TRAIN,
        "go_on",
        "enter",
        "measure",
        "Shrink if units were pruned, measure, and show the result",
        True,
    ),
    Action(Step.TRAIN, "toggle_pause", "space", "pause", "Pause or resume at the next batch", True),
    Action(Step.TRAIN, "stop_work", "x", "stop", "Stop, and keep the best epoch so far", True),
    Action(Step.TRAIN, "finetune", "f", "fine-tune", "Fine-tune the pruned network once more", True),
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
        Step.TRAIN,
        "next_layer(-1)",
        "up,left,k,h",
        "previous layer",
        "Watch the previous layer's weights",
        shown="↑ k",
    ),
    Action(
        Step.TRAIN,
        "show_distributions",
        "d",
        "histograms",
        "See weights and units before and after pruning",
        True,
    ),
    Action(Step.TRAIN, "show_attempts", "a", "attempts", TRADE_OFF, True),
    Action(Step.TRAIN, "go_back", "escape", "plan", "Go back to the plan; work goes on", True, "esc"),
    Action(Step.SAVE, "go_on", "enter", "done", "Say where everything is saved", True),
    Action(Step.SAVE, "finetune", "f", "fine-tune", "Fine-tune the pruned network once more", True),
    Action(Step.SAVE, "show_attempts", "a", "attempts", TRADE_OFF, True),
    Action(Step.SAVE, "next_axis", "A", "axis", "Draw the trade-off by compression, speedup or latency"),
    Action(Step.SAVE, "copy_command", "C", "copy replay", "Copy the command that replays the session", True),
    Action(Step.SAVE, "save_summary", "m", "summary", "Write a Markdown summary, and copy it", True),
    Action(Step.SAVE, "show_python", "P", "python", "See the same in Python: a script to copy", True),
    Action(
        Step.SAVE,
        "show_distributions",
        "d",
        "histograms",
        "See weights and units before and after pruning",
        True,
    ),
    Action(Step.SAVE, "shrink", "S", "shrink", "Remove pruned units, and measure again"),
    Action(Step.SAVE, "new_session", "n", "new", "Start another session", True),
    Action(Step.SAVE, "stop_work", "x", "stop", "Stop measuring"),
    Action(Step.SAVE, "scroll_report(1)", "down,j", "scroll", "Scroll down", True, "↓ j", "↑ ↓"),
    Action(Step.SAVE, "scroll_report(-1)", "up,k", "up", "Scroll up", shown="↑ k"),
    Action(Step.SAVE, "go_back", "escape", "plan", "Go back to the plan, to try another", True, "esc"),
)


def actions_of(place: Place) -> list[Action]:
    """Return the actions of a place, in the order they are shown."""
    return [action for action in ACTIONS if action.place == place]


def bindings_of(place: Place) -> list[BindingType]:
    """Return the key bindings of a place."""
    return [
        Binding(action.keys, action.name, action.label, show=False, id=action.id)
        for action in actions_of(place)
    ]


def footer_of(step: Step) -> list[Action]:
    """Return the actions in a step's footer."""
    return [action for place in (step, "anywhere") for action in actions_of(place) if action.footer]
