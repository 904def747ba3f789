"""The sensitivity scan: prune one layer, evaluate, restore; a curve a layer, each batch adding to them all.

A batch runs through the dense network once and is recorded; each cell (a layer at a sparsity) then runs again
only what comes after its layer. Dense and pruned network see the same images, in an order drawn by the seed,
so the difference of their accuracies is paired, and is known well from few images where little changes. Their
logits are compared, too: how far those are distorted is known well from few images everywhere.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass

import torch

from prune_tui.catalog.datasets.images import Split
from prune_tui.core.run.events import BatchEvaluated, CellScanned, JointScanned, ScanStarted
from prune_tui.core.run.report import ScanCurve, ScanFigures
from prune_tui.core.scanning.distortion import distortion
from prune_tui.core.scanning.statistics import is_settled, paired_half_width, tolerated
from prune_tui.core.session.decisions import Scan
from prune_tui.engine.measure.evaluate import Clock, Images
from prune_tui.engine.network.network import Network
from prune_tui.engine.pruning.plan_masks import layers_with, masks_of_layer, prunable_layers
from prune_tui.engine.pruning.scores import Scores, score
from prune_tui.engine.scan.evaluator import Evaluator, Levels
from prune_tui.engine.scan.whole_plans import whole_plans

ScanEvent = ScanStarted | BatchEvaluated | CellScanned | JointScanned

FIRST_BATCH_SIZE = 128
"""Few enough images for all curves to show at once; the batches after it double, up to the largest."""

NUM_JOINT_IMAGES = 1_000
"""The images on which a quick scan evaluates whole plans."""

_NOT_REUSED = "each evaluation starts at the input: the model takes other paths when a layer is pruned"


@dataclass(slots=True)
class _Cell:
    """One layer at one sparsity, and what is known of it so far.

    `num_lost` counts the images that the dense network gets right and the pruned one wrong, `num_gained` the
    other way round; `error` and `overlap` are sums over the logits, as `strain.distortion` says.
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
class _Dense:
    """What the dense network gives for a batch: its logits, shifted to a mean of 0, and what is right."""

    labels: torch.Tensor
    is_right: torch.Tensor
    logits: torch.Tensor
    signal: float


def scan(
    network: Network,
    images: Images,
    decision: Scan,
    *,
    dense_accuracy: float,
    should_stop: Callable[[int], bool],
    random_state: torch.Generator,
    clock: Clock,
) -> Generator[ScanEvent, None, int | None]:
    """Scan every layer of a dense network that can be pruned, leaving the network as it was.

    Layers whose units are coupled are pruned together, as one curve named by the first. A layer is scored
    once, so that its masks are nested from one sparsity to the next. `dense_accuracy` is on the same
    validation split. Returns None, or the number of evaluations (of a cell on a batch) done if `should_stop`,
    asked before each with that number, ended it.
    """
    evaluator = Evaluator(network, images, decision.precision)
    names = prunable_layers(network, decision.granularity)
    order = torch.randperm(len(images.validation), generator=random_state)
    drawn = _taken(images.validation, order)
    scores = yield from score(
        network,
        images,
        decision.criterion,
        decision.granularity,
        layers_with(network, names, decision.granularity),
        random_state=random_state,
        clock=clock,
    )
    levels = {name: _levels(network, scores, name, decision) for name in names}
    largest = evaluator.try_reuse(drawn, levels)
    figures = _figures(decision, names, dense_accuracy, len(drawn), evaluator, largest)
    yield ScanStarted(figures)
    cells = [_Cell(name, position) for name in names for position in range(len(decision.sparsities))]
    was_right: list[torch.Tensor] = []
    num_done = 0
    for part in _batches(len(drawn), largest):
        open_cells = [cell for cell in cells if not cell.is_settled]
        if not open_cells:
            break
        evaluator.take(drawn.images[part])
        dense = _dense(evaluator, drawn.labels[part])
        was_right.append(dense.is_right)
        for cell in open_cells:
            if should_stop(num_done):
                return num_done
            _count(cell, evaluator.logits(levels[cell.layer], cell.position), dense, figures)
            num_done += 1
            yield _told(cell, cells, figures, clock)
    scanned = figures.model_copy(update={"layers": tuple(_curve(name, cells, figures) for name in names)})
    num_images = len(drawn) if decision.tolerance_points is None else min(len(drawn), NUM_JOINT_IMAGES)
    whole = whole_plans(evaluator, scores, drawn, was_right, scanned, num_images=num_images, clock=clock)
    for event in whole:
        if should_stop(num_done):
            return num_done
        num_done += isinstance(event, JointScanned)
        yield event
    return None


def _taken(split: Split, order: torch.Tensor) -> Split:
    order = order.to(split.labels.device)
    return Split(split.images[order], split.labels[order])


def _levels(network: Network, scores: Scores, name: str, decision: Scan) -> Levels:
    """Return, for what one layer's pruning changes, at how many sparsities each weight is kept."""
    levels: dict[str, torch.Tensor] = {}
    for sparsity in decision.sparsities:
        for parameter, mask in masks_of_layer(network, scores, name, sparsity, decision.granularity).items():
            kept = mask.to(torch.uint8)
            levels[parameter] = levels[parameter] + kept if parameter in levels else kept
    return levels


def _batches(num_images: int, largest: int) -> Iterator[slice]:
    """Cut the images into batches that double up to the largest."""
    start, size = 0, min(FIRST_BATCH_SIZE, largest)
    while start < num_images:
        yield slice(start, min(num_images, start + size))
        start, size = start + size, min(largest, 2 * size)


def _dense(evaluator: Evaluator, labels: torch.Tensor) -> _Dense:
    outputs = evaluator.dense_logits()
    logits = _centred(outputs)
    return _Dense(labels, outputs.argmax(dim=1) == labels, logits, float(logits.square().sum()))


def _centred(logits: torch.Tensor) -> torch.Tensor:
    logits = logits.float()
    return logits - logits.mean(dim=1, keepdim=True)


def _count(cell: _Cell, logits: torch.Tensor, dense: _Dense, figures: ScanFigures) -> None:
    """Add a batch to what is known of a cell."""
    is_right = logits.argmax(dim=1) == dense.labels
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


def _difference(cell: _Cell) -> float:
    return (cell.num_gained - cell.num_lost) / max(1, cell.num_images)


def _accuracy(cell: _Cell, figures: ScanFigures) -> float:
    """Return the dense accuracy on all images plus the difference found; on all images, the very count."""
    if cell.num_images == figures.num_images:
        return cell.num_right / cell.num_images
    return min(1.0, max(0.0, figures.dense_accuracy + _difference(cell)))


def _told(cell: _Cell, cells: Sequence[_Cell], figures: ScanFigures, clock: Clock) -> CellScanned:
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


def _distortion(cell: _Cell) -> float:
    return distortion(signal=cell.signal, error=cell.error, overlap=cell.overlap)


def _share_done(cell: _Cell, figures: ScanFigures) -> float:
    """Return how much of a cell's work is done: its interval shrinks with the root of the images."""
    if cell.is_settled:
        return 1.0
    if figures.tolerance_points is None or not cell.num_images:
        return cell.num_images / figures.num_images
    return min(1.0, (tolerated(_difference(cell), figures.tolerance_points) / cell.half_width) ** 2)


def _figures(
    decision: Scan,
    names: Sequence[str],
    dense_accuracy: float,
    num_images: int,
    evaluator: Evaluator,
    largest: int,
) -> ScanFigures:
    """Return the figures of a scan that has no curve yet."""
    empty = (None,) * len(decision.sparsities)
    return ScanFigures(
        criterion=decision.criterion,
        granularity=decision.granularity,
        num_images=num_images,
        dense_accuracy=dense_accuracy,
        sparsities=decision.sparsities,
        layers=tuple(ScanCurve(name=name, accuracies=empty) for name in names),
        tolerance_points=decision.tolerance_points,
        is_reused=evaluator.is_reused,
        batch_size=min(largest, num_images),
        recorded_bytes=evaluator.recorded_bytes,
        note=None if evaluator.is_reused else _NOT_REUSED,
    )


def _curve(name: str, cells: Sequence[_Cell], figures: ScanFigures) -> ScanCurve:
    own = [cell for cell in cells if cell.layer == name]
    return ScanCurve(
        name=name,
        accuracies=tuple(_accuracy(cell, figures) for cell in own),
        distortions=tuple(_distortion(cell) for cell in own),
    )
