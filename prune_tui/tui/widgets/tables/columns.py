"""Chooses a table's columns by its width: the most important first, the others where there is room."""

from collections.abc import Sequence
from dataclasses import replace

from prune_tui.tui.widgets.tables.table import Column

PADDING = 2
"""The cells around a column's text."""

SCROLLBAR = 1


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
