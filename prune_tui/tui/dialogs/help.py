"""Every key and what it does, from the table of actions."""

from collections.abc import Mapping
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from prune_tui.core.workflow.step import Step
from prune_tui.tui.actions import Place, actions_of
from prune_tui.tui.configured.keymap import shown_actions
from prune_tui.tui.dialogs.dialog import Dialog
from prune_tui.tui.palette import Palette, palette_of


class HelpDialog(Dialog[None]):
    """Lists this step's keys first, then all others; `keys` are those that a person gave to actions."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark,q,enter", "dismiss_dialog", "close", show=False),
        Binding("down,j", "scroll(2)", "down", show=False),
        Binding("up,k", "scroll(-2)", "up", show=False),
    ]

    def __init__(self, step: Step, keys: Mapping[str, str]) -> None:
        super().__init__()
        self._keys = keys
        self._step = step
        self._palette: Palette | None = None

    def compose(self) -> ComposeResult:
        with Vertical(classes="panel -large"):
            yield Static("Keys", classes="heading")
            with VerticalScroll(can_focus=False):
                yield Static(id="keys")
            yield Static("↑ ↓ scroll   ? or q close   ctrl+p finds an action by name", classes="hint")

    def on_screen_resume(self) -> None:
        """Write the list; again if the theme has changed since."""
        palette = palette_of(self.app)
        if palette != self._palette:
            self._palette = palette
            self.query_one("#keys", Static).update(help_text(self._step, palette, self._keys))
        self.query_one(VerticalScroll).scroll_home(animate=False)

    def action_scroll(self, by: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)


def help_text(step: Step, palette: Palette, keys: Mapping[str, str]) -> Text:
    """Return every action with its keys, this step's first, and what the signs on the screens mean."""
    others = [other for other in Step if other is not step]
    places: list[Place] = [step, "anywhere", "tables", *others]
    text = Text()
    for place in places:
        text.append("\n\n" if text else "")
        text.append(place.title if isinstance(place, Step) else place.capitalize(), palette.selected)
        for action in shown_actions(actions_of(place), keys):
            text.append(f"\n  {action.shown_keys:<16}", palette.bold)
            text.append(action.help, palette.text)
    text.append("\n\nSigns", palette.selected)
    for sign, meaning in SIGNS:
        text.append(f"\n  {sign:<16}", palette.bold).append(meaning, palette.text)
    return text


SIGNS = (
    ("▁▂▃ ▄▅ ▆▇█", "in a ruler: accuracy lost, up to 1 point, up to 5, more"),
    ("│", "in a ruler: the planned sparsity"),
    ("░ █", "in a histogram: what is pruned, what is kept"),
    ("Δacc", "change in validation accuracy if only this layer is pruned, in points"),
    ("predicted", "validation accuracy of the whole plan right after pruning, in %"),
    ("● ■ ▲ ◆", "in the plot of a sweep: one sign per method, named beside it"),
    ("1 2 3", "in the picture of the trade-off: the attempts, by number"),
    ("★", "on the Pareto front: nothing tried is as accurate and smaller, or faster"),
    ("conv2 +3", "a pruning group: 3 more layers lose their units with conv2"),
    ("┄", "dotted in a plot: the previous run, or one point below dense"),
)
