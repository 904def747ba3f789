"""Text whose changes never move other widgets, and are painted only where they are."""

from rich.text import Text
from textual.widgets import Static


class FixedText(Static):
    """A static whose size does not depend on its text."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._shown: Text | None = None

    def show(self, text: Text) -> None:
        """Show this text; paint only if it has changed."""
        if text != self._shown:
            self._shown = text
            self.update(text, layout=False)
