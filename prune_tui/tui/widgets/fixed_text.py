"""Text in a room of fixed height: a change is painted where it is, and moves nothing around it."""

from rich.text import Text
from textual.widgets import Static


class FixedText(Static):
    """A static whose size does not follow from its text."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._shown: Text | None = None

    def show(self, text: Text) -> None:
        """Show this text; nothing is painted if nothing has changed."""
        if text != self._shown:
            self._shown = text
            self.update(text, layout=False)
