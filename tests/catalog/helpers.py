"""What the tests of the catalog share: running a loader to its end, writing small image folders."""

from collections.abc import Generator
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from PIL import Image

from prune_tui.catalog.batches import Split, TensorSplit
from prune_tui.catalog.datasets import dataset_entry, load
from prune_tui.catalog.datasets.images import Data, Scaling
from prune_tui.catalog.models import MNIST_SHAPE, ImageShape
from prune_tui.catalog.tasks.task import tensor
from prune_tui.core.returning import Returning
from prune_tui.core.run.events import DataProgress

R = TypeVar("R")


def drained(generator: Generator[DataProgress, None, R]) -> tuple[list[DataProgress], R]:
    """Run a generator to its end: what it yielded, and what it returned."""
    returning = Returning(generator)
    return list(returning), returning.value


def loaded(
    name: str,
    *,
    data_dir: Path | None = None,
    image_shape: ImageShape | None = MNIST_SHAPE,
    seed: int = 0,
    **wanted: Any,
) -> Data:
    """Load a dataset by name."""
    entry = dataset_entry(name)
    return drained(load(entry, data_dir=data_dir, image_shape=image_shape, seed=seed, **wanted))[1]


def write_images(
    folder: Path, classes: dict[str, int], *, size: tuple[int, int] = (8, 6), suffix: str = "png"
) -> None:
    """Write `classes[name]` colour images into `folder`/name/, each of one colour that tells it apart."""
    for label, (name, count) in enumerate(classes.items()):
        (folder / name).mkdir(parents=True)
        for number in range(count):
            colour = np.array([label * 50, number, 200], dtype=np.uint8)
            pixels = np.broadcast_to(colour, (size[1], size[0], 3))
            Image.fromarray(np.ascontiguousarray(pixels)).save(folder / name / f"{number:04}.{suffix}")


def images_of(split: Split) -> torch.Tensor:
    """The images of a split in memory."""
    assert isinstance(split, TensorSplit)
    return tensor(split.inputs)


def labels_of(split: Split) -> torch.Tensor:
    assert isinstance(split, TensorSplit)
    return tensor(split.targets)


def scaling(data: Data) -> Scaling:
    assert data.scaling is not None
    return data.scaling
