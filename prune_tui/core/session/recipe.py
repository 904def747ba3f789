"""The recipe by which a network is trained or fine-tuned."""

from dataclasses import dataclass
from typing import Final, Literal

from prune_tui.core.fields import AboveZero, BelowOne, Data, Fraction, NotNegative, Positive
from prune_tui.core.terms import Precision

Optimizer = Literal["sgd", "adam", "adamw"]
LearningRateSchedule = Literal["constant", "step", "cosine", "one_cycle"]
Augmentation = Literal["none", "crop", "crop_flip"]
DISTILLATION_TEMPERATURE: Final = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Training(Data):
    """The recipe by which a network is trained or fine-tuned.

    `learning_rate` is the peak rate. `step` divides it by ten after half and after three quarters of the
    run, `cosine` falls from it to zero, `one_cycle` rises to it over the first 30 % of the steps and falls
    to zero (Smith & Topin 2018). Only `sgd` uses `momentum`. `augmentation` shifts each image by up to
    `shift_pixels` and, with `crop_flip`, mirrors half of them. `distillation` is the weight of the dense
    network's soft targets against the labels (Hinton et al. 2015). `dropout` replaces the probability of
    the model's dropout layers, because a sparse network needs less (Han et al. 2015); None leaves it.
    `precision` bfloat16 uses mixed precision where the device is faster with it; weights and updates stay
    float32.
    """

    num_epochs: Positive
    batch_size: Positive = 128
    optimizer: Optimizer = "adam"
    learning_rate: AboveZero = 1e-3
    learning_rate_schedule: LearningRateSchedule = "constant"
    momentum: BelowOne = 0.9
    weight_decay: NotNegative = 0.0
    label_smoothing: BelowOne = 0.0
    augmentation: Augmentation = "none"
    shift_pixels: Positive = 4
    distillation: Fraction = 0.0
    dropout: BelowOne | None = None
    precision: Precision = "float32"


def epochs(count: int) -> str:
    """Say how many epochs: `1 epoch`, `5 epochs`."""
    return f"{count} epoch{'' if count == 1 else 's'}"
