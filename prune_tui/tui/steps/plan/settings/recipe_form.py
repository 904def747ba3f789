"""The settings' lines about fine-tuning: what each may be, and what is said of a wrong one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from textual.app import ComposeResult

from prune_tui.core.session.recipe import Augmentation, LearningRateSchedule, Optimizer, Training
from prune_tui.core.terms import LEAST_TOLERANCE_POINTS, MOST_TOLERANCE_POINTS, Precision
from prune_tui.tui.dialogs.choice import Choice
from prune_tui.tui.dialogs.field import field

Key = TypeVar("Key", bound=str)

MAX_BATCH_SIZE: Final = 1_000_000
RATES: Final[Mapping[LearningRateSchedule, str]] = {
    "constant": "the same rate throughout",
    "step": "a tenth after half, again after three quarters",
    "cosine": "falls along a cosine to zero",
    "one_cycle": "rises for 30 % of the steps, then falls to zero",
}
OPTIMIZERS: Final[Mapping[Optimizer, str]] = {
    "sgd": "gradient descent with Nesterov momentum",
    "adam": "each weight at its own pace",
    "adamw": "the same, with weight decay kept apart",
}
AUGMENTATIONS: Final[Mapping[Augmentation, str]] = {
    "none": "images as they are",
    "crop": "shifted by up to an eighth",
    "crop_flip": "shifted, and half of them mirrored",
}
PRECISIONS: Final[Mapping[Precision, str]] = {
    "float32": "",
    "bfloat16": "passes in bfloat16, weights in float32",
}
RECIPE_LINES: Final = (
    "epochs-line",
    "rate-line",
    "learning_rate_schedule",
    "optimizer",
    "momentum-line",
    "weight_decay-line",
    "batch_size-line",
    "distillation-line",
    "label_smoothing-line",
    "augmentation",
    "precision",
)
"""The ids of the lines for fine-tuning only: a rewound network is trained by its baseline's recipe."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers that may be typed in a field, and what is said of others."""

    lowest: float
    highest: float
    words: str


LIMITS: Final[Mapping[str, Limits]] = {
    "tolerance": Limits(
        LEAST_TOLERANCE_POINTS,
        MOST_TOLERANCE_POINTS,
        f"the tolerance is a number of points from {LEAST_TOLERANCE_POINTS:g} "
        f"to {MOST_TOLERANCE_POINTS:g}, such as 1",
    ),
    "rate": Limits(1e-12, 100, "the learning rate is a number above 0, such as 0.001"),
    "momentum": Limits(0, 0.9999, "momentum is a number from 0 to below 1, such as 0.9"),
    "weight_decay": Limits(0, 100, "weight decay is a number from 0, such as 0.0001"),
    "distillation": Limits(0, 1, "distillation is a weight from 0 to 1, such as 0.5"),
    "label_smoothing": Limits(0, 0.999, "label smoothing is a number from 0 to below 1, such as 0.1"),
}


def recipe_lines(recipe: Training, *, num_epochs: int, learning_rate: float) -> ComposeResult:
    """Yield the lines of a recipe; epochs and learning rate are the plan's own."""
    yield from field("epochs", str(num_epochs), "fine-tune", "epochs per round; 0 for none")
    yield from field("rate", f"{learning_rate:g}", "rate", "learning rate of the fine-tuning")
    yield Choice("over time", by_name(RATES), recipe.learning_rate_schedule, id="learning_rate_schedule")
    yield Choice("optimizer", by_name(OPTIMIZERS), recipe.optimizer, id="optimizer")
    yield from field("momentum", f"{recipe.momentum:g}", "momentum", "of sgd: how long a direction lasts")
    decay = f"{recipe.weight_decay:g}"
    yield from field("weight_decay", decay, "decay", "weight decay, such as 0.0001; 0 for none")
    yield from field("batch_size", str(recipe.batch_size), "batch", "images per step")
    distillation = f"{recipe.distillation:g}"
    yield from field(
        "distillation", distillation, "distillation", "0 to 1: how much the dense network teaches"
    )
    smoothing = f"{recipe.label_smoothing:g}"
    yield from field("label_smoothing", smoothing, "smoothing", "of the labels, such as 0.1; 0 for none")
    yield Choice("augment", by_name(AUGMENTATIONS), recipe.augmentation, id="augmentation")
    yield Choice("precision", by_name(PRECISIONS), recipe.precision, id="precision")


def by_name(choices: Mapping[Key, str]) -> dict[str, str]:
    """Return choices and their meanings as a form shows them."""
    return {str(choice): meaning for choice, meaning in choices.items()}


def named(choices: Mapping[Key, str], name: str) -> Key:
    """Return the choice of this name."""
    return next(choice for choice in choices if choice == name)
