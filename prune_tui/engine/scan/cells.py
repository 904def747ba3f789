"""The cells of a scan, a group at a sparsity each: counts over the images so far, and figures from them.

The dense and the pruned network see the same images. The difference of their accuracies is therefore paired,
and few images suffice where little changes. Few images always suffice for the distortion of the logits.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from prune_tui.catalog.batches import Batch, Tree
from prune_tui.catalog.tasks.task import Task
from prune_tui.core.report import ScanCurve, ScanFigures
from prune_tui.core.run.events import CellScanned
from prune_tui.core.scanning.distortion import distortion
from prune_tui.core.scanning.statistics import is_settled, paired_half_width, tolerated
from prune_tui.engine.context import Clock


@dataclass(slots=True)
class Cell:
    """One group at one sparsity, with counts over the images so far.

    `score` is the sum of the images' scores, `lost` that of the differences where the dense network scores
    higher, `gained` where the pruned one does: for a classifier, the number of images that only one of the
    two gets right. `signal`, `error` and `overlap` are sums over the logits (`distortion.distortion`).
    """

    layer: str
    position: int
    num_images: int = 0
    score: float = 0.0
    lost: float = 0.0
    gained: float = 0.0
    signal: float = 0.0
    error: float = 0.0
    overlap: float = 0.0
    half_width: float = 1.0
    is_settled: bool = False
    share_done: float = 0.0


@dataclass(frozen=True, slots=True)
class DenseOutputs:
    """The dense outputs for a batch: the score of each image [N], and the signal [N, values]."""

    batch: Batch
    scores: torch.Tensor
    signal: torch.Tensor
    energy: float
    task: Task


def dense_outputs(outputs: Tree, batch: Batch, task: Task) -> DenseOutputs:
    """Prepare the dense network's outputs for a batch for comparison."""
    signal = task.signal(outputs)
    scores = task.scores(outputs, batch).float()
    return DenseOutputs(batch, scores, signal, float(signal.square().sum()), task)


def add_batch(cell: Cell, outputs: Tree, dense: DenseOutputs, figures: ScanFigures) -> None:
    """Add a batch to a cell: its pruned outputs against the dense ones."""
    scores = dense.task.scores(outputs, dense.batch).float()
    gains = scores - dense.scores
    errors = dense.task.signal(outputs) - dense.signal
    score, lost, gained, error, overlap = torch.stack(
        [
            scores.sum(),
            (-gains).clamp_min(0).sum(),
            gains.clamp_min(0).sum(),
            errors.square().sum(),
            (errors * dense.signal).sum(),
        ]
    ).tolist()
    cell.num_images += len(scores)
    cell.score += score
    cell.lost += lost
    cell.gained += gained
    cell.signal += dense.energy
    cell.error += error
    cell.overlap += overlap
    total, tolerance = figures.num_images, figures.tolerance_points
    cell.half_width = paired_half_width(cell.lost, cell.gained, cell.num_images, total)
    cell.is_settled = cell.num_images == total or (
        tolerance is not None and is_settled(_difference(cell), cell.half_width, tolerance)
    )
    cell.share_done = _share_done(cell, figures)


def _difference(cell: Cell) -> float:
    return (cell.gained - cell.lost) / max(1, cell.num_images)


def _accuracy(cell: Cell, figures: ScanFigures) -> float:
    """Return the dense accuracy plus the difference so far; once all images are seen, the exact accuracy."""
    if cell.num_images == figures.num_images:
        return min(1.0, max(0.0, cell.score / cell.num_images))
    return min(1.0, max(0.0, figures.dense_accuracy + _difference(cell)))


def cell_event(cell: Cell, cells: Sequence[Cell], figures: ScanFigures, clock: Clock) -> CellScanned:
    """Return a cell's figures so far as an event."""
    return CellScanned(
        layer=cell.layer,
        position=cell.position,
        accuracy=_accuracy(cell, figures),
        half_width=cell.half_width,
        distortion=_distortion(cell),
        num_images=cell.num_images,
        done=sum(each.share_done for each in cells) / len(cells),
        seconds=clock(),
    )


def _distortion(cell: Cell) -> float:
    return distortion(signal=cell.signal, error=cell.error, overlap=cell.overlap)


def _share_done(cell: Cell, figures: ScanFigures) -> float:
    """Return the share of a cell that is done; its interval shrinks with the root of the images."""
    if cell.is_settled:
        return 1.0
    if figures.tolerance_points is None or not cell.num_images:
        return cell.num_images / figures.num_images
    return min(1.0, (tolerated(_difference(cell), figures.tolerance_points) / cell.half_width) ** 2)


def curve_of(name: str, cells: Sequence[Cell], figures: ScanFigures) -> ScanCurve:
    """Return the curve of a group, from its cells."""
    own = [cell for cell in cells if cell.layer == name]
    return ScanCurve(
        name=name,
        accuracies=tuple(_accuracy(cell, figures) for cell in own),
        distortions=tuple(_distortion(cell) for cell in own),
    )
