"""A folder of the user's own images, one folder a class, decoded once into memory."""

import os
import struct
import warnings
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from PIL.TiffImagePlugin import BITSPERSAMPLE, PHOTOMETRIC_INTERPRETATION, TiffImageFile

from prune_tui.catalog.batches import TensorSplit
from prune_tui.catalog.datasets import DatasetEntry, found_folder
from prune_tui.catalog.datasets.images import Data, image_data, split_off, split_validation
from prune_tui.catalog.models import ImageShape
from prune_tui.catalog.paths import is_folder
from prune_tui.core.errors import DataError
from prune_tui.core.run.events import DataProgress

SUFFIXES: Final = (".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")
FEWEST_IMAGES: Final = 10
IMAGES_PER_EVENT: Final = 200

_DAMAGE: Final = (
    *(OSError, EOFError, ValueError, TypeError, KeyError, IndexError, OverflowError, SyntaxError),
    *(struct.error, Image.DecompressionBombError),
)
"""What reading a damaged image can raise: Pillow promises nothing narrower."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The image files of a folder: class names and files sorted, and one label per file."""

    folder: Path
    classes: tuple[str, ...]
    files: tuple[Path, ...]
    labels: tuple[int, ...]


def load_imagefolder(
    entry: DatasetEntry, data_dir: Path, image_shape: ImageShape, seed: int
) -> Generator[DataProgress, None, Data]:
    """Read `entry.path`, with its images as grey or RGB, scaled to `image_shape` without keeping proportions.

    PATH/train is for training, PATH/test for testing and PATH/val for validation; without PATH/test, PATH/val
    is for testing. If there is neither, a fifth of the images, drawn by `seed`, is for testing. If there is
    no validation folder, a tenth of the training images, drawn by `seed`, is for validation.

    Raises:
        DataError: a folder is missing, empty or has one class; an image is unreadable or its levels have no
            known range; the classes of two folders differ.
    """
    assert entry.path is not None
    root = found_folder(entry.path, data_dir)
    first = listing(root / "train" if is_folder(root / "train") else root)
    others = []
    if first.folder != root:
        others = [listing(root / name) for name in ("test", "val") if is_folder(root / name)]
    for other in others:
        _demand_same_classes(first, other)
    splits: list[TensorSplit] = []
    total = sum(len(each.files) for each in (first, *others))
    for each in (first, *others):
        done = sum(map(len, splits))
        split = yield from _decoded(each, image_shape, f"reading {root.name}", done, total)
        splits.append(split)
    train = splits[0]
    if len(splits) > 1:
        test = splits[1]
    else:
        train, test = split_off(train, max(1, len(train) // 5), seed)
    if len(splits) > 2:
        validation = splits[2]
    else:
        train, validation = split_validation(train, seed)
    return image_data(train=train, validation=validation, test=test, num_classes=len(first.classes))


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


def _decoded(
    images: Listing, image_shape: ImageShape, what: str, done: int, total: int
) -> Generator[DataProgress, None, TensorSplit]:
    """Decode every file into one tensor; on small images, threads would only cost time."""
    tensor = torch.empty(len(images.files), *image_shape, dtype=torch.uint8)
    pixels = tensor.numpy()
    for start in range(0, len(images.files), IMAGES_PER_EVENT):
        yield DataProgress(what, done + start, total)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of odd files; a screen has no place for that
            for position, file in enumerate(images.files[start : start + IMAGES_PER_EVENT], start):
                pixels[position] = _decode(file, image_shape)
    yield DataProgress(what, done + len(images.files), total)
    return TensorSplit(tensor, torch.tensor(images.labels, dtype=torch.int64))


def _with_8_bits(image: Image.Image, file: Path) -> Image.Image:
    """Return an image with levels from 0 to 255; Pillow by itself would make all above 255 white.

    Raises:
        DataError: its levels have 32 bits, and nothing says which are black and white.
    """
    if image.mode.startswith("I;16") or (image.mode == "I" and image.format == "PPM"):
        tags = image.tag_v2 if isinstance(image, TiffImageFile) else {}
        white = 2 ** int(tags.get(BITSPERSAMPLE, (16,))[0]) - 1
        levels = np.asarray(image).astype(np.uint32).clip(0, white)
        if tags.get(PHOTOMETRIC_INTERPRETATION) == 0:
            levels = white - levels
        return Image.fromarray(((levels * 255 + white // 2) // white).astype(np.uint8))
    if image.mode in ("I", "F"):
        kind = "floating-point" if image.mode == "F" else "signed or 32-bit"
        raise DataError(f"{file} has {kind} levels of an unknown range: save it with 8 or 16 bits")
    return image


def _decode(file: Path, image_shape: ImageShape) -> NDArray[np.uint8]:
    """Return one image as uint8 [C, H, W]."""
    channels, height, width = image_shape
    mode = "L" if channels == 1 else "RGB"
    try:
        with Image.open(file) as opened:
            opened.draft(mode, (width, height))
            image = _with_8_bits(opened, file).convert(mode)
    except _DAMAGE as error:
        reason = " ".join(str(error).split())
        raise DataError(f"{file} is not a readable image ({reason}): repair or remove it") from None
    if image.size != (width, height):
        image = image.resize((width, height), Image.Resampling.BILINEAR)
    array = np.asarray(image, dtype=np.uint8)
    return array[np.newaxis] if channels == 1 else array.transpose(2, 0, 1)
