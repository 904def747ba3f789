"""Shows the session as a Python script, to be read and copied."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static, TextArea

from prune_tui.tui.dialogs.dialog import Dialog


class PythonDialog(Dialog[None]):
    """The same in Python: running the text gives the session's result."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,q,P", "dismiss_dialog", "close", show=False, priority=True),
        Binding("c", "copy", "copy", show=False, priority=True),
    ]

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def compose(self) -> ComposeResult:
        with Vertical(classes="panel -large"):
            yield Static("The same in Python", classes="heading")
            yield TextArea(self._text, read_only=True, compact=True)
            yield Static("↑ ↓ scroll   c copy   esc close", classes="hint")

    def action_copy(self) -> None:
        self.app.copy_to_clipboard(self._text)
        self.notify("copied", markup=False)
