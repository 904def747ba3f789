"""The optimizer of a recipe, and its learning rate at each step."""

import math
from typing import assert_never

import torch
from torch import nn

from prune_tui.core.errors import DecisionError
from prune_tui.core.session.recipe import Training

_WARM_UP_SHARE = 0.3
_START_DIVISOR = 25.0


def optimizer_of(module: nn.Module, training: Training) -> torch.optim.Optimizer:
    """Return the optimizer that a recipe names, over all parameters of a module that are not frozen.

    Raises:
        DecisionError: all are frozen.
    """
    rate, decay = training.learning_rate, training.weight_decay
    parameters = [parameter for parameter in module.parameters() if parameter.requires_grad]
    if not parameters:
        raise DecisionError("every parameter is frozen (requires_grad is False): there is nothing to train")
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


def learning_rate(training: Training, step: int, num_steps: int) -> float:
    """Return the learning rate of a step, counted from 0, of `num_steps`."""
    peak, done = training.learning_rate, step / num_steps
    match training.learning_rate_schedule:
        case "constant":
            return peak
        case "step":
            return peak if done < 0.5 else peak / 10 if done < 0.75 else peak / 100
        case "cosine":
            return peak * (1 + math.cos(math.pi * done)) / 2
        case "one_cycle":
            if done < _WARM_UP_SHARE:
                low = peak / _START_DIVISOR
                return low + (peak - low) * (1 - math.cos(math.pi * done / _WARM_UP_SHARE)) / 2
            return peak * (1 + math.cos(math.pi * (done - _WARM_UP_SHARE) / (1 - _WARM_UP_SHARE))) / 2
        case _:
            assert_never(training.learning_rate_schedule)
