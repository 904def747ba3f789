"""Asks what becomes of the work that runs."""

from typing import ClassVar, Literal

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Button, Static

from prune_tui.tui.dialogs.dialog import Dialog

Answer = Literal["stop", "discard", "stay"]


class QuitDialog(Dialog[Answer]):
    """Gives `stop`, `discard` or `stay`; staying is what Esc does."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "answer('stop')", "stop and save", show=False),
        Binding("d", "answer('discard')", "discard", show=False),
        Binding("escape,q", "answer('stay')", "stay", show=False),
        Binding("up,left,k,h", "app.focus_previous", "before", show=False),
        Binding("down,right,j,l", "app.focus_next", "next", show=False),
    ]

    def __init__(self, what: str, *, purpose: str) -> None:
        super().__init__()
        self._what = what
        self._purpose = purpose

    def compose(self) -> ComposeResult:
        """Lay out the question and its three answers."""
        with Vertical(classes="panel"):
            yield Static(Text(self._purpose), classes="heading")
            yield Static(Text(f"Still running: {self._what}"), classes="hint")
            yield Button("Stop after this batch and save", id="stop", compact=True)
            yield Button("Discard what runs, keep what was done before", id="discard", compact=True)
            yield Button("Stay", id="stay", compact=True)
            yield Static("s stop   d discard   esc stay", classes="hint")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Give the answer."""
        event.stop()
        self.action_answer(event.button.id or "stay")

    def action_answer(self, answer: str) -> None:
        """Give the answer."""
        self.dismiss("stop" if answer == "stop" else "discard" if answer == "discard" else "stay")
