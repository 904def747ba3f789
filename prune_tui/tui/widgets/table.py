"""A table with a row cursor, vim's keys, a filter by name, and cells updated in place."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.binding import BindingType
from textual.message import Message
from textual.widgets import DataTable
from textual.widgets.data_table import RowDoesNotExist

from prune_tui.tui.actions import bindings_of


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading and width in cells; numbers are aligned right."""

    key: str
    label: str
    width: int
    is_number: bool = False


Cells = tuple[Text, ...]


class Table(DataTable[Text], inherit_bindings=False):
    """Rows with keys. The screen handles Enter, and moves the focus on left and right."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_of("tables")

    class Moved(Message):
        """The cursor is on another row, or the rows have changed."""

        def __init__(self, table: "Table", key: str | None) -> None:
            self.table = table
            self.key = key
            super().__init__()

        @property
        def control(self) -> "Table":
            """The table, for `@on` selectors."""
            return self.table

    class Left(Message):
        """Left or right was pressed, to leave the table."""

        def __init__(self, table: "Table", towards: str) -> None:
            self.table = table
            self.towards = towards
            super().__init__()

        @property
        def control(self) -> "Table":
            """The table, for `@on` selectors."""
            return self.table

    class Activated(Message):
        """A row was clicked twice."""

    class FilterAsked(Message):
        """`/` was pressed, to filter the rows by name."""

        def __init__(self, table: "Table") -> None:
            self.table = table
            super().__init__()

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, cursor_type="row", cursor_foreground_priority="renderable")
        self._columns: tuple[Column, ...] = ()
        self._shown: dict[str, Cells] = {}
        self._all: dict[str, Cells] = {}
        self._told: str | None = None
        self._place: str | None = None
        self.filter_text = ""

    @property
    def current(self) -> str | None:
        keys = list(self._shown)
        return keys[self.cursor_row] if 0 <= self.cursor_row < len(keys) else None

    @property
    def shown_keys(self) -> list[str]:
        """The keys of the rows that the filter lets through."""
        return list(self._shown)

    @property
    def keys_below(self) -> list[str]:
        return self.shown_keys[self.cursor_row + 1 :]

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Set the columns; new ones empty the table until `set_rows`, which restores the cursor."""
        if tuple(columns) == self._columns:
            return
        self._columns = tuple(columns)
        self._place = self.current or self._place
        self.clear(columns=True)
        self._shown, self._all = {}, {}
        for column in columns:
            label = Text(f"{column.label:>{column.width}}" if column.is_number else column.label)
            self.add_column(label, key=column.key, width=column.width)

    def set_rows(self, rows: Sequence[tuple[str, Cells]]) -> None:
        """Show these rows; if the keys are the same, redraw only the cells that differ."""
        self._all = dict(rows)
        wanted = self._filtered()
        if list(wanted) != list(self._shown):
            self._fill(wanted, self.current or self._place)
            return
        for key, cells in wanted.items():
            for column, before, after in zip(self._columns, self._shown[key], cells, strict=True):
                if not _is_same(before, after):
                    self.update_cell(key, column.key, _aligned(after, column))
        self._shown = wanted

    def set_filter(self, text: str) -> None:
        """Show only the rows whose key contains `text`."""
        self.filter_text = text
        self.set_rows(list(self._all.items()))

    def go_to(self, key: str) -> None:
        """Move the cursor to a row, if it is shown; no `Moved` is posted for it."""
        try:
            self.move_cursor(row=self.get_row_index(key), animate=False)
        except RowDoesNotExist:
            return
        self._told = key

    def _filtered(self) -> dict[str, Cells]:
        wanted = self.filter_text.casefold()
        return {key: cells for key, cells in self._all.items() if wanted in key.casefold()}

    def _fill(self, rows: dict[str, Cells], current: str | None) -> None:
        self.clear()
        self._shown = rows
        for key, cells in rows.items():
            self.add_row(
                *(_aligned(cell, column) for cell, column in zip(cells, self._columns, strict=True)), key=key
            )
        if current in rows:
            self.go_to(current)

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        """Post the key of the current row; the event's own row may have been replaced since."""
        event.stop()
        if self.current != self._told:
            self._told = self.current
            self.post_message(self.Moved(self, self.current))

    def on_click(self, event: events.Click) -> None:
        """Post double clicks; a single click moves the cursor."""
        if event.chain == 2 and self.row_count:
            self.post_message(self.Activated())

    def action_go_left(self) -> None:
        self.post_message(self.Left(self, "left"))

    def action_go_right(self) -> None:
        self.post_message(self.Left(self, "right"))

    def action_first_row(self) -> None:
        self.move_cursor(row=0, animate=False)

    def action_last_row(self) -> None:
        self.move_cursor(row=max(0, self.row_count - 1), animate=False)

    def action_filter_rows(self) -> None:
        self.post_message(self.FilterAsked(self))


def _aligned(text: Text, column: Column) -> Text:
    """Return a cell's text cut to its column; DataTable aligns by the text's own justification."""
    text = text.copy()
    text.truncate(column.width, overflow="ellipsis")
    text.justify = "right" if column.is_number else "left"
    text.no_wrap = True
    return text


def _is_same(one: Text, other: Text) -> bool:
    return one.plain == other.plain and one.style == other.style and one.spans == other.spans
