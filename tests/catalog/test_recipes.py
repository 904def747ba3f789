"""A recipe has enough steps however few the images, and is the model's own where there are many."""

from math import ceil

import pytest

from prune_tui.catalog.datasets import DATASETS, dataset_entry
from prune_tui.catalog.models import MODELS
from prune_tui.catalog.recipes import (
    ADAPTING,
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


def test_published_weights_are_adapted_gently_whatever_the_model() -> None:
    adapted = training_recipe(MODELS["resnet20"], DATASETS["cifar10"], is_pretrained=True)
    assert adapted == training_recipe(MODELS["lenet5"], DATASETS["cifar10"], is_pretrained=True) == ADAPTING
    assert adapted.num_epochs < MODELS["resnet20"].training.num_epochs
    few = training_recipe(MODELS["lenet5"], DATASETS["digits"], is_pretrained=True)
    assert few.num_epochs * ceil(1_097 / few.batch_size) >= MIN_FINETUNING_STEPS


def test_the_digits_are_as_many_as_the_table_says() -> None:
    digits = DATASETS["digits"]
    data = loaded("digits")
    assert len(data.train) == digits.num_train_images


def test_of_an_image_folder_nothing_is_assumed() -> None:
    folder = dataset_entry("imagefolder:somewhere")
    assert training_recipe(MODELS["resnet20"], folder) == MODELS["resnet20"].training
