"""A dataset ready to be used: three splits, the task, and how its images are scaled."""

from dataclasses import dataclass, replace

import torch

from prune_tui.catalog.batches import Split, TensorSplit
from prune_tui.catalog.tasks.classification import Classification
from prune_tui.catalog.tasks.task import Task

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

    `scaling` None leaves the inputs as they are.
    """

    train: Split
    validation: Split
    test: Split
    task: Task
    scaling: Scaling | None = None


def image_data(*, train: TensorSplit, validation: Split, test: Split, num_classes: int) -> Data:
    """Put splits of images together, scaled by the mean and standard deviation of the training split."""
    return Data(train, validation, test, Classification(num_classes), scaling_of(train))


def split_validation(train: TensorSplit, seed: int) -> tuple[TensorSplit, TensorSplit]:
    """Return (the rest for training, a tenth for validation), drawn by `seed`."""
    return split_off(train, max(1, len(train) // VALIDATION_SHARE), seed)


def split_off(split: TensorSplit, count: int, seed: int) -> tuple[TensorSplit, TensorSplit]:
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
    if train is data.train and test is data.test:
        return data
    scaling = data.scaling
    if scaling is not None and isinstance(train, TensorSplit):
        scaling = scaling_of(train)
    return replace(data, train=train, validation=validation, test=test, scaling=scaling)


def _drawn(split: Split, count: int, seed: int) -> Split:
    return split.subset(drawn_indices(len(split), count, seed)[0])


def scaling_of(train: TensorSplit) -> Scaling:
    """Return the scaling that gives a training split of images mean 0 and standard deviation 1."""
    assert isinstance(train.inputs, torch.Tensor)
    return Scaling(*channel_statistics(train.inputs))


def channel_statistics(images: torch.Tensor) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the mean and standard deviation of each channel, of images uint8 [N, C, H, W] scaled to [0, 1].

    Computed in integers, so that every machine gets the same numbers; `std` is at least one level of 255.
    """
    means, stds = [], []
    levels = torch.arange(256)
    for channel in range(images.shape[1]):
        counts = torch.bincount(images[:, channel].flatten(), minlength=256)
        total = int(counts.sum())
        first = int((counts * levels).sum())
        second = int((counts * levels.square()).sum())
        means.append(first / total / 255)
        stds.append(max(1.0, (second * total - first * first) ** 0.5 / total) / 255)
    return tuple(means), tuple(stds)
