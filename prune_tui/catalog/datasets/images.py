"""Images in memory: three splits of plain tensors, and how a training set is split."""

from dataclasses import dataclass

import torch

VALIDATION_SHARE = 10
"""One training image in ten is for validation."""


@dataclass(frozen=True, slots=True)
class Split:
    """Images uint8 [N, C, H, W] and their labels int64 [N]."""

    images: torch.Tensor
    labels: torch.Tensor

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, slots=True)
class ImageData:
    """A dataset in memory; a network sees (image / 255 − mean) / std.

    `mean` and `std` hold one number a channel, of the training split's pixels in [0, 1].
    """

    train: Split
    validation: Split
    test: Split
    mean: tuple[float, ...]
    std: tuple[float, ...]
    num_classes: int


def image_data(*, train: Split, validation: Split, test: Split, num_classes: int) -> ImageData:
    """Put the splits together with the mean and standard deviation of the training split."""
    mean, std = channel_statistics(train.images)
    return ImageData(train, validation, test, mean, std, num_classes)


def split_validation(train: Split, seed: int) -> tuple[Split, Split]:
    """Return (the rest for training, a tenth for validation), drawn by `seed`."""
    return split_off(train, max(1, len(train) // VALIDATION_SHARE), seed)


def split_off(split: Split, count: int, seed: int) -> tuple[Split, Split]:
    """Return (the rest, `count` images drawn by `seed`), both in their original order."""
    order = torch.randperm(len(split), generator=torch.Generator().manual_seed(seed))
    drawn, rest = order[:count].sort().values, order[count:].sort().values
    return Split(split.images[rest], split.labels[rest]), Split(split.images[drawn], split.labels[drawn])


def subset(data: ImageData, *, num_train: int | None, num_test: int | None, seed: int) -> ImageData:
    """Return so many of the training and test images, drawn by `seed`; None takes all.

    A tenth of the training images is for validation, as in the whole dataset.
    """
    train, validation, test = data.train, data.validation, data.test
    if num_train is not None and num_train < len(train) + len(validation):
        num_validation = max(1, num_train // VALIDATION_SHARE)
        _, train = split_off(train, max(1, num_train - num_validation), seed)
        _, validation = split_off(validation, num_validation, seed)
    if num_test is not None and num_test < len(test):
        _, test = split_off(test, num_test, seed)
    if train is data.train and test is data.test:
        return data
    return image_data(train=train, validation=validation, test=test, num_classes=data.num_classes)


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
