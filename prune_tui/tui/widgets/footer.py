"""The two lines at the bottom: what comes next, and the keys."""

from collections.abc import Mapping
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.app import RenderResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget

from prune_tui.core.workflow.step import Step
from prune_tui.tui.actions import Action, footer_of
from prune_tui.tui.configured.keymap import shown_actions
from prune_tui.tui.palette import palette_of


class NextBar(Widget, can_focus=True):
    """Says what Enter does next; Enter or a click here does it."""

    DEFAULT_CSS = """
    NextBar {
        height: 1; padding: 0 2; background: $panel; text-wrap: nowrap; text-overflow: ellipsis;
        &:focus { background: $primary 35%; text-style: bold; }
        &.-waiting, &.-waiting:focus { background: $panel; text-style: none; }
        &:hover { background: $primary 20%; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("up,k", "screen.enter_table", "up", show=False)]

    class Pressed(Message):
        """The bar was clicked."""

    def __init__(self) -> None:
        super().__init__(id="next")
        self._label = ""
        self._is_ready = True

    @property
    def label(self) -> str:
        return self._label

    def show(self, label: str, *, is_ready: bool = True) -> None:
        """Say what comes next, and whether it can be done now."""
        if (label, is_ready) != (self._label, self._is_ready):
            self._label, self._is_ready = label, is_ready
            self.set_class(not is_ready, "-waiting")
            self._redraw()

    @property
    def says_enter(self) -> bool:
        """Whether Enter does what the bar says, and the bar shows that."""
        return self.has_focus and self._is_ready

    def on_focus(self) -> None:
        self._redraw()

    def on_blur(self) -> None:
        self._redraw()

    def _redraw(self) -> None:
        self.refresh()
        for keys in self.screen.query(KeyBar):
            keys.refresh()

    def render(self) -> RenderResult:
        palette = palette_of(self.app)
        text = Text(no_wrap=True, overflow="ellipsis")
        text.append("▶ " if self._is_ready else "· ", palette.accent if self._is_ready else palette.faint)
        text.append(self._label, palette.text if self._is_ready else palette.muted)
        if self._is_ready:
            hint = "enter ⏎" if self.says_enter else ""
            hint = hint if text.cell_len + len(hint) < self.size.width else ""
            text.append(" " * max(1, self.size.width - text.cell_len - len(hint)))
            text.append(hint, palette.muted)
        return text

    def on_click(self) -> None:
        self.post_message(self.Pressed())


class KeyBar(Widget):
    """Draws the step's main keys, or those a person gave to its actions; a click does what the key does."""

    DEFAULT_CSS = "KeyBar { dock: bottom; height: 1; background: $panel; }"

    def __init__(self, step: Step, keys: Mapping[str, str]) -> None:
        super().__init__()
        self._actions = shown_actions(footer_of(step), keys)
        self._spans: list[tuple[int, int, Action]] = []

    def render(self) -> RenderResult:
        """Draw as many keys as there is room for, `?` always; Enter unless the next bar says what it does."""
        palette = palette_of(self.app)
        *own, last = self._actions
        if any(bar.says_enter for bar in self.screen.query(NextBar)):
            own = [action for action in own if action.keys != "enter"]
        text = Text(" ", no_wrap=True)
        self._spans = []
        needed = len(last.keys_in_footer) + len(last.label) + 4
        for action in [*own, last]:
            width = len(action.keys_in_footer) + len(action.label) + 1
            if action is not last and text.cell_len + width + needed > self.size.width:
                continue
            self._spans.append((text.cell_len, text.cell_len + width, action))
            text.append(action.keys_in_footer, palette.selected)
            text.append(f" {action.label}", palette.muted)
            text.append("  ")
        return text

    async def on_click(self, event: events.Click) -> None:
        for start, end, action in self._spans:
            if start <= event.x < end:
                place = self.app if action.place == "anywhere" else self.screen
                await place.run_action(action.name)
