"""A line that names a step's views and marks the one on show; a click switches."""

from rich.text import Text
from textual import events
from textual.app import RenderResult
from textual.message import Message
from textual.widget import Widget

from prune_tui.tui.palette import palette_of


class ViewSwitch(Widget):
    """Draws `[layer by layer]  whole network   t switches`; the step binds the key."""

    DEFAULT_CSS = "ViewSwitch { height: 1; padding: 0 1; }"

    class Chosen(Message):
        """A view was clicked."""

        def __init__(self, name: str) -> None:
            self.name = name
            super().__init__()

    def __init__(self, views: dict[str, str], *, key: str, id: str | None = None) -> None:
        super().__init__(id=id)
        self._views = views
        self._key = key
        self._note = ""
        self._spans: list[tuple[int, int, str]] = []
        self.current = next(iter(views))

    def show(self, current: str, *, note: str = "") -> None:
        """Mark the view on show; a `note` takes the place of what the key does."""
        if (current, note) != (self.current, self._note):
            self.current, self._note = current, note
            self.refresh()

    def render(self) -> RenderResult:
        """Draw the line, and remember where each name is for the mouse."""
        palette = palette_of(self.app)
        text = Text(no_wrap=True, overflow="ellipsis")
        self._spans = []
        for name, label in self._views.items():
            is_on = name == self.current
            word = f"[{label}]" if is_on else f" {label} "
            self._spans.append((text.cell_len, text.cell_len + len(word), name))
            text.append(word, palette.selected if is_on else palette.muted)
            text.append(" ")
        text.append(f" {self._key}", palette.selected)
        return text.append(f"   {self._note}" if self._note else " switches", palette.muted)

    def on_click(self, event: events.Click) -> None:
        for start, end, name in self._spans:
            if start <= event.x - 1 < end:
                self.post_message(self.Chosen(name))
