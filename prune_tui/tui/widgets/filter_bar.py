"""The line that `/` opens under a table, to show only the rows whose name contains what is typed."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Input

from prune_tui.tui.widgets.tables.table import Table


class FilterBar(Input):
    """Filters one table as its text is typed; Enter keeps the filter, Esc clears it."""

    DEFAULT_CSS = """
    FilterBar { display: none; height: 1; border: none; padding: 0 2; background: $panel;
        &:focus { border: none; background: $panel; } }
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "clear_filter", "clear", show=False)]

    def __init__(self) -> None:
        super().__init__(id="filter", compact=True, placeholder="show only names that contain …")
        self._table: Table | None = None

    def open(self, table: Table) -> None:
        self.follow(table)
        self.display = True
        self.focus()

    def follow(self, table: Table) -> None:
        """Show this table's filter, if it has one."""
        self._table = table
        with self.prevent(Input.Changed):
            self.value = table.filter_text
        self.display = bool(table.filter_text)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if self._table is not None:
            self._table.set_filter(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.display = bool(self.value)
        if self._table is not None:
            self._table.focus()

    def close(self) -> None:
        if self._table is not None:
            self._table.set_filter("")
        with self.prevent(Input.Changed):
            self.value = ""
        self.display = False

    def action_clear_filter(self) -> None:
        self.close()
        if self._table is not None:
            self._table.focus()
