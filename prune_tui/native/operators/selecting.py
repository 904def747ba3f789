"""Writes any choice of a value's elements as selections and reshapes."""

from typing import TypeAlias

import numpy as np
import torch

from prune_tui.native.program import Ints, Reshape, Selection, Shape

Step: TypeAlias = tuple[Reshape | Selection, Shape]
"""An operation, and the shape of what it gives."""


def selected(index: torch.Tensor, shape: Shape, source: Shape) -> list[Step] | None:
    """Return the operations that choose elements of a source by channels, rows and columns, if there are any.

    `index` has `shape.size` elements: positions in the source, or -1 for a zero.
    """
    wanted = _positions(index)
    if np.array_equal(wanted, np.arange(source.size)):
        return _changes([(Reshape(), shape)], source)
    # As the source lies, then under another shape; or under another shape first.
    inner, outer = _of_channels(shape.size, source), _of_channels(source.size, shape)
    for before, after in ((source, shape), (source, inner), (outer, shape)):
        if before is not None and after is not None:
            selection = _selection(wanted.reshape(after.channels, after.rows, after.columns), before)
            if selection is not None:
                return _changes([(Reshape(), before), (selection, after), (Reshape(), shape)], source)
    return None


def one_by_one(index: torch.Tensor, shape: Shape, source: Shape) -> list[Step]:
    """Return the operations that choose each element as a channel of its own, as `selected` takes them."""
    steps: list[Step] = [
        (Reshape(), Shape(source.size)),
        (Selection(_positions(index)), Shape(shape.size)),
        (Reshape(), shape),
    ]
    return _changes(steps, source)


def _changes(steps: list[Step], shape: Shape) -> list[Step]:
    """Return the steps without reshapes that change nothing."""
    left: list[Step] = []
    for operation, after in steps:
        if isinstance(operation, Selection) or after != shape:
            left.append((operation, after))
        shape = after
    return left


def _positions(index: torch.Tensor) -> Ints:
    positions: Ints = index.numpy().astype(np.int64).reshape(-1)
    return positions


def _of_channels(size: int, like: Shape) -> Shape | None:
    """Return the shape of so many elements with the rows and columns of another."""
    channels, rest = divmod(size, like.rows * like.columns)
    return None if rest else Shape(channels, like.rows, like.columns)


def _selection(index: Ints, source: Shape) -> Selection | None:
    """Return the selection that gives these elements [channels, rows, columns]; None if there is none."""
    inside = index >= 0
    channel, place = np.divmod(index, source.rows * source.columns)
    row, column = np.divmod(place, source.columns)
    channels = np.where(inside, channel, -1).max(axis=(1, 2))
    first_row, row_step = _first_and_step(np.where(inside, row, -1).max(axis=(0, 2)))
    first_column, column_step = _first_and_step(np.where(inside, column, -1).max(axis=(0, 1)))
    selection = Selection(channels, first_row, row_step, first_column, column_step)
    return selection if np.array_equal(_elements(selection, index.shape, source), index) else None


def _first_and_step(places: Ints) -> tuple[int, int]:
    """Return where equally spaced places begin, and their step; those that are -1 lie outside."""
    (there,) = np.nonzero(places >= 0)
    if not len(there):
        return 0, 1
    first, last = int(there[0]), int(there[-1])
    step = max(1, (int(places[last]) - int(places[first])) // (last - first)) if last > first else 1
    return int(places[first]) - first * step, step


def _elements(selection: Selection, shape: tuple[int, ...], source: Shape) -> Ints:
    """Return which elements of a source a selection of this shape gives; -1 is a zero."""
    _, num_rows, num_columns = shape
    rows = selection.row + selection.row_step * np.arange(num_rows)
    columns = selection.column + selection.column_step * np.arange(num_columns)
    rows = np.where(rows < source.rows, rows, -1)[None, :, None]
    columns = np.where(columns < source.columns, columns, -1)[None, None, :]
    channels = selection.channels[:, None, None]
    places = (channels * source.rows + rows) * source.columns + columns
    found: Ints = np.where((channels >= 0) & (rows >= 0) & (columns >= 0), places, -1)
    return found
