"""A dataset ready to be used: three splits, the task, and how its images are scaled."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import torch

from prune_tui.catalog.batches import Split, TensorSplit, Tree, tensors_of
from prune_tui.catalog.datasets.own.seeding import seeded
from prune_tui.catalog.models import ImageShape
from prune_tui.catalog.tasks.classification import Classification
from prune_tui.catalog.tasks.task import Task

AnySplit = TypeVar("AnySplit", bound=Split)

IMAGES_AT_ONCE = 500

VALIDATION_SHARE = 10
"""One training image in ten is for validation."""


@dataclass(frozen=True, slots=True)
class Scaling:
    """How images of bytes become what a network sees: (image / 255 − mean) / std, one number a channel."""

    mean: tuple[float, ...]
    std: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Data:
    """A dataset: its splits, the task of its networks, and the scaling of images of bytes.

    `scaling` None leaves the inputs as they are. `transforms` say, in a line each, how images became what
    they are. `class_names` are by class; empty where classes have none.
    """

    train: Split
    validation: Split
    test: Split
    task: Task
    scaling: Scaling | None = None
    transforms: tuple[str, ...] = ()
    class_names: tuple[str, ...] = ()

    @property
    def splits(self) -> tuple[Split, Split, Split]:
        """Those for training, validation and testing."""
        return self.train, self.validation, self.test


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of a dataset.

    `image_shape` None is the dataset's own. At most `num_train` images train and validate, and at most
    `num_test` test; None takes all. `scaling` None is that of the training images. What would take more than
    `memory_bytes` is read when it is needed. `factory` returns a dataset of the user's own.
    """

    data_dir: Path
    seed: int
    image_shape: ImageShape | None = None
    num_train: int | None = None
    num_test: int | None = None
    scaling: Scaling | None = None
    memory_bytes: int = 2**31
    factory: Callable[[], object] | None = None


def image_data(
    *, train: Split, validation: Split, test: Split, num_classes: int, class_names: tuple[str, ...] = ()
) -> Data:
    """Put splits of images together for classification; images in memory are scaled by the training split."""
    scaling = scaling_of(train) if isinstance(train, TensorSplit) else None
    return Data(train, validation, test, Classification(num_classes), scaling, class_names=class_names)


def split_validation(train: AnySplit, seed: int) -> tuple[AnySplit, AnySplit]:
    """Return (the rest for training, a tenth for validation), drawn by `seed`."""
    return split_off(train, max(1, len(train) // VALIDATION_SHARE), seed)


def split_off(split: AnySplit, count: int, seed: int) -> tuple[AnySplit, AnySplit]:
    """Return (the rest, `count` images drawn by `seed`), both in their original order."""
    drawn, rest = drawn_indices(len(split), count, seed)
    return split.subset(rest), split.subset(drawn)


def drawn_indices(num_examples: int, count: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return (`count` indices drawn by `seed`, the others), both rising."""
    order = torch.randperm(num_examples, generator=torch.Generator().manual_seed(seed))
    return order[:count].sort().values, order[count:].sort().values


def subset(data: Data, *, num_train: int | None, num_test: int | None, seed: int) -> Data:
    """Return so many of the training and test images, drawn by `seed`; None takes all.

    A tenth of the training images is for validation, as in the whole dataset.
    """
    train, validation, test = data.train, data.validation, data.test
    if num_train is not None and num_train < len(train) + len(validation):
        num_validation = max(1, num_train // VALIDATION_SHARE)
        train = _drawn(train, max(1, num_train - num_validation), seed)
        validation = _drawn(validation, num_validation, seed)
    if num_test is not None and num_test < len(test):
        test = _drawn(test, num_test, seed)
    return replace(data, train=train, validation=validation, test=test)


def _drawn(split: Split, count: int, seed: int) -> Split:
    return split.subset(drawn_indices(len(split), count, seed)[0])


def scaling_of(split: Split) -> Scaling:
    """Return the scaling that gives a split of images mean 0 and standard deviation 1."""
    parts = (slice(at, at + IMAGES_AT_ONCE) for at in range(0, len(split), IMAGES_AT_ONCE))
    return scaling_from([level_counts(split.batch(part).inputs) for part in parts])


def scaling_from(counts: Sequence[torch.Tensor]) -> Scaling:
    """Return the scaling that gives images with these counts of levels mean 0 and standard deviation 1."""
    return Scaling(*_statistics(torch.stack(list(counts)).sum(dim=0)))


def images_in(inputs: Tree) -> torch.Tensor | None:
    """Return the images of bytes, uint8 [N, C, H, W], among a network's inputs; None if there are none."""
    is_image = (part for part in tensors_of(inputs) if part.dtype == torch.uint8 and part.dim() == 4)
    return next(is_image, None)


def image_shape_of(data: Data) -> ImageShape | None:
    """Return the shape of the images that a network is fed; None if it takes something else."""
    with seeded(0):  # a user's items may be random
        inputs = data.validation.batch(slice(0, 1)).inputs
    images = images_in(inputs)
    if images is None and isinstance(inputs, torch.Tensor) and inputs.dim() == 4:
        images = inputs
    if images is None:
        return None
    _, channels, height, width = images.shape
    return channels, height, width


def channel_statistics(images: torch.Tensor) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the mean and standard deviation of each channel, of images uint8 [N, C, H, W] scaled to [0, 1].

    Computed in integers, so that every machine gets the same numbers; `std` is at least one level of 255.
    """
    return _statistics(level_counts(images))


def level_counts(inputs: Tree) -> torch.Tensor:
    """Return how often each channel of the images has each level, int64 [C, 256]."""
    images = images_in(inputs)
    assert images is not None
    channels = (images[:, channel].flatten() for channel in range(images.shape[1]))
    return torch.stack([torch.bincount(levels, minlength=256) for levels in channels])


def _statistics(level_counts: torch.Tensor) -> tuple[tuple[float, ...], tuple[float, ...]]:
    means, stds = [], []
    levels = torch.arange(256)
    for counts in level_counts:
        total = int(counts.sum())
        first = int((counts * levels).sum())
        second = int((counts * levels.square()).sum())
        means.append(first / total / 255)
        stds.append(max(1.0, (second * total - first * first) ** 0.5 / total) / 255)
    return tuple(means), tuple(stds)
