"""Saves what is on the screen as an SVG picture, beside the session."""

from pathlib import Path
from typing import Any

from textual.app import App

from prune_tui.core.errors import PruneTuiError
from prune_tui.storage import write_atomically
from prune_tui.tui.state import State


def save_picture(app: App[Any], state: State, *, name: str) -> None:
    """Write the picture, and notify where it is or why it could not be written."""
    folder = state.path.parent if state.path else Path.cwd()
    session = state.session.name if state.session else "prune-tui"
    path = folder / f"{session}-{name}.svg"
    try:
        svg = app.export_screenshot(title=f"prune-tui: {session}")
        # Some viewers drop the spaces that a terminal's columns are made of, unless told not to.
        write_atomically(path, svg.replace("<svg ", '<svg xml:space="preserve" ', 1).encode())
    except PruneTuiError as error:
        app.notify(str(error), severity="error", markup=False)
    else:
        app.notify(str(path), title="Picture saved", markup=False)
