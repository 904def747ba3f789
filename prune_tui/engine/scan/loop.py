"""The loop of a scan: each batch of images adds to every cell that is not settled.

A batch runs through the dense network and is recorded, a run of layers at a time. Each cell, a group at a
sparsity, then re-executes only the calls that depend on its weights.
"""

from collections.abc import Callable, Generator, Iterator

import torch

from prune_tui.catalog.batches import Split
from prune_tui.core.report import ScanFigures
from prune_tui.core.run.events import CellScanned
from prune_tui.engine.context import Clock
from prune_tui.engine.scan.cells import Cell, add_batch, cell_event, dense_outputs
from prune_tui.engine.scan.evaluator import Evaluator

FIRST_BATCH_SIZE = 128
"""The first batch is small, so that all curves show soon; the batches after it double in size."""


def scan_cells(
    evaluator: Evaluator,
    drawn: Split,
    figures: ScanFigures,
    *,
    should_stop: Callable[[int], bool],
    clock: Clock,
    dense_scores: list[torch.Tensor],
) -> Generator[CellScanned, None, tuple[list[Cell], int]]:
    """Evaluate all cells until they are settled, on the images of `drawn` in order.

    Appends to `dense_scores`, batch by batch, the scores of the dense network. Returns the cells and the
    number of evaluations (a cell on a batch each). Ends early if `should_stop`, called with that number
    before each evaluation, returns True.
    """
    cells = [Cell(name, position) for name in evaluator.levels for position in range(len(figures.sparsities))]
    num_done = 0
    for part in _batches(len(drawn), figures.batch_size):
        open_cells = [cell for cell in cells if not cell.is_settled]
        if not open_cells:
            break
        batch = evaluator.load_batch(drawn, part)
        dense = dense_outputs(evaluator.dense_outputs(), batch, evaluator.task)
        dense_scores.append(dense.scores)
        for cell in open_cells:
            if should_stop(num_done):
                return cells, num_done
            add_batch(cell, evaluator.outputs(cell.layer, cell.position), dense, figures)
            num_done += 1
            yield cell_event(cell, cells, figures, clock)
    return cells, num_done


def _batches(num_images: int, largest: int) -> Iterator[slice]:
    """Yield the parts of the images, doubling in size up to the largest."""
    start, size = 0, min(FIRST_BATCH_SIZE, largest)
    while start < num_images:
        yield slice(start, min(num_images, start + size))
        start, size = start + size, min(largest, 2 * size)
