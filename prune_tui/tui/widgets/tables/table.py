"""A table with a row cursor, vim's keys, a filter by name, an order, and cells updated in place."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.binding import BindingType
from textual.message import Message
from textual.widgets import DataTable
from textual.widgets.data_table import ColumnKey, RowDoesNotExist

from prune_tui.tui.actions import bindings_of
from prune_tui.tui.widgets.tables.ordering import Order, Sorting


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

    class Arranged(Message):
        """The rows are filtered or sorted in another way; `words` say how they are sorted, if that is new."""

        def __init__(self, table: "Table", words: str = "") -> None:
            self.table = table
            self.words = words
            super().__init__()

        @property
        def control(self) -> "Table":
            """The table, for `@on` selectors."""
            return self.table

    class Scrolled(Message):
        """The person has scrolled by the mouse."""

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
        self._orders: Callable[[], Sequence[Order]] = tuple
        self._sorting = Sorting()
        self._order: list[str] = []
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
        self._shown, self._all, self._order = {}, {}, []
        for column in columns:
            self.add_column(self._heading(column), key=column.key, width=column.width)

    def set_rows(
        self, rows: Sequence[tuple[str, Cells]], *, orders: Callable[[], Sequence[Order]] = tuple
    ) -> None:
        """Show these rows; if the keys are the same, redraw only the cells that differ.

        `orders` tells what they can be sorted by, and is asked only when they are sorted: when the order is
        chosen, and when other rows are given. No row moves while it is edited.
        """
        is_other = len(rows) != len(self._all) or any(key not in self._all for key, _ in rows)
        self._all, self._orders = dict(rows), orders
        if is_other:
            self.sort_again()
        else:
            self._show_rows()

    def _show_rows(self) -> None:
        wanted = self._filtered()
        if list(wanted) != list(self._shown):
            self._fill(wanted, self.current or self._place)
            return
        for key, cells in wanted.items():
            if cells is self._shown[key]:
                continue
            for column, before, after in zip(self._columns, self._shown[key], cells, strict=True):
                if not _is_same(before, after):
                    self.update_cell(key, column.key, _aligned(after, column))
        self._shown = wanted

    def set_filter(self, text: str) -> None:
        """Show only the rows whose key contains `text`."""
        if text != self.filter_text:
            self.filter_text = text
            self._show_rows()
            self.post_message(self.Arranged(self))

    def put_in_order(self, sorting: Sorting) -> None:
        """Show the rows in another order, from the first on, and say so."""
        self._sorting = sorting
        self.sort_again()
        if self._shown:
            self.go_to(next(iter(self._shown)))
        for column in self._columns:
            self.columns[ColumnKey(column.key)].label = self._heading(column)
        self.notify_style_update()  # DataTable keeps drawn headers
        self.post_message(self.Arranged(self, sorting.words(self._orders())))

    def sort_again(self) -> None:
        """Sort the rows by the numbers that they have now."""
        orders = self._orders() if self._sorting.column is not None else ()
        self._order = self._sorting.sorted(list(self._all), orders)
        self._show_rows()

    def _heading(self, column: Column) -> Text:
        """Return a column's label, with the sign of the order that it gives."""
        label = column.label
        if column.key == self._sorting.column:
            label = label[: column.width - 1] + self._sorting.sign
        return Text(f"{label:>{column.width}}" if column.is_number else label)

    def go_to(self, key: str) -> None:
        """Move the cursor to a row, if it is shown; no `Moved` is posted for it."""
        try:
            self.move_cursor(row=self.get_row_index(key), animate=False)
        except RowDoesNotExist:
            return
        self._told = key

    def _filtered(self) -> dict[str, Cells]:
        wanted = self.filter_text.casefold()
        return {key: self._all[key] for key in self._order if wanted in key.casefold()}

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
        """Post double clicks on rows; a single click moves the cursor."""
        if event.chain == 2 and event.style.meta.get("row", -1) >= 0:
            self.post_message(self.Activated())

    def on_mouse_scroll_down(self) -> None:
        self.post_message(self.Scrolled())

    def on_mouse_scroll_up(self) -> None:
        self.post_message(self.Scrolled())

    def on_data_table_header_selected(self, event: DataTable.HeaderSelected) -> None:
        """Sort by the column that was clicked; turn the order if it was already sorted by it."""
        event.stop()
        column = event.column_key.value
        if column == self._sorting.column:
            self.put_in_order(self._sorting.turned())
            return
        orders = self._orders()
        if any(order.column == column for order in orders):
            self.put_in_order(Sorting(column))
        elif orders and self._columns and column == self._columns[0].key:
            self.put_in_order(Sorting(None, is_turned=self._sorting == Sorting()))

    def action_sort_by_next(self) -> None:
        if orders := self._orders():
            self.put_in_order(self._sorting.next(orders))
        else:
            self.app.bell()

    def action_turn_order(self) -> None:
        if self._orders():
            self.put_in_order(self._sorting.turned())
        else:
            self.app.bell()

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
