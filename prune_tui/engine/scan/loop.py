"""The scan's loop: each batch of images adds to every cell that is not settled.

A batch runs through the dense network once and is recorded; each cell, a group at a sparsity, then runs again
only what depends on its weights.
"""

from collections.abc import Callable, Generator, Iterator, Mapping

import torch

from prune_tui.catalog.datasets.images import Split
from prune_tui.core.report import ScanFigures
from prune_tui.core.run.events import CellScanned
from prune_tui.engine.context import Clock
from prune_tui.engine.scan.cells import Cell, count, dense_answers, told
from prune_tui.engine.scan.evaluator import Evaluator, Levels

FIRST_BATCH_SIZE = 128
"""Few enough images for all curves to show at once; the batches after it double, up to the largest."""


def scan_cells(
    evaluator: Evaluator,
    drawn: Split,
    levels: Mapping[str, Levels],
    figures: ScanFigures,
    *,
    should_stop: Callable[[int], bool],
    clock: Clock,
    was_right: list[torch.Tensor],
) -> Generator[CellScanned, None, tuple[list[Cell], int]]:
    """Evaluate the cells of `figures` until all are settled, on images in the order drawn.

    `levels` say, by group, how its masks change its weights. Which images the dense network gets right is
    appended to `was_right`, batch by batch. Returns the cells, and how many evaluations (of a cell on a
    batch) were done; it ends early where `should_stop`, asked before each with that number, says so.
    """
    cells = [Cell(name, position) for name in levels for position in range(len(figures.sparsities))]
    num_done = 0
    for part in _batches(len(drawn), figures.batch_size):
        open_cells = [cell for cell in cells if not cell.is_settled]
        if not open_cells:
            break
        evaluator.take(drawn.images[part])
        dense = dense_answers(evaluator.dense_logits(), drawn.labels[part], evaluator.task)
        was_right.append(dense.is_right)
        for cell in open_cells:
            if should_stop(num_done):
                return cells, num_done
            count(cell, evaluator.logits(levels[cell.layer], cell.position), dense, figures)
            num_done += 1
            yield told(cell, cells, figures, clock)
    return cells, num_done


def _batches(num_images: int, largest: int) -> Iterator[slice]:
    """Cut the images into batches that double up to the largest."""
    start, size = 0, min(FIRST_BATCH_SIZE, largest)
    while start < num_images:
        yield slice(start, min(num_images, start + size))
        start, size = start + size, min(largest, 2 * size)
