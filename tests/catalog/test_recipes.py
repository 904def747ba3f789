"""A recipe has enough steps however few the images, and is the model's own where there are many."""

from math import ceil

import pytest

from prune_tui.catalog.datasets import DATASETS, dataset_entry
from prune_tui.catalog.models import MODELS
from prune_tui.catalog.recipes import (
    MIN_FINETUNING_STEPS,
    MIN_TRAINING_STEPS,
    finetuning_recipe,
    training_recipe,
)
from tests.catalog.helpers import loaded


@pytest.mark.parametrize("dataset", DATASETS)
@pytest.mark.parametrize("model", MODELS)
def test_there_are_enough_steps(model: str, dataset: str) -> None:
    entry, images = MODELS[model], DATASETS[dataset]
    assert images.num_train_images is not None
    for recipe, least in (
        (training_recipe(entry, images), MIN_TRAINING_STEPS),
        (finetuning_recipe(entry, images), MIN_FINETUNING_STEPS),
    ):
        assert recipe.num_epochs * ceil(images.num_train_images / recipe.batch_size) >= least


def test_where_images_are_many_the_recipe_is_the_models_own() -> None:
    assert training_recipe(MODELS["lenet5"], DATASETS["mnist"]) == MODELS["lenet5"].training


def test_the_digits_are_as_many_as_the_table_says() -> None:
    digits = DATASETS["digits"]
    data = loaded("digits")
    assert len(data.train) == digits.num_train_images


def test_of_an_image_folder_nothing_is_assumed() -> None:
    folder = dataset_entry("imagefolder:somewhere")
    assert training_recipe(MODELS["resnet20"], folder) == MODELS["resnet20"].training
