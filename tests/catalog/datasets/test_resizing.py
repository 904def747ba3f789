"""Images of any shape become those of any other, in one batch as in many, as Pillow would make them."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from prune_tui.catalog.batches import TensorSplit
from prune_tui.catalog.datasets.images import Scaling
from prune_tui.catalog.datasets.resizing import ResizedSplit, resized, resized_in_parts
from prune_tui.catalog.datasets.transforms import transform_text
from prune_tui.catalog.models import CIFAR_SHAPE, MNIST_SHAPE, ImageShape
from tests.catalog.helpers import images_of, labels_of, loaded, scaling, write_images

SHAPES: list[ImageShape] = [(1, 28, 28), (3, 32, 32), (3, 8, 11), (1, 64, 40)]


def noise(count: int, shape: ImageShape) -> torch.Tensor:
    random_state = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (count, *shape), generator=random_state).to(torch.uint8)


@pytest.mark.parametrize("own", SHAPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_they_are_what_pillow_makes_of_them(own: ImageShape, shape: ImageShape) -> None:
    images = noise(4, own)
    mode = "L" if shape[0] == 1 else "RGB"
    for image, changed in zip(images, resized(images, shape), strict=True):
        levels = image[0] if own[0] == 1 else image.permute(1, 2, 0)
        pillow = Image.fromarray(levels.numpy()).convert(mode)
        if own[1:] != shape[1:]:
            pillow = pillow.resize((shape[2], shape[1]), Image.Resampling.BILINEAR)
        wanted = torch.from_numpy(np.array(pillow)).reshape(shape[1], shape[2], -1).permute(2, 0, 1)
        assert changed.shape == shape
        assert changed.dtype == torch.uint8
        assert (changed.int() - wanted.int()).abs().max() <= 1


def test_of_the_same_shape_they_are_the_same_object() -> None:
    images = noise(3, CIFAR_SHAPE)
    assert resized(images, CIFAR_SHAPE) is images
    assert resized_in_parts(images, CIFAR_SHAPE) is images


@pytest.mark.parametrize("own", SHAPES)
@pytest.mark.parametrize("size", [1, 3, 600])
def test_batch_by_batch_they_are_those_of_all_at_once(own: ImageShape, size: int) -> None:
    images, labels = noise(600, own), torch.arange(600)
    shape = (3, 20, 24)
    split = ResizedSplit(TensorSplit(images, labels), shape)
    at_once = resized_in_parts(images, shape)
    assert torch.equal(at_once, resized(images, shape))
    for start in range(0, 600, 120):
        batch = split.batch(slice(start, start + size))
        assert torch.equal(torch.as_tensor(batch.inputs), at_once[start : start + size])
    drawn = torch.tensor([5, 3, 599])
    assert torch.equal(torch.as_tensor(split.subset(drawn).batch(slice(0, 3)).inputs), at_once[drawn])


def test_transforms_are_stated() -> None:
    assert transform_text(MNIST_SHAPE, MNIST_SHAPE) == transform_text(MNIST_SHAPE, None) == ""
    assert transform_text(MNIST_SHAPE, (3, 28, 28)) == "1×28×28 → 3×28×28: grey repeated"
    assert transform_text(CIFAR_SHAPE, MNIST_SHAPE) == "3×32×32 → 1×28×28: turned grey, resized bilinearly"


def test_a_dataset_takes_any_shape() -> None:
    own, large = loaded("digits"), loaded("digits", image_shape=(3, 48, 40))
    assert own.transforms == ()
    assert large.transforms == ("1×28×28 → 3×48×40: grey repeated, resized bilinearly",)
    assert torch.equal(images_of(large.test), resized(images_of(own.test), (3, 48, 40)))
    assert torch.equal(labels_of(large.train), labels_of(own.train))
    assert torch.equal(images_of(loaded("digits", image_shape=None).train), images_of(own.train))
    mean = images_of(large.train).double().div(255).mean(dim=(0, 2, 3))
    assert scaling(large).mean == pytest.approx(mean.tolist())


def test_what_grows_past_the_budget_is_resized_when_it_is_needed() -> None:
    small, large = (loaded("digits", image_shape=(3, 32, 32), memory_bytes=limit) for limit in (10**9, 10**6))
    assert isinstance(small.train, TensorSplit)
    assert isinstance(large.train, ResizedSplit)
    assert isinstance(large.train.split, TensorSplit)
    assert len(large.test) == len(small.test)
    assert torch.equal(torch.as_tensor(large.test.batch(slice(0, 500)).inputs), images_of(small.test))
    assert large.scaling == small.scaling
    assert large.transforms == small.transforms


def test_a_scaling_of_ones_own_is_taken(tmp_path: Path) -> None:
    write_images(tmp_path, {"ant": 6, "bee": 6})
    wanted = Scaling((0.1, 0.2, 0.3), (1.0, 2.0, 3.0))
    assert loaded(f"imagefolder:{tmp_path}", image_shape=(3, 8, 8), scaling=wanted).scaling == wanted
    assert loaded("digits", image_shape=(3, 28, 28), scaling=wanted).scaling == wanted
