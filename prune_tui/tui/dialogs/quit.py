"""Asks what to do with work that is running, or with what could not be saved."""

from typing import ClassVar, Literal

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Button, Static

from prune_tui.tui.dialogs.dialog import Dialog

Answer = Literal["save", "discard", "stay"]


class QuitDialog(Dialog[Answer]):
    """Returns `save`, `discard` or `stay`; Esc stays."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "answer('save')", "save", show=False),
        Binding("d", "answer('discard')", "discard", show=False),
        Binding("escape,q", "answer('stay')", "stay", show=False),
        Binding("up,left,k,h", "app.focus_previous", "before", show=False),
        Binding("down,right,j,l", "app.focus_next", "next", show=False),
    ]

    def __init__(self, what: str, *, purpose: str, save: str, discard: str) -> None:
        super().__init__()
        self._what = what
        self._purpose = purpose
        self._save = save
        self._discard = discard

    def compose(self) -> ComposeResult:
        with Vertical(classes="panel"):
            yield Static(Text(self._purpose), classes="heading")
            yield Static(Text(self._what), classes="hint")
            yield Button(self._save, id="save", compact=True)
            yield Button(self._discard, id="discard", compact=True)
            yield Button("Stay", id="stay", compact=True)
            yield Static("s save   d discard   esc stay", classes="hint")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.action_answer(event.button.id or "stay")

    def action_answer(self, answer: str) -> None:
        self.dismiss("save" if answer == "save" else "discard" if answer == "discard" else "stay")


def about_work(what: str, *, purpose: str) -> QuitDialog:
    """Ask what to do with work that is running."""
    return QuitDialog(
        f"Still running: {what}",
        purpose=purpose,
        save="Stop after this batch and save",
        discard="Discard this work, keep what was done before it",
    )


def about_unsaved(*, purpose: str) -> QuitDialog:
    """Ask what to do with what could not be saved."""
    return QuitDialog(
        "The last results could not be saved",
        purpose=purpose,
        save="Try again to save them; stay if that fails",
        discard="Lose them",
    )
