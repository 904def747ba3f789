"""The lines of a table as strips, each made again only where its cells or its styles have changed."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.strip import Strip

from prune_tui.tui.widgets.tables.columns import Cells, Column


@dataclass(frozen=True, slots=True)
class Look:
    """The width of a line, the style under its cells, and one whose background lies over theirs, if any."""

    width: int
    under: Style
    over: Style


class Strips:
    """The strips that were made, by the key of their row."""

    def __init__(self) -> None:
        self._made: dict[str, tuple[Cells, Look, Strip]] = {}

    def clear(self) -> None:
        """Forget all strips: the columns are others."""
        self._made.clear()

    def strip(self, key: str, cells: Cells, columns: Sequence[Column], look: Look, console: Console) -> Strip:
        """Return the strip of a row with these cells."""
        made = self._made.get(key)
        if made is None or made[0] is not cells or made[1] != look:
            made = cells, look, drawn(cells, columns, look, console)
            self._made[key] = made
        return made[2]


def drawn(cells: Cells, columns: Sequence[Column], look: Look, console: Console) -> Strip:
    """Draw cells into their columns, with a space on either side of each."""
    style = look.under + look.over
    over = Style(bgcolor=look.over.bgcolor) if look.over.bgcolor is not None else None
    segments: list[Segment] = []
    for cell, column in zip(cells, columns, strict=True):
        segments += _cell(cell, column, console)
    styled = list(Segment.apply_style(segments, style, over))
    length = sum(column.room for column in columns)
    if length < look.width:
        styled.append(Segment(" " * (look.width - length), style))
    return Strip(styled).adjust_cell_length(look.width, style).simplify()


def _cell(cell: Text, column: Column, console: Console) -> list[Segment]:
    if not cell.spans:
        style = console.get_style(cell.style) if isinstance(cell.style, str) else cell.style
        return [Segment(f" {_fitted(cell.plain, column)} ", style)]
    text = cell.copy()
    text.truncate(column.width, overflow="ellipsis")
    text.align("right" if column.is_number else "left", column.width)
    text.end = ""
    return [Segment(" "), *text.render(console), Segment(" ")]


def _fitted(text: str, column: Column) -> str:
    """Cut or fill a text to its column's width."""
    length = cell_len(text)
    if length > column.width:
        return f"{set_cell_size(text, column.width - 1)}…"
    filling = " " * (column.width - length)
    return filling + text if column.is_number else text + filling
