"""A table of rows with keys: vim's keys, a filter by name, and an order that stays while cells change."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.text import Text
from textual.binding import BindingType
from textual.message import Message

from prune_tui.tui.actions import bindings_of
from prune_tui.tui.widgets.tables.columns import Cells, Column
from prune_tui.tui.widgets.tables.lines import Lines
from prune_tui.tui.widgets.tables.ordering import Order, Sorting


class Table(Lines, inherit_bindings=False):
    """Rows with keys, a line each. The screen handles Enter, and moves the focus on left and right."""

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
        super().__init__(id=id)
        self.filter_text = ""
        self._all: dict[str, Cells] = {}
        self._told: str | None = None
        self._place: str | None = None
        self._orders: Callable[[], Sequence[Order]] = tuple
        self._sorting = Sorting()
        self._order: list[str] = []

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Set the columns; new ones empty the table until `set_rows`, which restores the cursor."""
        if tuple(columns) == self._columns:
            return
        self._columns = tuple(columns)
        self._place = self.current or self._place
        self._shown, self._keys, self._all, self._order = {}, [], {}, []
        self._strips.clear()
        self.refresh()

    def set_rows(
        self, rows: Sequence[tuple[str, Cells]], *, orders: Callable[[], Sequence[Order]] = tuple
    ) -> None:
        """Show these rows; if the keys are the same, draw only the lines of cells that differ.

        `orders` tells what they can be sorted by, and is asked only when they are sorted: when the order is
        chosen, and when other rows are given. No row moves while it is edited.
        """
        is_other = len(rows) != len(self._all) or any(key not in self._all for key, _ in rows)
        self._all, self._orders = dict(rows), orders
        if is_other:
            self.sort_again()
        else:
            self._show_rows()

    def set_filter(self, text: str) -> None:
        """Show only the rows whose key contains `text`."""
        if text != self.filter_text:
            self.filter_text = text
            self._show_rows()
            self.post_message(self.Arranged(self))

    @property
    def keys_below(self) -> list[str]:
        """The keys of the rows below the cursor."""
        return self._keys[self.cursor_row + 1 :]

    def _show_rows(self) -> None:
        wanted = self._filtered()
        keys = list(wanted)
        if keys != self._keys:
            self._fill(wanted)
            return
        for row, (key, cells) in enumerate(wanted.items()):
            before = self._shown[key]
            if cells is before or (isinstance(cells, tuple) and all(map(_is_same, before, cells))):
                wanted[key] = before
            else:
                self.draw_row(row)
        self._shown = wanted

    def _filtered(self) -> dict[str, Cells]:
        wanted = self.filter_text.casefold()
        return {key: self._all[key] for key in self._order if wanted in key.casefold()}

    def _fill(self, rows: dict[str, Cells]) -> None:
        """Show other rows, or in another order; the cursor stays on its row, or goes to the first."""
        current = self.current or self._place
        self._shown, self._keys = rows, list(rows)
        self.cursor_row = self._keys.index(current) if current in rows else 0
        self._hovered = None
        self.fit_rows()
        if current in rows:
            self._told = current
        elif rows:
            # Whoever fills the table may go to another row at once.
            self.call_later(self.tell)

    def put_in_order(self, sorting: Sorting) -> None:
        """Show the rows in another order, from the first on, and say so."""
        self._sorting = sorting
        self.sort_again()
        if self._keys:
            self.go_to(self._keys[0])
        self.refresh_line(0)
        self.post_message(self.Arranged(self, sorting.words(self._orders())))

    def sort_again(self) -> None:
        """Sort the rows by the numbers that they have now."""
        orders = self._orders() if self._sorting.column is not None else ()
        self._order = self._sorting.sorted(list(self._all), orders)
        self._show_rows()

    def heading(self, column: Column) -> Text:
        """Return a column's label, with the sign of the order that it gives."""
        label = column.label
        if column.key == self._sorting.column:
            label = label[: column.width - 1] + self._sorting.sign
        return Text(label)

    def go_to(self, key: str) -> None:
        """Move the cursor to a row, if it is shown; no `Moved` is posted for it."""
        if key in self._shown:
            self._told = key
            self.move_cursor(row=self._keys.index(key))

    def tell(self) -> None:
        """Post which row the cursor is on now, if it is another."""
        if self.current != self._told:
            self._told = self.current
            self.post_message(self.Moved(self, self.current))

    def on_mouse_scroll_down(self) -> None:
        self.post_message(self.Scrolled())

    def on_mouse_scroll_up(self) -> None:
        self.post_message(self.Scrolled())

    def row_clicked(self, *, is_twice: bool) -> None:
        """Post double clicks."""
        if is_twice:
            self.post_message(self.Activated())

    def heading_clicked(self, column: Column) -> None:
        """Sort by this column; turn the order if it was already sorted by it."""
        if column.key == self._sorting.column:
            self.put_in_order(self._sorting.turned())
            return
        orders = self._orders()
        if any(order.column == column.key for order in orders):
            self.put_in_order(Sorting(column.key))
        elif orders and column is self._columns[0]:
            self.put_in_order(Sorting(None, is_turned=self._sorting == Sorting()))

    def action_go_left(self) -> None:
        self.post_message(self.Left(self, "left"))

    def action_go_right(self) -> None:
        self.post_message(self.Left(self, "right"))

    def action_filter_rows(self) -> None:
        self.post_message(self.FilterAsked(self))

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


def _is_same(one: Text, other: Text) -> bool:
    return one.plain == other.plain and one.style == other.style and one.spans == other.spans
