"""Trains a network, an event a batch, and keeps the best epoch by validation accuracy."""

import math
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import assert_never

import torch
from torch import nn

from prune_tui.core.decisions import Training
from prune_tui.core.errors import DecisionError
from prune_tui.core.events import BatchEvaluated, BatchTrained, EpochFinished, MaskChecked, WeightsBinned
from prune_tui.core.report import EpochFigures
from prune_tui.engine.measuring import Clock, Images, binned_weights, evaluate
from prune_tui.engine.network import Network, Weights

_CHECKS_PER_EPOCH = 8
_CHECK_SECONDS = 1.0
_WARM_UP_SHARE = 0.3
_START_DIVISOR = 25.0

TrainingEvent = BatchTrained | BatchEvaluated | EpochFinished | MaskChecked | WeightsBinned


@dataclass(frozen=True, slots=True)
class Stint:
    """Which stretch of training this is, for its events, and when to stop.

    `should_stop` is asked before each batch with the epochs completed in this decision so far.
    """

    decision: int
    round: int
    num_rounds: int
    epochs_before: int
    should_stop: Callable[[int], bool]


def train(
    network: Network,
    images: Images,
    training: Training,
    *,
    stint: Stint,
    random_state: torch.Generator,
    clock: Clock,
    best: tuple[float, Weights] | None = None,
) -> Generator[TrainingEvent, None, int | None]:
    """Train with masks held, leaving the network at its best epoch.

    `best` is a validation accuracy and state to beat, such as the network right after pruning; without one
    the first epoch always counts. Returns None, or the number of epochs completed in this decision if it was
    stopped; an epoch cut short does not count.

    Raises:
        DecisionError: the loss is no longer a number.
    """
    module, num_images = network.module, len(images.train)
    optimizer = _optimizer(module, training)
    num_batches = math.ceil(num_images / training.batch_size)
    num_steps = num_batches * training.num_epochs
    check_every = max(1, num_batches // _CHECKS_PER_EPOCH)
    stopped_after: int | None = None
    checked_at = 0.0
    for epoch in range(1, training.num_epochs + 1):
        module.train()
        order = torch.randperm(num_images, generator=random_state).to(images.device)
        total_loss = torch.zeros((), device=images.device)
        rate = training.learning_rate
        for batch in range(num_batches):
            if stint.should_stop(stint.epochs_before + epoch - 1):
                stopped_after = stint.epochs_before + epoch - 1
                break
            chosen = order[batch * training.batch_size : (batch + 1) * training.batch_size]
            rate = learning_rate(training, (epoch - 1) * num_batches + batch, num_steps)
            for group in optimizer.param_groups:
                group["lr"] = rate
            logits = module(images.normalised(images.train.images[chosen]))
            loss = nn.functional.cross_entropy(logits, images.train.labels[chosen])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            network.hold_masks()
            total_loss += loss.detach() * len(chosen)
            yield BatchTrained(
                stint.round, stint.num_rounds, epoch, training.num_epochs, batch + 1, num_batches, clock()
            )
            if network.masks and (batch + 1) % check_every == 0 and clock() > checked_at + _CHECK_SECONDS:
                yield from check(network, clock)
                checked_at = clock()
        if stopped_after is not None:
            break
        evaluation = yield from evaluate(module, images, images.validation, clock)
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
            decision=stint.decision,
            round=stint.round,
            epoch=epoch,
            train_loss=train_loss,
            accuracy=evaluation.accuracy,
            loss=evaluation.loss,
            learning_rate=rate,
        )
        yield EpochFinished(figures, training.num_epochs, is_best, clock())
    if best is not None:
        network.load(best[1], network.masks)
    return stopped_after


def check(network: Network, clock: Clock) -> Generator[MaskChecked | WeightsBinned, None, None]:
    """Check that what is pruned is still zero, and show where the kept weights are."""
    yield MaskChecked(held=network.masks_hold(), sparsity=network.sparsity, seconds=clock())
    yield from binned_weights(network, stage="pruned")


def learning_rate(training: Training, step: int, num_steps: int) -> float:
    """Return the learning rate of a step, counted from 0, of `num_steps`."""
    peak, done = training.learning_rate, step / num_steps
    match training.learning_rate_schedule:
        case "constant":
            return peak
        case "cosine":
            return peak * (1 + math.cos(math.pi * done)) / 2
        case "one_cycle":
            if done < _WARM_UP_SHARE:
                low = peak / _START_DIVISOR
                return low + (peak - low) * (1 - math.cos(math.pi * done / _WARM_UP_SHARE)) / 2
            return peak * (1 + math.cos(math.pi * (done - _WARM_UP_SHARE) / (1 - _WARM_UP_SHARE))) / 2
        case _:
            assert_never(training.learning_rate_schedule)


def _optimizer(module: nn.Module, training: Training) -> torch.optim.Optimizer:
    parameters, rate, decay = module.parameters(), training.learning_rate, training.weight_decay
    match training.optimizer:
        case "sgd":
            return torch.optim.SGD(
                parameters,
                lr=rate,
                momentum=training.momentum,
                weight_decay=decay,
                nesterov=training.momentum > 0,
                fused=True,
            )
        case "adam":
            return torch.optim.Adam(parameters, lr=rate, weight_decay=decay, fused=True)
        case "adamw":
            return torch.optim.AdamW(parameters, lr=rate, weight_decay=decay, fused=True)
        case _:
            assert_never(training.optimizer)
