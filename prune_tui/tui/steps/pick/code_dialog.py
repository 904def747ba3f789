"""Asks, before a session runs files of the user's own, whether it may."""

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from prune_tui.core.session.session import CodeFile
from prune_tui.reports.numbers import printable
from prune_tui.tui.dialogs.dialog import Dialog
from prune_tui.tui.palette import palette_of

NUM_DIGITS = 12
"""How much of a file's SHA-256 is shown."""


class CodeDialog(Dialog[bool]):
    """Returns True if the files may run; Esc doesn't run them."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "run", "run", show=False)]

    def __init__(self, session: str, files: Sequence[CodeFile]) -> None:
        super().__init__()
        self._session, self._files = session, files

    def compose(self) -> ComposeResult:
        with Vertical(classes="panel -form"):
            yield Static("Run this session's own code?", classes="heading")
            yield Static(Text(f"{printable(self._session)} runs code of its own:"), classes="message")
            with VerticalScroll():
                yield Static(id="files", classes="message")
            yield Static(
                "They run with your rights: there is no sandbox. Read them first.\n"
                "The digits begin the SHA-256 of each file.",
                classes="hint",
            )
            yield Static("enter run them   esc cancel", classes="hint")

    def on_mount(self) -> None:
        palette, text = palette_of(self.app), Text()
        for file in self._files:
            text.append("\n" if text else "").append(f"{file.sha256[:NUM_DIGITS]}  ", palette.muted)
            text.append(printable(file.path), palette.bold)
        self.query_one("#files", Static).update(text)

    def action_run(self) -> None:
        self.dismiss(True)
