"""The cells of a scan, a group at a sparsity each: counts over the images so far, and figures from them.

The dense and the pruned network see the same images. The difference of their accuracies is therefore paired,
and few images suffice where little changes. Few images always suffice for the distortion of the logits.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from prune_tui.core.report import ScanCurve, ScanFigures
from prune_tui.core.run.events import CellScanned
from prune_tui.core.scanning.distortion import distortion
from prune_tui.core.scanning.statistics import is_settled, paired_half_width, tolerated
from prune_tui.engine.context import Clock
from prune_tui.engine.task import Classification


@dataclass(slots=True)
class Cell:
    """One group at one sparsity, with counts over the images so far.

    `num_lost` counts the images that only the dense network gets right, `num_gained` those that only the
    pruned one does. `signal`, `error` and `overlap` are sums over the logits (`distortion.distortion`).
    """

    layer: str
    position: int
    num_images: int = 0
    num_right: int = 0
    num_lost: int = 0
    num_gained: int = 0
    signal: float = 0.0
    error: float = 0.0
    overlap: float = 0.0
    half_width: float = 1.0
    is_settled: bool = False


@dataclass(frozen=True, slots=True)
class DenseOutputs:
    """The dense outputs for a batch: logits [N, classes] with mean 0 per image, and what is right [N]."""

    labels: torch.Tensor
    is_right: torch.Tensor
    logits: torch.Tensor
    signal: float
    task: Classification


def dense_outputs(outputs: torch.Tensor, labels: torch.Tensor, task: Classification) -> DenseOutputs:
    """Prepare the dense network's logits for a batch, [N, classes], for comparison."""
    logits = _centred(outputs)
    return DenseOutputs(labels, task.is_right(outputs, labels), logits, float(logits.square().sum()), task)


def _centred(logits: torch.Tensor) -> torch.Tensor:
    logits = logits.float()
    return logits - logits.mean(dim=1, keepdim=True)


def add_batch(cell: Cell, logits: torch.Tensor, dense: DenseOutputs, figures: ScanFigures) -> None:
    """Add a batch to a cell: its pruned logits [N, classes] against the dense ones."""
    is_right = dense.task.is_right(logits, dense.labels)
    errors = _centred(logits) - dense.logits
    right, lost, gained, error, overlap = torch.stack(
        [
            is_right.sum(),
            (dense.is_right & ~is_right).sum(),
            (is_right & ~dense.is_right).sum(),
            errors.square().sum(),
            (errors * dense.logits).sum(),
        ]
    ).tolist()
    cell.num_images += len(is_right)
    cell.num_right += round(right)
    cell.num_lost += round(lost)
    cell.num_gained += round(gained)
    cell.signal += dense.signal
    cell.error += error
    cell.overlap += overlap
    total, tolerance = figures.num_images, figures.tolerance_points
    cell.half_width = paired_half_width(cell.num_lost, cell.num_gained, cell.num_images, total)
    cell.is_settled = cell.num_images == total or (
        tolerance is not None and is_settled(_difference(cell), cell.half_width, tolerance)
    )


def _difference(cell: Cell) -> float:
    return (cell.num_gained - cell.num_lost) / max(1, cell.num_images)


def _accuracy(cell: Cell, figures: ScanFigures) -> float:
    """Return the dense accuracy plus the difference so far; once all images are seen, the exact accuracy."""
    if cell.num_images == figures.num_images:
        return cell.num_right / cell.num_images
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
        done=sum(_share_done(each, figures) for each in cells) / len(cells),
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
