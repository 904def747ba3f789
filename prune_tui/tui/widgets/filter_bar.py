"""The line that `/` opens under a table, to show only the rows whose name has what is typed."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Input

from prune_tui.tui.widgets.table import Table


class FilterBar(Input):
    """Filters one table as its text is typed; Enter keeps the filter, Esc clears it."""

    DEFAULT_CSS = """
    FilterBar { display: none; height: 1; border: none; padding: 0 2; background: $panel;
        &:focus { border: none; background: $panel; } }
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "clear_filter", "clear", show=False)]

    def __init__(self) -> None:
        super().__init__(id="filter", compact=True, placeholder="show only names with …")
        self._table: Table | None = None

    def open(self, table: Table) -> None:
        """Filter this table."""
        self._table = table
        self.display = True
        self.value = table.filter_text
        self.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter at each key."""
        event.stop()
        if self._table is not None:
            self._table.set_filter(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keep the filter and go back to the table."""
        event.stop()
        self.display = bool(self.value)
        if self._table is not None:
            self._table.focus()

    def action_clear_filter(self) -> None:
        """Show all rows again."""
        self.value = ""
        self.display = False
        if self._table is not None:
            self._table.set_filter("")
            self._table.focus()
