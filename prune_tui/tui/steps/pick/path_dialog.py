"""Asks where a folder of images is."""

from pathlib import Path

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from prune_tui.tui.dialogs.dialog import Dialog


class PathDialog(Dialog[Path]):
    """Gives a folder that exists."""

    def compose(self) -> ComposeResult:
        """Lay out question, field and hint."""
        with Vertical(classes="panel"):
            yield Static("Where are your images?", classes="heading")
            yield Static("a folder with a subfolder per class", classes="hint")
            yield Input(placeholder="~/pictures/flowers", compact=True, id="path")
            yield Static(id="reason")
            yield Static("enter take it   esc never mind", classes="hint")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take the folder if there is one."""
        path = Path(event.value.strip()).expanduser()
        if event.value.strip() and path.is_dir():
            self.dismiss(path.resolve())
            return
        reason = f"there is no folder {path}" if event.value.strip() else "type the folder's path"
        self.query_one("#reason", Static).update(Text(f"✗ {reason}"))
