"""The training recipe offered for a model on a dataset: the model's own, longer where the images are few.

Published weights are only adapted to the data: few epochs at a low rate, whatever the model.
"""

from __future__ import annotations

from dataclasses import replace
from math import ceil, inf
from typing import TYPE_CHECKING, Final

from prune_tui.catalog.datasets import DatasetEntry, dataset_entry
from prune_tui.catalog.models import ModelEntry, model_entry
from prune_tui.core.session.recipe import Training

if TYPE_CHECKING:
    from prune_tui.core.session.session import Session

MIN_TRAINING_STEPS: Final = 360
MIN_FINETUNING_STEPS: Final = 120


ADAPTING: Final = Training(
    num_epochs=5,
    optimizer="adamw",
    learning_rate=1e-4,
    learning_rate_schedule="cosine",
    weight_decay=0.01,
    precision="bfloat16",
)
"""How published weights are adapted to a dataset."""


def training_recipe(
    model: ModelEntry, dataset: DatasetEntry, *, num_images: int | None = None, is_pretrained: bool = False
) -> Training:
    """Return how to train the dense baseline, on at most so many images.

    `is_pretrained` begins with published weights.
    """
    if is_pretrained:
        return _with_enough_steps(ADAPTING, dataset, num_images, MIN_FINETUNING_STEPS)
    return _with_enough_steps(model.training, dataset, num_images, MIN_TRAINING_STEPS)


def recipe_of(session: Session) -> Training:
    """Return how to train a session's dense baseline."""
    return training_recipe(
        model_entry(session.model),
        dataset_entry(session.dataset),
        num_images=session.num_train_images,
        is_pretrained=session.pretrained is not None,
    )


def finetuning_recipe(model: ModelEntry, dataset: DatasetEntry, *, num_images: int | None = None) -> Training:
    """Return how to fine-tune after pruning, on at most so many images."""
    return _with_enough_steps(model.finetuning, dataset, num_images, MIN_FINETUNING_STEPS)


def _with_enough_steps(
    training: Training, dataset: DatasetEntry, num_images: int | None, num_steps: int
) -> Training:
    """Return the recipe with enough epochs for that many optimizer steps."""
    if dataset.num_train_images is None:
        return training
    most = inf if num_images is None else num_images - num_images // 10  # a tenth validates
    steps_per_epoch = ceil(min(dataset.num_train_images, most) / training.batch_size)
    enough = max(training.num_epochs, ceil(num_steps / steps_per_epoch))
    return replace(training, num_epochs=enough)
