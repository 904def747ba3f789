"""Line charts in braille dots, with a scale; fast enough to redraw at every epoch."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

from rich.style import Style
from rich.text import Text

from prune_tui.tui.palette import Palette, append_runs
from prune_tui.tui.widgets.drawing import Drawing

DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The braille bit of each of a cell's dots, by row and column."""

Drawn = TypeVar("Drawn", int, str)
Cells = dict[tuple[int, int], tuple[Drawn, Style]]
"""What is drawn in which style, by column and row: the bits of dots, or a mark."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line through points (x, y), with `marker` on each if given; a ghost is dotted, behind the others.

    A marker that `moves_aside` takes the nearest free cell where another marker stands already.
    """

    points: tuple[tuple[float, float], ...]
    tone: str = "accent"
    is_ghost: bool = False
    marker: str = ""
    moves_aside: bool = False


@dataclass(frozen=True, slots=True)
class Band:
    """Where a line may lie: (x, lowest, highest), drawn as a loose grid of dots behind all lines."""

    spans: tuple[tuple[float, float, float], ...]
    tone: str = "faint"


@dataclass(frozen=True, slots=True)
class Plot:
    """A chart: its lines, the ranges it shows, the labels of the x axis, and bands behind the lines."""

    lines: tuple[Line, ...]
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    x_labels: tuple[tuple[float, str], ...] = ()
    bands: tuple[Band, ...] = ()


def padded_range(values: Sequence[float], *, least: float) -> tuple[float, float]:
    """Return a range around accuracies, at least `least` high, and not beyond 1."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    room = max(least - (high - low), (high - low) * 0.08) / 2
    return max(0.0, low - room), min(1.0, high + room)


def plot_lines(plot: Plot, palette: Palette, *, width: int, height: int) -> list[Text]:
    """Draw a plot in `width` by `height` cells: scale at the left, labels below."""
    gutter = 7
    columns, rows = max(1, width - gutter), max(1, height - 1)
    cells: Cells[int] = {}
    for band in plot.bands:
        _fill(band, plot, cells, columns, rows, getattr(palette, band.tone))
    for line in sorted(plot.lines, key=lambda line: not line.is_ghost):
        _draw(line, plot, cells, columns, rows, getattr(palette, line.tone))
    marks = _marks(plot, palette, columns, rows)
    labels = _y_labels(plot.y_range, rows)
    texts = []
    for row in range(rows):
        text = Text(no_wrap=True)
        label = labels.get(row, "")
        text.append(f"{label:>{gutter - 2}} ", palette.muted)
        text.append("┤" if label else "│", palette.faint)
        append_runs(text, (_cell(marks, cells, (column, row)) for column in range(columns)))
        texts.append(text)
    texts.append(_x_axis(plot, gutter, columns, palette))
    return texts


def _y_labels(y_range: tuple[float, float], rows: int) -> dict[int, str]:
    """Return round percentages by the row they belong to: as many as at most every other row can hold."""
    low, high = (end * 100 for end in y_range)
    if high <= low:
        return {0: f"{high:.1f}"}
    power = 10.0 ** math.floor(math.log10((high - low) / max(1, rows)))
    for step in (power * times for times in (1, 2, 5, 10, 20, 50, 100)):
        ticks = range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)
        if len(ticks) <= max(2, min(8, rows // 2 + 1)):
            break
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    return {
        round((high - tick * step) / (high - low) * (rows - 1)): f"{tick * step:.{digits}f}" for tick in ticks
    }


def _cell(marks: Cells[str], cells: Cells[int], place: tuple[int, int]) -> tuple[str, Style | None]:
    """Return what is drawn at a place: a mark, dots, or nothing."""
    if place in marks:
        return marks[place]
    dots = cells.get(place)
    return (chr(0x2800 + dots[0]), dots[1]) if dots else (" ", None)


def _dot(point: tuple[float, float], plot: Plot, columns: int, rows: int) -> tuple[int, int]:
    """Return the dot of a point, from the top left; what lies above or below the plane is at its edge."""
    (left, right), (low, high) = plot.x_range, plot.y_range
    across = (point[0] - left) / ((right - left) or 1.0)
    up = min(1.0, max(0.0, (point[1] - low) / ((high - low) or 1.0)))
    return round(across * (columns * 2 - 1)), round((1 - up) * (rows * 4 - 1))


def _marks(plot: Plot, palette: Palette, columns: int, rows: int) -> Cells[str]:
    marks: Cells[str] = {}
    for line in plot.lines:
        for point in line.points if line.marker else ():
            x, y = _dot(point, plot, columns, rows)
            if 0 <= x < columns * 2:
                place = (x // 2, y // 4)
                if line.moves_aside:
                    place = _free_near(place, marks, columns, rows)
                marks[place] = (line.marker, getattr(palette, line.tone))
    return marks


NEARBY = ((0, 0), (1, 0), (-1, 0), (0, -1), (0, 1), (2, 0), (-2, 0), (1, -1), (-1, -1), (1, 1), (-1, 1))
"""Where a mark moves that would hide another: columns and rows away, the nearest first."""


def _free_near(place: tuple[int, int], marks: Cells[str], columns: int, rows: int) -> tuple[int, int]:
    """Return the cell nearest to a place that has no mark yet; the place itself if all have."""
    around = ((place[0] + across, place[1] + down) for across, down in NEARBY)
    return next(
        (at for at in around if at not in marks and 0 <= at[0] < columns and 0 <= at[1] < rows), place
    )


def _draw(
    line: Line,
    plot: Plot,
    cells: Cells[int],
    columns: int,
    rows: int,
    style: Style,
) -> None:
    def dot(point: tuple[float, float]) -> tuple[int, int]:
        return _dot(point, plot, columns, rows)

    def put(x: int, y: int) -> None:
        if 0 <= x < columns * 2:
            cell = (x // 2, y // 4)
            before, earlier = cells.get(cell, (0, style))
            # A ghost's dots give way in a cell that the line in front also crosses.
            kept = before if earlier == style else 0
            cells[cell] = (kept | DOTS[y % 4][x % 2], style)

    for start, end in pairwise(line.points):
        (x0, y0), (x1, y1) = dot(start), dot(end)
        length = max(abs(x1 - x0), abs(y1 - y0), 1)
        for step in range(length + 1):
            if line.is_ghost and step % 4 > 1:
                continue
            put(round(x0 + (x1 - x0) * step / length), round(y0 + (y1 - y0) * step / length))
    if len(line.points) == 1 and not line.marker:
        x, y = dot(line.points[0])
        for nearby in range(-1, 2):
            put(x + nearby, y)


def _fill(band: Band, plot: Plot, cells: Cells[int], columns: int, rows: int, style: Style) -> None:
    """Put every other dot of every other column between the ends of a band."""
    for start, end in pairwise(band.spans):
        first, last = (_dot((span[0], span[1]), plot, columns, rows)[0] for span in (start, end))
        for x in range(max(0, first), min(columns * 2 - 1, last) + 1):
            if x % 2:
                continue
            share = (x - first) / max(1, last - first)
            low, high = (start[side] + (end[side] - start[side]) * share for side in (1, 2))
            top, bottom = (_dot((start[0], y), plot, columns, rows)[1] for y in (high, low))
            for y in range(top, bottom + 1):
                if y % 2 == 0 and bottom > top:
                    before, _ = cells.get((x // 2, y // 4), (0, style))
                    cells[x // 2, y // 4] = (before | DOTS[y % 4][x % 2], style)


def _x_axis(plot: Plot, gutter: int, columns: int, palette: Palette) -> Text:
    left, right = plot.x_range
    letters = [" "] * columns
    free_from = 0
    widest = max((len(label) for _, label in plot.x_labels), default=1)
    every = max(1, math.ceil(len(plot.x_labels) * (widest + 3) / columns))
    for at, label in plot.x_labels[::every]:
        start = round((at - left) / ((right - left) or 1.0) * (columns - 1)) - len(label) // 2
        start = min(max(0, start), columns - len(label))
        if start >= free_from:
            letters[start : start + len(label)] = label
            free_from = start + len(label) + 1
    return Text(" " * gutter + "".join(letters), palette.muted, no_wrap=True)


class Chart(Drawing):
    """Shows one plot, redrawn only when it changes."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._plot: Plot | None = None
        self._hint = ""

    def show(self, plot: Plot | None, *, hint: str = "") -> None:
        """Draw this plot, or say why there is none."""
        if (plot, hint) != (self._plot, self._hint):
            self._plot, self._hint = plot, hint
            self.draw()

    def lines(self, palette: Palette, *, width: int, height: int) -> list[Text]:
        """Draw the plot, or say why there is none."""
        if self._plot is None:
            return [Text(line, palette.muted) for line in self._hint.splitlines()]
        return plot_lines(self._plot, palette, width=width, height=height)
