"""Has a table's cursor follow the work, until the person looks elsewhere."""

from prune_tui.tui.widgets.tables.table import Table


class Follower:
    """Moves a cursor that is on the first row; moving it, or `stop`, ends that until the next work."""

    def __init__(self) -> None:
        self._at: str | None = None
        self._is_on = True

    def follow(self, table: Table, key: str | None) -> None:
        """Go to the row that is being worked on; None, where no work goes on, leads back to the first."""
        if not table.shown_keys:
            return
        if key is None:
            if self._is_on and self._at is not None and table.current == self._at:
                table.go_to(table.shown_keys[0])
            self._at, self._is_on = None, True
        elif self._is_on and table.current != (self._at or table.shown_keys[0]):
            self._is_on = False
        elif self._is_on and key in table.shown_keys:
            self._at = key
            table.go_to(key)

    def stop(self) -> None:
        """Leave the table where it is until the next work."""
        self._is_on = False
