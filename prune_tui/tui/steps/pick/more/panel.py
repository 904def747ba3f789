"""The lower part of step 1 on a tall terminal: earlier sessions, beside images of the dataset."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from prune_tui.tui.palette import palette_of
from prune_tui.tui.state import State
from prune_tui.tui.steps.pick.more.pictures import Pictures
from prune_tui.tui.widgets.fixed_text import FixedText

if TYPE_CHECKING:
    from pathlib import Path

    from prune_tui.catalog.datasets import DatasetEntry
    from prune_tui.tui.steps.pick.sessions.reading import Found

MOST_SESSIONS = 40
"""No more are read, however tall the terminal is."""


class MorePanel(Horizontal):
    """Fills the lines that are left; what it shows is read in threads, once the screen has been painted."""

    def __init__(self, state: State) -> None:
        super().__init__(id="more")
        self._state = state
        self._dataset: tuple[DatasetEntry, Path] | None = None
        self._found: tuple[Found, ...] | None = None
        self._num_sessions = 0
        self._is_reading = False

    def compose(self) -> ComposeResult:
        with Vertical(classes="column"):
            yield Static("Earlier sessions", classes="heading")
            yield FixedText(id="earlier")
        with Vertical(classes="column"):
            yield Static("Some of its images", classes="heading")
            yield Pictures(id="pictures")

    def show(self, dataset: DatasetEntry, data_dir: Path) -> None:
        """Show the sessions that are known by now, and images of this dataset."""
        self._dataset = dataset, data_dir
        self._show()

    def on_resize(self) -> None:
        """Show as much as there is room for now: what is above grows and shrinks."""
        self.call_after_refresh(self._show)

    def _show(self) -> None:
        if self._dataset is None or not self.is_mounted or not self.size:
            return
        # Not before the first frame: reading and drawing images would hold it up.
        self.call_after_refresh(self.query_one(Pictures).show, *self._dataset)
        self._show_sessions()
        # Reading a session takes what the engine brings; together with its loading it would take longer.
        if self._found is None and self._state.engine != "loading" and not self._is_reading:
            self._is_reading = True
            self.run_worker(self._read(), group="earlier", exclusive=True)

    def forget(self) -> None:
        """Read the sessions again when they are shown next: others may have been made meanwhile."""
        self._found = None

    async def _read(self) -> None:
        from prune_tui.storage import recorded_sessions

        try:
            paths = await asyncio.to_thread(recorded_sessions, self._state.options.sessions_dir)
            found = await asyncio.to_thread(_read_all, paths[:MOST_SESSIONS])
        finally:
            self._is_reading = False
        self._num_sessions, self._found = len(paths), found
        self._show_sessions()

    def _show_sessions(self) -> None:
        widget, palette = self.query_one("#earlier", FixedText), palette_of(self.app)
        if self._found is None:
            widget.show(Text("reading…", palette.faint))
            return
        if not self._found:
            words = "none yet: every session is kept, and can be opened again with o"
            widget.show(Text(words, palette.muted))
            return
        room = widget.content_size.height - 2
        open_session = self._state.open_session
        open_name = open_session.name if open_session is not None else None
        from prune_tui.tui.steps.pick.sessions import rows

        columns = rows.columns(widget.content_size.width, "date")
        text = Text(no_wrap=True, overflow="ellipsis")
        for one in rows.in_order(self._found, "date")[: max(1, room)]:
            cells = rows.cells(one, columns, palette, is_open=one.path.stem == open_name)
            for column, cell in zip(columns, cells, strict=True):
                cell.truncate(column.width, overflow="ellipsis")
                cell.align("right" if column.is_number else "left", column.width)
                text.append_text(cell).append("  ")
            text.append("\n")
        left = self._num_sessions - min(len(self._found), max(1, room))
        text.append("o", palette.selected)
        text.append(f" opens one; {left} more" if left > 0 else " opens one", palette.muted)
        widget.show(text)


def _read_all(paths: list[Path]) -> tuple[Found, ...]:
    from prune_tui.tui.steps.pick.sessions.reading import read

    return tuple(read(path) for path in paths)
