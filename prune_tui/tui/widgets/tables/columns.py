"""A table's columns, and which fit in a width: the most important first, others where there is room."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import overload

from rich.text import Text

PADDING = 2
"""The cells around a column's text."""

SCROLLBAR = 1


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading and width in cells; numbers are aligned right."""

    key: str
    label: str
    width: int
    is_number: bool = False

    @property
    def room(self) -> int:
        """The cells that it takes on a line."""
        return self.width + PADDING


Cells = Sequence[Text]
"""A row: a text for each column."""


class LateCells(Sequence[Text]):
    """The cells of a row, made when it is first in sight; other cells are another object."""

    def __init__(self, make: Callable[[], Cells]) -> None:
        self._make: Callable[[], Cells] | None = make
        self._made: Cells = ()

    @overload
    def __getitem__(self, at: int) -> Text: ...

    @overload
    def __getitem__(self, at: slice) -> Cells: ...

    def __getitem__(self, at: int | slice) -> Text | Cells:
        if self._make is not None:
            self._made, self._make = self._make(), None
        return self._made[at]

    def __len__(self) -> int:
        return len(self[:])


Rank = str | tuple[str, int]
"""A column to show, or one that is on show with the width that it may grow to."""


def fitted(width: int, columns: Sequence[Column], *, ranks: Sequence[Rank]) -> list[Column]:
    """Return the columns that fit in a width, in their order; those first in `ranks` are kept longest.

    Where one does not fit, neither does any after it: a wider table never shows less.
    """
    by_key = {column.key: column for column in columns}
    left, widths = width - SCROLLBAR, dict[str, int]()
    for rank in ranks:
        if isinstance(rank, tuple):
            key, most = rank
            more = max(0, min(left, most - widths[key]))
            widths[key] += more
            left -= more
            continue
        needed = by_key[rank].width + PADDING
        if needed > left and widths:
            break
        widths[rank] = by_key[rank].width
        left -= needed
    return [replace(column, width=widths[column.key]) for column in columns if column.key in widths]
