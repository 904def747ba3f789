"""Tables without lines that fit a terminal 80 characters wide, however many columns they have."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

WIDTH = 78
_GAP = 2


@dataclass(frozen=True, slots=True)
class Column:
    """A column of figures: its heading, of one or more lines, and a cell for each row."""

    heading: str
    cells: Sequence[str]

    @property
    def width(self) -> int:
        """How many characters wide it is."""
        return max(len(line) for text in (self.heading, *self.cells) for line in text.split("\n"))


def plain_table(*, show_header: bool = True) -> Table:
    """Return an empty table without lines."""
    return Table(box=None, pad_edge=False, show_header=show_header)


def titled(title: str, content: RenderableType) -> Group:
    """Put a line above a table that may be narrower."""
    return Group(Text(title), content)


def grid(title: str, rows: Column, columns: Sequence[Column]) -> list[RenderableType]:
    """Show columns beside the names of their rows, in as many tables as the width needs."""
    tables: list[RenderableType] = []
    for chosen in _fitting(rows, columns):
        table = plain_table()
        for column in (rows, *chosen):
            table.add_column(Text(column.heading), justify="right", no_wrap=True)
        for position in range(len(rows.cells)):
            table.add_row(*(Text(column.cells[position]) for column in (rows, *chosen)))
        tables.append(titled(f"{title}, continued" if tables else title, table))
    return tables


def _fitting(rows: Column, columns: Sequence[Column]) -> list[list[Column]]:
    chunks: list[list[Column]] = []
    left = 0
    for column in columns:
        taken = column.width + _GAP
        if not chunks or taken > left:
            chunks.append([])
            left = WIDTH - rows.width
        chunks[-1].append(column)
        left -= taken
    return chunks
