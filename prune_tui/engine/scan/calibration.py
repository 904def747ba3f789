"""Evaluates plans over several groups at the end of a scan, to calibrate its predictions."""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence

import torch

from prune_tui.catalog.batches import Split
from prune_tui.core.planning.calibration import calibration_plans
from prune_tui.core.report import JointPoint, ScanFigures
from prune_tui.core.run.events import BatchEvaluated, JointScanned
from prune_tui.core.scanning.predictor import RUIN_SHARE
from prune_tui.engine.context import Clock
from prune_tui.engine.measure.evaluate import as_accuracy
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

    `known` has, batch by batch from the first, the dense network's scores. Ends after the first plan that
    ruins the network.
    """
    plans = calibration_plans(evaluator.network.prunable, scanned)
    if not plans:
        return
    dense_score = _dense_score(evaluator, drawn, known, num_images)
    for plan in plans:
        score = yield from _score(evaluator, drawn, masks_of_plan(plan), num_images, clock)
        accuracy = _accuracy(scanned, score, dense_score, num_images)
        yield JointScanned(JointPoint(plan=plan, accuracy=accuracy), clock())
        if accuracy < RUIN_SHARE * scanned.dense_accuracy:
            break


def _accuracy(scanned: ScanFigures, score: float, dense_score: float, num_images: int) -> float:
    """Return the dense accuracy plus the difference on these images; on all images, the exact accuracy."""
    if num_images == scanned.num_images:
        return as_accuracy(score / num_images)
    return as_accuracy(scanned.dense_accuracy + (score - dense_score) / num_images)


def _score(
    evaluator: Evaluator, drawn: Split, masks: Masks, num_images: int, clock: Clock
) -> Generator[BatchEvaluated, None, float]:
    """Return the sum of the scores of the first images."""
    parts, score = _parts(evaluator, 0, num_images), 0.0
    for number, part in enumerate(parts, start=1):
        batch = evaluator.load_batch(drawn, part)
        score += float(evaluator.task.scores(evaluator.outputs_with(masks), batch).float().sum())
        yield BatchEvaluated(number, len(parts), clock())
    return score


def _dense_score(evaluator: Evaluator, drawn: Split, known: Sequence[torch.Tensor], num_images: int) -> float:
    """Return the sum of the dense network's scores, evaluating the images whose scores are not `known`."""
    scores = list(known)
    for part in _parts(evaluator, sum(len(each) for each in known), num_images):
        batch = evaluator.load_batch(drawn, part)
        scores.append(evaluator.task.scores(evaluator.plain_outputs(), batch).float())
    return float(torch.cat(scores)[:num_images].sum())


def _parts(evaluator: Evaluator, start: int, stop: int) -> list[slice]:
    size = evaluator.batch_size
    return [slice(at, min(stop, at + size)) for at in range(start, stop, size)]
