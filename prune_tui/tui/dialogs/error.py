"""Shows a whole error: one line about what the user can correct, or the traceback of a bug."""

import traceback
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static, TextArea

from prune_tui.storage import logged
from prune_tui.tui.dialogs.dialog import Dialog
from prune_tui.tui.messages import Failed


class ErrorDialog(Dialog[None]):
    """Its text can be scrolled, selected and copied; it says whether the session is saved."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,q", "dismiss_dialog", "close", show=False, priority=True),
        Binding("c", "copy", "copy", show=False, priority=True),
    ]

    def __init__(self, failed: Failed, *, is_saved: bool) -> None:
        super().__init__()
        self._is_saved = is_saved
        self._failed = failed

    @property
    def text(self) -> str:
        return self._failed.trace or self._failed.text

    def compose(self) -> ComposeResult:
        is_bug = self._failed.trace is not None
        with Vertical(classes="panel -large" if is_bug else "panel"):
            yield Static(
                "This is a bug in prune-tui" if is_bug else "That did not work", classes="heading -bad"
            )
            if self._failed.trace is not None:
                yield Static(Text(self._failed.text), classes="message")
                yield TextArea(self._failed.trace, read_only=True, compact=True)
                log = (
                    f"written to {self._failed.log}" if self._failed.log else "could not be written to a log"
                )
                yield Static(Text(log), classes="hint")
            else:
                yield Static(Text(self._failed.text), classes="message")
            kept = "The session is kept." if self._is_saved else "Not saved yet: ctrl+s tries again."
            yield Static(f"{kept}   c copy   esc close", classes="hint")

    def action_copy(self) -> None:
        self.app.copy_to_clipboard(self.text)
        self.notify("copied", markup=False)


def last_words(error: BaseException, *, is_saved: bool) -> str:
    """Return the line that an app ends with when it fails itself; its traceback goes to the log."""
    log = logged(error)
    where = f" (full traceback: {log})" if log else ""
    summary = " ".join(traceback.format_exception_only(error)[-1].split())
    end = "the session is kept" if is_saved else "what could not be saved is lost"
    return f"prune-tui: internal error: {summary}{where}; {end}"
