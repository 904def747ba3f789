"""Images of the dataset that is picked, each above its class, as large as the room allows."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from prune_tui.reports.numbers import printable, shortened
from prune_tui.tui.palette import Palette, palette_of
from prune_tui.tui.widgets.half_blocks import SHADES, half_blocks, tile_size

if TYPE_CHECKING:
    from pathlib import Path

    from textual.geometry import Size

    from prune_tui.catalog.datasets import DatasetEntry
    from prune_tui.catalog.datasets.samples import Sample

BETWEEN = 2
"""The cells between two images, and the lines below one: its class, and an empty one."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a drawing is made for."""

    dataset: str
    data_dir: Path
    size: Size
    palette: Palette
    is_colourless: bool
    is_dark: bool


class Pictures(Widget):
    """Reads and draws in a thread, and keeps the last drawing until there is another."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._wanted: Drawing | None = None
        self._read: dict[tuple[str, Path], tuple[Sample, ...]] = {}
        self._strips: list[Strip] = []

    def show(self, dataset: DatasetEntry, data_dir: Path) -> None:
        """Draw images of this dataset, if it is here."""
        app = self.app
        drawing = Drawing(
            dataset.name,
            data_dir,
            self.content_size,
            palette_of(app),
            app.no_color,
            app.current_theme.dark,
        )
        if drawing != self._wanted and drawing.size:
            self._wanted = drawing
            self.run_worker(self._draw(dataset, drawing), group="pictures", exclusive=True)

    async def _draw(self, dataset: DatasetEntry, drawing: Drawing) -> None:
        key = dataset.name, drawing.data_dir
        if not self._read.get(key):
            self._read[key] = await asyncio.to_thread(_samples, dataset, drawing.data_dir)
        self._strips = await asyncio.to_thread(drawn, self._read[key], drawing)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Return a line of the drawing."""
        width = self.size.width
        strip = self._strips[y] if y < len(self._strips) else Strip.blank(width)
        return strip.adjust_cell_length(width).apply_style(self.rich_style)


def _samples(dataset: DatasetEntry, data_dir: Path) -> tuple[Sample, ...]:
    """Read the images; what that takes is imported in the thread too."""
    from prune_tui.catalog.datasets.samples import samples

    return samples(dataset, data_dir)


def drawn(found: tuple[Sample, ...], drawing: Drawing) -> list[Strip]:
    """Return the lines of the images, or why there are none."""
    palette, (width, height) = drawing.palette, drawing.size
    if not found:
        words = "no images to show: they are not on this machine, or your own code makes them"
        return [Strip([Segment(words, palette.muted)])]
    columns, rows, side_by_side = tile_size(found[0], len(found), width=width, height=height)
    if not columns:
        return []
    shades = "" if not drawing.is_colourless else SHADES if drawing.is_dark else SHADES[::-1]
    gap = Segment(" " * BETWEEN)
    lines: list[Strip] = []
    for first in range(0, len(found), side_by_side):
        tiles = found[first : first + side_by_side]
        blocks = [half_blocks(tile, width=columns, height=rows, shades=shades) for tile in tiles]
        for row in range(rows):
            lines.append(Strip([part for block in blocks for part in (*block[row], gap)]))
        labels = (shortened(printable(tile.label), columns) for tile in tiles)
        named = [Segment(f"{label:^{columns}}", palette.muted) for label in labels]
        lines.append(Strip([part for label in named for part in (label, gap)]))
        lines.append(Strip([]))
    return lines
