"""Asks where a folder of images is."""

import os
from pathlib import Path

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from prune_tui.catalog.paths import expanded
from prune_tui.reports.numbers import printable, shortened
from prune_tui.tui.dialogs.dialog import Dialog

MAX_SHOWN = 56


class PathDialog(Dialog[Path]):
    """Returns a folder that exists and can be read."""

    def compose(self) -> ComposeResult:
        with Vertical(classes="panel"):
            yield Static("Where are your images?", classes="heading")
            yield Static("in a folder that has a subfolder for each class", classes="hint")
            yield Input(placeholder="~/pictures/flowers", compact=True, id="path")
            yield Static(id="reason")
            yield Static("enter choose   esc cancel", classes="hint")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        typed = event.value.strip()
        if not typed:
            problem = "type the folder's path"
        else:
            path = expanded(typed)
            problem = why_not_read(path)
            if not problem:
                self.dismiss(path.resolve())
                return
        self.query_one("#reason", Static).update(Text(f"✗ {problem}"))


def why_not_read(folder: Path) -> str:
    """Say in one line why a folder can't be read, if so."""
    shown = shortened(printable(str(folder)), MAX_SHOWN)
    try:
        with os.scandir(folder):
            return ""
    except (FileNotFoundError, NotADirectoryError):
        return f"there is no folder {shown}"
    except OSError as error:
        return f"can't read {shown}: {error.strerror or error}"
    except ValueError:
        return f"{shown} is not a path"
