"""One line of a form: a label, and a value that left and right change."""

from collections.abc import Mapping
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.app import RenderResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget

from prune_tui.tui.palette import palette_of


class Choice(Widget, can_focus=True):
    """Shows `◂ l1 ▸` and what it means; left, right, space and the mouse change it.

    A value in `unavailable` can be looked at but not chosen: it is shown with the reason.
    """

    DEFAULT_CSS = """
    Choice {
        height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis;
        &:focus { background: $primary 25%; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "change(-1)", "before", show=False),
        Binding("right,l,space", "change(1)", "next", show=False),
    ]

    class Changed(Message):
        """Another value is chosen."""

        def __init__(self, choice: "Choice") -> None:
            self.choice = choice
            super().__init__()

    def __init__(
        self,
        label: str,
        options: dict[str, str],
        value: str,
        *,
        id: str,
        unavailable: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(id=id)
        self._unavailable = unavailable or {}
        self._label = label
        self._options = options
        self.value = value if value in options else next(iter(options))

    @property
    def reason(self) -> str:
        """Why the value on show can't be chosen, if so."""
        return self._unavailable.get(self.value, "")

    def offer(self, options: dict[str, str]) -> None:
        """Offer other options; the value stays if it is one of them."""
        if options != self._options:
            self._options = options
            self.value = self.value if self.value in options else next(iter(options))
            self.refresh()

    def render(self) -> RenderResult:
        palette = palette_of(self.app)
        text = Text(f"{self._label:<12}", palette.muted, no_wrap=True, overflow="ellipsis")
        text.append("◂ " if self.has_focus else "  ", palette.accent)
        text.append(f"{self.value:<10}", palette.faint if self.reason else palette.bold)
        text.append(" ▸ " if self.has_focus else "   ", palette.accent)
        if self.reason:
            return text.append(f"✗ {self.reason}", palette.warn)
        return text.append(self._options[self.value], palette.muted)

    def on_click(self, _event: events.Click) -> None:
        self.action_change(1)

    def action_change(self, by: int) -> None:
        """Choose the value `by` places further, from the last to the first."""
        names = list(self._options)
        self.value = names[(names.index(self.value) + by) % len(names)]
        self.refresh()
        self.post_message(self.Changed(self))
