"""Cuts the outputs of a convolution into tiles that the processor's registers hold."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from prune_tui.native.program import Shape

MOST_ACCUMULATORS: Final = 14
"""Of the sixteen vector registers that every machine with AVX2 has; two are left for what is loaded."""

MOST_WIDE_ACCUMULATORS: Final = 24
"""Of the thirty-two that there are with AVX-512; more were not faster."""


@dataclass(frozen=True, slots=True)
class Tile:
    """Outputs of one channel that are made together: `rows` rows of vectors that begin at these `columns`."""

    rows: int
    columns: tuple[int, ...]

    @property
    def num_vectors(self) -> int:
        return self.rows * len(self.columns)

    def places(self, row: int, column: int) -> tuple[int, ...]:
        """Return how far apart the vectors are in memory, by the distance of two rows and of two columns."""
        return tuple(r * row + c * column for r in range(self.rows) for c in self.columns)


@dataclass(frozen=True, slots=True)
class TileAt:
    """A tile, and where it is used: at every `step`-th row from `first` to before `end`, from this column."""

    tile: Tile
    first: int
    end: int
    column: int


def tiles_of(shape: Shape, width: int, most: int) -> list[TileAt]:
    """Cover an output with tiles of at most so many vectors, each of so many columns.

    Vectors don't reach beyond a row: the last one overlaps the one before it.
    """
    starts = [*range(0, shape.columns - width + 1, width)]
    if shape.columns % width:
        starts.append(shape.columns - width)
    chunks = list(_even(starts, most))
    rows = max(1, most // len(starts)) if len(chunks) == 1 else 1
    tiles = []
    for chunk in chunks:
        columns = tuple(start - chunk[0] for start in chunk)
        for first, end, height in _row_runs(shape.rows, rows):
            tiles.append(TileAt(Tile(height, columns), first, end, chunk[0]))
    return tiles


def _even(items: list[int], most: int) -> Iterator[list[int]]:
    """Yield the items in runs of nearly the same length, none of more than so many."""
    num_runs = -(-len(items) // most)
    base, longer = divmod(len(items), num_runs)
    start = 0
    for run in range(num_runs):
        end = start + base + (run < longer)
        yield items[start:end]
        start = end


def _row_runs(num_rows: int, most: int) -> Iterator[tuple[int, int, int]]:
    """Yield first row, end and height of tiles of nearly the same height, those of one height together."""
    num_tiles = -(-num_rows // most)
    base, num_higher = divmod(num_rows, num_tiles)
    middle = num_higher * (base + 1)
    if num_higher:
        yield 0, middle, base + 1
    if middle < num_rows:
        yield middle, num_rows, base
