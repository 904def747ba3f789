"""Trains a network with its masks held, and keeps the best epoch by validation accuracy."""

import math
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from operator import itemgetter

import torch
from torch import nn

from prune_tui.catalog.batches import Batch, Tree, mapped, num_examples
from prune_tui.catalog.running import differentiated
from prune_tui.core.errors import DecisionError
from prune_tui.core.report import EpochFigures
from prune_tui.core.run.events import BatchEvaluated, BatchTrained, EpochFinished, MaskChecked, WeightsBinned
from prune_tui.core.session.recipe import Training
from prune_tui.engine.context import Clock, TrainingPhase
from prune_tui.engine.data import DeviceData
from prune_tui.engine.device import computes_bfloat16
from prune_tui.engine.measure.evaluate import evaluate
from prune_tui.engine.measure.histograms import binned_weights
from prune_tui.engine.network.network import Network, Weights
from prune_tui.engine.training.augmentation import augmented
from prune_tui.engine.training.distillation import Teacher
from prune_tui.engine.training.optimizers import learning_rate, optimizer_of

_CHECKS_PER_EPOCH = 8
_CHECK_SECONDS = 1.0
_DROPOUTS = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d)

TrainingEvent = BatchTrained | BatchEvaluated | EpochFinished | MaskChecked | WeightsBinned


@dataclass(frozen=True, slots=True)
class Trained:
    """The result of training.

    `accuracy` is the best epoch's on the validation split, None if no epoch was completed. `stopped_after`
    counts the epochs that the decision completed, None if it was not stopped.
    """

    accuracy: float | None
    stopped_after: int | None


def train(
    network: Network,
    data: DeviceData,
    training: Training,
    *,
    phase: TrainingPhase,
    random_state: torch.Generator,
    clock: Clock,
    best: tuple[float, Weights] | None = None,
    teacher: Teacher | None = None,
) -> Generator[TrainingEvent, None, Trained]:
    """Train with masks held, and leave the network at its best epoch; yields an event after each batch.

    `best` is a validation accuracy and state to beat, such as those of the network right after pruning. An
    incomplete epoch does not count. A recipe with distillation needs a `teacher`.

    Raises:
        DecisionError: the loss is no longer finite.
    """
    module, num_images = network.module, len(data.train)
    num_batches = len(_batches(torch.arange(num_images), training.batch_size))
    num_steps = num_batches * training.num_epochs
    num_epochs = training.num_epochs - phase.epochs_skipped
    check_every = max(1, num_batches // _CHECKS_PER_EPOCH)
    stopped_after: int | None = None
    checked_at = 0.0
    if teacher is not None and training.augmentation == "none":
        yield from teacher.tabulate(clock)
    optimizer = optimizer_of(module, training)

    def augment(images: torch.Tensor) -> torch.Tensor:
        return augmented(images, training, random_state)

    with _dropout(module, training.dropout):
        for epoch in range(1, num_epochs + 1):
            module.train()
            order = torch.randperm(num_images, generator=random_state)
            total_loss = torch.zeros((), device=data.device)
            rate = training.learning_rate
            parts = _batches(order, training.batch_size)
            batches = data.batches(data.train, parts, augment=augment)
            for number, chosen in enumerate(parts):
                if phase.should_stop(phase.epochs_before + epoch - 1):
                    stopped_after = phase.epochs_before + epoch - 1
                    break
                step = (phase.epochs_skipped + epoch - 1) * num_batches + number
                rate = learning_rate(training, step, num_steps)
                for group in optimizer.param_groups:
                    group["lr"] = rate
                optimizer.zero_grad(set_to_none=True)
                total_loss += _loss_with_gradient(module, data, training, next(batches), chosen, teacher)
                optimizer.step()
                network.hold_masks()
                yield BatchTrained(
                    phase.round, phase.num_rounds, epoch, num_epochs, number + 1, num_batches, clock()
                )
                if (
                    network.masks
                    and (number + 1) % check_every == 0
                    and clock() > checked_at + _CHECK_SECONDS
                ):
                    yield from check_masks(network, clock)
                    checked_at = clock()
            if stopped_after is not None:
                break
            evaluation = yield from evaluate(module, data, data.validation, clock)
            train_loss = float(total_loss) / num_images
            if not (math.isfinite(train_loss) and math.isfinite(evaluation.loss)):
                raise DecisionError(
                    f"training diverged in epoch {epoch}: the loss is no longer a number; "
                    f"try a learning rate below {training.learning_rate:g}"
                )
            is_best = best is None or evaluation.accuracy > best[0]
            if is_best:
                best = evaluation.accuracy, network.state()
            figures = EpochFigures(
                decision=phase.decision,
                round=phase.round,
                epoch=epoch,
                train_loss=train_loss,
                accuracy=evaluation.accuracy,
                loss=evaluation.loss,
                learning_rate=rate,
            )
            yield EpochFinished(figures, num_epochs, is_best, clock())
    if best is not None:
        network.load(best[1], network.masks)
    return Trained(best[0] if best is not None else None, stopped_after)


def check_masks(network: Network, clock: Clock) -> Generator[MaskChecked | WeightsBinned, None, None]:
    """Check that every pruned weight is still zero, and bin the remaining weights."""
    yield MaskChecked(held=network.masks_hold(), sparsity=network.sparsity, seconds=clock())
    yield from binned_weights(network, stage="pruned")


def _batches(order: torch.Tensor, batch_size: int) -> list[torch.Tensor]:
    """Split the examples; a last one by itself, which batch norm can't be trained on, joins those before."""
    parts = list(torch.split(order, batch_size))
    if len(parts) > 1 and len(parts[-1]) == 1:
        parts[-2:] = [torch.cat(parts[-2:])]
    return parts


def _loss_with_gradient(
    module: nn.Module,
    data: DeviceData,
    training: Training,
    batch: Batch,
    chosen: torch.Tensor,
    teacher: Teacher | None,
) -> torch.Tensor:
    """Set the gradient of a batch's mean loss; return the loss times the number of examples.

    A batch that does not fit in memory is run in equal parts, whose gradients add up. Batch norm then takes
    the statistics of each part.
    """
    count = len(chosen)
    num_parts = min(math.ceil(count / (data.training_size or count)), max(1, count // 2))
    if num_examples(batch.inputs) != count:  # packed sequences can't be cut
        num_parts = 1
    total = torch.zeros((), device=data.device)
    for part in torch.tensor_split(torch.arange(count), num_parts):
        own, own_chosen = batch, chosen
        if num_parts > 1:
            at = slice(int(part[0]), int(part[-1]) + 1)
            own_chosen = chosen[at]
            own = Batch(mapped(batch.inputs, itemgetter(at)), mapped(batch.targets, itemgetter(at)))
        loss = _loss(module, data, training, own, own_chosen, teacher)
        with differentiated():
            (loss if num_parts == 1 else loss * (len(own_chosen) / count)).backward()  # type: ignore[no-untyped-call]
        total += loss.detach() * len(own_chosen)
    return total


def _loss(
    module: nn.Module,
    data: DeviceData,
    training: Training,
    batch: Batch,
    chosen: torch.Tensor,
    teacher: Teacher | None,
) -> torch.Tensor:
    """Return the loss of the training examples at the indices `chosen`, against targets and teacher."""
    is_mixed = training.precision == "bfloat16" and computes_bfloat16(data.device)
    with torch.autocast(data.device.type, torch.bfloat16, enabled=is_mixed):
        outputs = mapped(data.outputs(module, batch.inputs), _as_float)
    loss = data.task.loss(outputs, batch, label_smoothing=training.label_smoothing)
    if teacher is None:
        return loss
    teachers: Tree | None = teacher.looked_up(chosen) if training.augmentation == "none" else None
    if teachers is None:
        with torch.autocast(data.device.type, torch.bfloat16, enabled=is_mixed):
            teachers = mapped(teacher.outputs(batch.inputs), _as_float)
    share = training.distillation
    return (1 - share) * loss + share * data.task.imitation(outputs, teachers)


def _as_float(outputs: torch.Tensor) -> torch.Tensor:
    return outputs.float() if outputs.is_floating_point() else outputs


@contextmanager
def _dropout(module: nn.Module, probability: float | None) -> Iterator[None]:
    """Set the probability of all dropout layers; None leaves the model's own."""
    dropouts = [layer for layer in module.modules() if isinstance(layer, _DROPOUTS)]
    before = [layer.p for layer in dropouts]
    if probability is not None:
        for layer in dropouts:
            layer.p = probability
    try:
        yield
    finally:
        for layer, was in zip(dropouts, before, strict=True):
            layer.p = was
