"""Says why nothing runs in a session without its checkpoints, and by which commands it would."""

from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from prune_tui.reports.numbers import printable
from prune_tui.tui.dialogs.dialog import Dialog
from prune_tui.tui.palette import palette_of
from prune_tui.tui.resumption import REPLAYED, checkpoints_command, resume_command
from prune_tui.tui.state import State


class ReadOnlyDialog(Dialog[None]):
    """The commands can be copied."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,q", "dismiss_dialog", "close", show=False, priority=True),
        Binding("c", "copy", "copy", show=False, priority=True),
    ]

    def __init__(self, state: State) -> None:
        super().__init__()
        self._state = state

    @property
    def command(self) -> str:
        """The command that makes the checkpoints."""
        state = self._state
        assert state.path is not None
        has_code = state.session is not None and bool(state.session.code)
        return checkpoints_command(state.path, state.options, has_code=has_code)

    def compose(self) -> ComposeResult:
        with Vertical(classes="panel -form"):
            yield Static("This session can only be looked at", classes="heading")
            with VerticalScroll():
                yield Static(id="why", classes="message")
            yield Static("c copy the first command   esc close", classes="hint")

    def on_mount(self) -> None:
        palette, session = palette_of(self.app), self._state.session
        name = session.name if session is not None else ""
        text = Text("Its checkpoints are not here, so nothing that needs weights runs.\n\n", palette.text)
        text.append("A replay makes them, and saves the session with them:\n", palette.muted)
        text.append(f"{printable(self.command)}\n\n", palette.bold)
        text.append("Then go on with it:\n", palette.muted)
        again = Path(REPLAYED) / f"{name}.json"
        text.append(printable(resume_command(again, self._state.options)), palette.bold)
        text.overflow = "fold"
        self.query_one("#why", Static).update(text)

    def action_copy(self) -> None:
        self.app.copy_to_clipboard(self.command)
        self.notify(self.command, title="Copied", markup=False)
