"""Evaluates plans over several groups at the end of a scan, to calibrate its predictions."""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence

import torch

from prune_tui.catalog.datasets.images import Split
from prune_tui.core.planning.calibration import RUIN_SHARE, calibration_plans
from prune_tui.core.report import JointPoint, ScanFigures
from prune_tui.core.run.events import BatchEvaluated, JointScanned
from prune_tui.engine.context import Clock
from prune_tui.engine.measure.evaluate import EVALUATION_BATCH_SIZE
from prune_tui.engine.network.network import Masks
from prune_tui.engine.scan.evaluator import Evaluator


def evaluate_calibration_plans(
    evaluator: Evaluator,
    masks_of_plan: Callable[[Mapping[str, float]], Masks],
    drawn: Split,
    known: Sequence[torch.Tensor],
    scanned: ScanFigures,
    *,
    num_images: int,
    clock: Clock,
) -> Iterator[BatchEvaluated | JointScanned]:
    """Evaluate the plans that calibrate the predictions, each on the first `num_images` of `drawn`.

    `known` says, batch by batch from the first, which images the dense network gets right. Ends after the
    first plan that ruins the network.
    """
    plans = calibration_plans(evaluator.network.layers, scanned)
    if not plans:
        return
    num_dense_right = _num_dense_right(evaluator, drawn, known, num_images)
    for plan in plans:
        num_right = yield from _num_right(evaluator, drawn, masks_of_plan(plan), num_images, clock)
        accuracy = _accuracy(scanned, num_right, num_dense_right, num_images)
        yield JointScanned(JointPoint(plan=plan, accuracy=accuracy), clock())
        if accuracy < RUIN_SHARE * scanned.dense_accuracy:
            break


def _accuracy(scanned: ScanFigures, num_right: int, num_dense_right: int, num_images: int) -> float:
    """Return the dense accuracy plus the difference on these images; on all images, the exact accuracy."""
    if num_images == scanned.num_images:
        return num_right / num_images
    return min(1.0, max(0.0, scanned.dense_accuracy + (num_right - num_dense_right) / num_images))


def _num_right(
    evaluator: Evaluator, drawn: Split, masks: Masks, num_images: int, clock: Clock
) -> Generator[BatchEvaluated, None, int]:
    parts, num_right = _parts(0, num_images), 0
    for number, part in enumerate(parts, start=1):
        evaluator.load_batch(drawn.images[part], records=False)
        num_right += int(evaluator.task.is_right(evaluator.logits_with(masks), drawn.labels[part]).sum())
        yield BatchEvaluated(number, len(parts), clock())
    return num_right


def _num_dense_right(
    evaluator: Evaluator, drawn: Split, known: Sequence[torch.Tensor], num_images: int
) -> int:
    """Count the images that the dense network gets right, evaluating those that are not `known`."""
    is_right = list(known)
    for part in _parts(sum(len(each) for each in known), num_images):
        evaluator.load_batch(drawn.images[part], records=False)
        is_right.append(evaluator.task.is_right(evaluator.dense_logits(), drawn.labels[part]))
    return int(torch.cat(is_right)[:num_images].sum())


def _parts(start: int, stop: int) -> list[slice]:
    return [
        slice(at, min(stop, at + EVALUATION_BATCH_SIZE)) for at in range(start, stop, EVALUATION_BATCH_SIZE)
    ]
