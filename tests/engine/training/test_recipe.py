"""Every option of a training recipe does what it says, and leaves the network as it found it."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from prune_tui.catalog.models import MODELS
from prune_tui.catalog.tasks.classification import Classification
from prune_tui.core.session.decisions import Prune, TrainDense
from prune_tui.core.session.recipe import Augmentation, Training
from prune_tui.core.session.session import Session
from prune_tui.engine.training.augmentation import augmented
from tests.engine.helpers import Run, loaded, perform

IMAGES = torch.arange(1, 1 + 4 * 2 * 6 * 6).reshape(4, 2, 6, 6).to(torch.uint8)
ONE = Training(num_epochs=1, batch_size=64)


def varied(training: Training, seed: int = 0) -> torch.Tensor:
    return augmented(IMAGES, training, torch.Generator().manual_seed(seed))


def test_without_augmentation_images_are_as_they_are() -> None:
    assert varied(ONE) is IMAGES


@pytest.mark.parametrize("augmentation", ["crop", "crop_flip"])
def test_each_image_is_shifted_whole_and_perhaps_mirrored(augmentation: Augmentation) -> None:
    training = replace(ONE, augmentation=augmentation, shift_pixels=2)
    for seed in range(5):
        for image, shown in zip(IMAGES, varied(training, seed), strict=True):
            padded = nn.functional.pad(image, (2, 2, 2, 2))
            shifts = [padded[:, y : y + 6, x : x + 6] for y in range(5) for x in range(5)]
            mirrored = [shifted.flip(2) for shifted in shifts] if augmentation == "crop_flip" else []
            assert any(torch.equal(shown, possible) for possible in (*shifts, *mirrored))


def test_augmentation_follows_its_random_state() -> None:
    training = replace(ONE, augmentation="crop_flip")
    assert torch.equal(varied(training), varied(training))
    assert not torch.equal(varied(training), varied(training, seed=1))


def test_distillation_is_least_where_the_answers_agree() -> None:
    teachers = torch.tensor([[2.0, 0.0, -1.0]])
    same = Classification(3).imitation(teachers.clone(), teachers)
    assert same.item() == pytest.approx(0.0, abs=1e-5)
    assert Classification(3).imitation(torch.tensor([[0.0, 2.0, -1.0]]), teachers) > 0.1


@pytest.mark.parametrize(
    "training",
    [
        replace(ONE, distillation=0.5),
        replace(ONE, distillation=0.5, augmentation="crop", shift_pixels=1),
        replace(ONE, label_smoothing=0.1),
        replace(ONE, precision="bfloat16"),
        replace(ONE, learning_rate_schedule="step", optimizer="sgd", learning_rate=0.01),
    ],
    ids=["distillation", "distillation-crop", "label-smoothing", "bfloat16", "sgd-step"],
)
def test_a_recipe_trains_and_is_the_same_each_time(training: Training) -> None:
    first, second = loaded(), loaded()
    for run in (first, second):
        perform(run, Prune(plan=0.9, finetune=training))
    assert first.view.report.epochs == second.view.report.epochs
    assert first.view.report.epochs[-1].accuracy > 0.85


def test_dropout_is_the_recipes_while_training_and_the_models_again_after() -> None:
    run = Run(Session(name="s", model="lenet", dataset="digits"))
    module = run.state.network.module
    dropout = module.get_submodule("dropout2")
    assert isinstance(dropout, nn.Dropout)
    seen = set()
    training = replace(ONE, dropout=0.25)
    for _ in run.perform(TrainDense(training=training)):
        seen.add(dropout.p)
    assert 0.25 in seen
    assert dropout.p == 0.5


def test_the_models_all_train_in_mixed_precision() -> None:
    for model in MODELS.values():
        module = model.build(num_classes=10)
        with torch.autocast("cpu", torch.bfloat16):
            scores = module(torch.randn(2, *model.own_shape))
        assert scores.dtype == torch.bfloat16
        loss = nn.functional.cross_entropy(scores.float(), torch.tensor([0, 1]))
        loss.backward()  # type: ignore[no-untyped-call]
        gradients = [parameter.grad for parameter in module.parameters()]
        assert all(gradient is not None and bool(gradient.isfinite().all()) for gradient in gradients)
