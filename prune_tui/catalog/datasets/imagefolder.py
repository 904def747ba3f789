"""A folder of the user's own images, one folder a class."""

import os
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch

from prune_tui.catalog.datasets import DatasetEntry, found_folder
from prune_tui.catalog.datasets.decoding import usual_shape
from prune_tui.catalog.datasets.images import Data, Wanted, split_off, split_validation
from prune_tui.catalog.datasets.samples import SUFFIXES
from prune_tui.catalog.datasets.streaming import ImageFiles, StreamedSplit
from prune_tui.catalog.datasets.transforms import shape_text
from prune_tui.catalog.models import ImageShape
from prune_tui.catalog.paths import is_folder
from prune_tui.catalog.tasks.classification import Classification
from prune_tui.core.errors import DataError
from prune_tui.core.run.events import DataProgress

FEWEST_IMAGES: Final = 10
_WORDS: Final = ("grey repeated", "turned grey")


@dataclass(frozen=True, slots=True)
class Listing:
    """The image files of a folder: class names and files sorted, and one label per file."""

    folder: Path
    classes: tuple[str, ...]
    files: tuple[Path, ...]
    labels: tuple[int, ...]


def load_imagefolder(entry: DatasetEntry, wanted: Wanted) -> Generator[DataProgress, None, Data]:
    """List `entry.path`; its images are decoded later, as grey or RGB of the wanted shape.

    Without one, they get the size and the colours that most of them have. PATH/train is for training,
    PATH/test for testing and PATH/val for validation; without PATH/test, PATH/val is for testing. If there is
    neither, a fifth of the images, drawn by the seed, is for testing. If there is no validation folder, a
    tenth of the training images, drawn by the seed, is for validation.

    Raises:
        DataError: a folder is missing, empty or has one class; the classes of two folders differ; an image
            that is looked at for its size is unreadable.
    """
    assert entry.path is not None
    root = found_folder(entry.path, wanted.data_dir)
    first = listing(root / "train" if is_folder(root / "train") else root)
    others = []
    if first.folder != root:
        others = [listing(root / name) for name in ("test", "val") if is_folder(root / name)]
    for other in others:
        _demand_same_classes(first, other)
    yield DataProgress(f"reading {root.name}", 0, None)
    shape = wanted.image_shape or usual_shape(first.files)
    train, *rest = _splits([first, *others], shape)
    if rest:
        test = rest[0]
    else:
        train, test = split_off(train, max(1, len(train) // 5), wanted.seed)
    if len(rest) > 1:
        validation = rest[1]
    else:
        train, validation = split_validation(train, wanted.seed)
    return Data(
        train,
        validation,
        test,
        Classification(len(first.classes)),
        transforms=(
            f"images of any size → {shape_text(shape)}: {_WORDS[shape[0] == 1]}, resized bilinearly",
        ),
        class_names=first.classes,
    )


def _splits(listings: Sequence[Listing], shape: ImageShape) -> list[StreamedSplit]:
    """Return a split of each listing; nothing is decoded yet."""
    labels = torch.tensor([label for each in listings for label in each.labels], dtype=torch.int64)
    images = ImageFiles(tuple(file for each in listings for file in each.files), labels, shape)
    numbers = torch.split(torch.arange(len(labels)), [len(each.files) for each in listings])
    return [StreamedSplit(images, each) for each in numbers]


def listing(folder: Path) -> Listing:
    """List the images of `folder`/<class>/, without hidden folders and other files.

    Raises:
        DataError: there are fewer than two classes or ten images, or a class has none.
    """
    try:
        classes = sorted(
            entry.name for entry in os.scandir(folder) if entry.is_dir() and not entry.name.startswith(".")
        )
        files_by_class = [_image_files(folder / name) for name in classes]
    except OSError as error:
        raise DataError(f"can't read {error.filename}: {error.strerror}") from None
    if len(classes) < 2:
        found = f"only the class {classes[0]!r}" if classes else "no class folders"
        raise DataError(f"{folder} has {found}: at least two folders of images are needed, one per class")
    for name, files in zip(classes, files_by_class, strict=True):
        if not files:
            raise DataError(f"{folder / name} has no images ({' '.join(SUFFIXES)}): add some or remove it")
    flat = tuple(file for files in files_by_class for file in files)
    if len(flat) < FEWEST_IMAGES:
        raise DataError(f"{folder} has {len(flat)} images: at least {FEWEST_IMAGES} are needed")
    labels = tuple(label for label, files in enumerate(files_by_class) for _ in files)
    return Listing(folder, tuple(classes), flat, labels)


def _image_files(folder: Path) -> list[Path]:
    names = sorted(entry.name for entry in os.scandir(folder) if entry.is_file())
    return [folder / name for name in names if not name.startswith(".") and name.lower().endswith(SUFFIXES)]


def _demand_same_classes(first: Listing, other: Listing) -> None:
    differing = sorted(set(first.classes) ^ set(other.classes))
    if differing:
        has, lacks = (first, other) if differing[0] in first.classes else (other, first)
        raise DataError(
            f"{lacks.folder} lacks the class {differing[0]!r} that {has.folder} has: they must be the same"
        )
