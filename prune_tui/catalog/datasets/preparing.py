"""Turns a dataset as it was found into the one that is wanted: drawn, of the wanted shape, within memory."""

import os
from collections.abc import Generator, Sequence
from dataclasses import replace
from math import prod
from typing import Final

import torch

from prune_tui.catalog.batches import Split, TensorSplit
from prune_tui.catalog.datasets.images import (
    IMAGES_AT_ONCE,
    Data,
    Scaling,
    Wanted,
    drawn_indices,
    images_in,
    level_counts,
    scaling_from,
    scaling_of,
    subset,
)
from prune_tui.catalog.datasets.own.seeding import seeded
from prune_tui.catalog.datasets.own.splits import DatasetSplit
from prune_tui.catalog.datasets.pixel_cache import cache_folder
from prune_tui.catalog.datasets.resizing import ResizedSplit, resized_in_parts
from prune_tui.catalog.datasets.streaming import StreamedSplit
from prune_tui.catalog.datasets.transforms import transform_text
from prune_tui.catalog.models import ImageShape
from prune_tui.catalog.tasks.segmentation import Segmentation
from prune_tui.catalog.tasks.task import tensor
from prune_tui.core.errors import DataError
from prune_tui.core.run.events import DataProgress

MEMORY_BUDGET: Final = 2 * 2**30
"""The most memory for a dataset, or a quarter of the machine's if that is less."""

MOST_MEASURED: Final = 10_000
"""The training images that a scaling is computed from, where they are not in memory."""

IMAGES_PER_EVENT: Final = 200


def memory_budget() -> int:
    """Return the most memory for a dataset, in bytes."""
    try:
        physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # as on Windows
        return MEMORY_BUDGET
    return min(MEMORY_BUDGET, physical // 4)


def prepared(found: Data, wanted: Wanted, *, name: str) -> Generator[DataProgress, None, Data]:
    """Return the data that are wanted, from all that was found.

    Images are drawn before they are read. What takes no more than the memory budget is read and resized at
    once; else files are read when they are needed and kept on disk, and images in memory are resized when
    they are needed.

    Raises:
        DataError: an image can't be read, or the scaling is for other channels.
    """
    data = subset(found, num_train=wanted.num_train, num_test=wanted.num_test, seed=wanted.seed)
    if isinstance(data.train, StreamedSplit):
        data = yield from _within_memory(data, wanted, name)
    else:
        splits = yield from _read_once(data.splits, wanted, name)
        data = _with_splits(data, splits)
    with seeded(wanted.seed):  # a user's items may be random
        inputs = data.train.batch(slice(0, 1)).inputs
    images = images_in(inputs)
    if images is None:
        if data.scaling is not None:
            raise DataError(
                f"{name} has no images of bytes (uint8, [C, H, W]): mean and std are only for them"
            )
        return data
    channels, height, width = images.shape[1:]
    shape = wanted.image_shape
    # Masks would have to be resized with their images.
    if shape is not None and isinstance(inputs, torch.Tensor) and not isinstance(data.task, Segmentation):
        data = _resized(data, (channels, height, width), shape, wanted.memory_bytes, name)
        channels = shape[0]
    scaling = data.scaling or wanted.scaling
    if scaling is None:
        scaling = yield from _measured(data.train, wanted.seed, name)
    if len(scaling.mean) != channels:
        raise DataError(
            f"{name} has images of {channels} channels, but mean and std are for {len(scaling.mean)}"
        )
    return replace(data, scaling=scaling)


def _with_splits(data: Data, splits: Sequence[Split]) -> Data:
    train, validation, test = splits
    return replace(data, train=train, validation=validation, test=test)


def _within_memory(data: Data, wanted: Wanted, name: str) -> Generator[DataProgress, None, Data]:
    """Decode image files if there is room for them, else keep them on disk once they are decoded."""
    splits = [split for split in data.splits if isinstance(split, StreamedSplit)]
    num_bytes = sum(split.num_bytes for split in splits)
    num_images, done = sum(map(len, splits)), 0
    if num_bytes > wanted.memory_bytes:
        is_kept = splits[0].images.keep()
        yield DataProgress(f"reading {name}", num_images, num_images)
        where = f"and kept in {cache_folder()}" if is_kept else "each time: the disk has no room to keep them"
        note = f"{num_images:,} images of {num_bytes / 1e9:.1f} GB are decoded when they are needed, {where}"
        return replace(data, transforms=(*data.transforms, note))
    decoded: list[TensorSplit] = []
    for split in splits:
        images = torch.empty(len(split), *split.images.shape, dtype=torch.uint8)
        for start in range(0, len(split), IMAGES_PER_EVENT):
            yield DataProgress(f"reading {name}", done, num_images)
            part = slice(start, start + IMAGES_PER_EVENT)
            images[part] = tensor(split.batch(part).inputs)
            done += len(images[part])
        decoded.append(TensorSplit(images, split.images.labels[split.numbers]))
    yield DataProgress(f"reading {name}", num_images, num_images)
    return _with_splits(data, decoded)


def _read_once(
    splits: Sequence[Split], wanted: Wanted, name: str
) -> Generator[DataProgress, None, list[Split]]:
    """Read what of the user's own data validates and tests; training examples may differ at each read."""
    train, *others = splits
    read, room = [train], wanted.memory_bytes
    for split in others:
        if isinstance(split, DatasetSplit):
            held = yield from split.held(room, wanted.seed, f"reading {name}")
            room -= held.num_bytes
            read.append(held)
        else:
            read.append(split)
    return read


def _resized(data: Data, own: ImageShape, shape: ImageShape, memory_bytes: int, name: str) -> Data:
    """Resize images that are in memory, at once if there is room for them."""
    if shape == own:
        return data
    if own[0] not in (1, shape[0]) and (own[0], shape[0]) != (3, 1):
        raise DataError(f"{name} has images of {own[0]} channels: the model takes {shape[0]}")
    fits = sum(map(len, data.splits)) * prod(shape) <= memory_bytes
    splits: list[Split] = [
        TensorSplit(resized_in_parts(tensor(split.inputs), shape), split.targets)
        if fits and isinstance(split, TensorSplit)
        else ResizedSplit(split, shape)
        for split in data.splits
    ]
    return replace(_with_splits(data, splits), transforms=(*data.transforms, transform_text(own, shape)))


def _measured(train: Split, seed: int, name: str) -> Generator[DataProgress, None, Scaling]:
    """Return the scaling of the training images, or of some of them where they must be read first."""
    if isinstance(train, TensorSplit):
        return scaling_of(train)
    if len(train) > MOST_MEASURED:
        train = train.subset(drawn_indices(len(train), MOST_MEASURED, seed)[0])
    counts = []
    for start in range(0, len(train), IMAGES_AT_ONCE):
        yield DataProgress(f"measuring {name}", start, len(train))
        with seeded(seed + start):
            counts.append(level_counts(train.batch(slice(start, start + IMAGES_AT_ONCE)).inputs))
    return scaling_from(counts)
