"""A few images of a dataset that is on this machine, one of each class, read without loading the rest."""

import os
import pickle
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from prune_tui.catalog.datasets import DATASETS, DatasetEntry, image_folder, whereabouts
from prune_tui.core.errors import DataError

NUM_SAMPLES: Final = 10
NUM_LOOKED_AT: Final = 1_000
"""Of a published dataset, how many images at its start are looked through for one of each class."""

LARGEST_SIDE: Final = 64

SUFFIXES: Final = (".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")
"""The files of an image folder that are images."""

_FASHION: Final = (
    *("T-shirt", "trouser", "pullover", "dress", "coat"),
    *("sandal", "shirt", "sneaker", "bag", "boot"),
)
_IDX_HEADERS: Final = {"images": 16, "labels": 8}
_NPY_HEADER: Final = 128
_DIGIT, _BOX, _SIZE = 8, 20, 28
_UNREADABLE: Final = (
    *(OSError, EOFError, ValueError, KeyError, IndexError, TypeError, AttributeError),
    *(pickle.UnpicklingError, zipfile.BadZipFile, DataError),
)


@dataclass(frozen=True, slots=True)
class Sample:
    """An image: what it shows, its columns and rows, and 3 bytes a pixel (RGB), row by row."""

    label: str
    width: int
    height: int
    pixels: bytes


def samples(entry: DatasetEntry, data_dir: Path) -> tuple[Sample, ...]:
    """Return up to ten training images of different classes.

    None of a dataset that is not on this machine, is damaged, or is made by the user's own code, which is
    not run. Nothing is fetched, and torch is not imported.
    """
    try:
        if entry.code is not None or not whereabouts(entry, data_dir).is_here:
            return ()
        if entry.path is not None:
            return _of_folder(image_folder(entry.path, data_dir))
        if entry.name == "digits":
            return _digits()
        if entry.name.startswith("cifar"):
            return _cifar(entry, data_dir)
        if entry.name in DATASETS:
            names = _FASHION if entry.name == "fashion-mnist" else tuple("0123456789")
            return _idx(data_dir / entry.files[0], data_dir / entry.files[1], names)
    except _UNREADABLE:
        return ()
    return ()


def _firsts(labels: Sequence[int]) -> list[tuple[int, int]]:
    """Return the label and the place of the first example of each class."""
    found: dict[int, int] = {}
    for at, label in enumerate(labels):
        found.setdefault(label, at)
    return sorted(found.items())[:NUM_SAMPLES]


def _grey(levels: bytes) -> bytes:
    return bytes(level for level in levels for _ in range(3))


def _digits() -> tuple[Sample, ...]:
    asset = Path(str(files("prune_tui"))) / "assets" / "digits.npz"
    with zipfile.ZipFile(asset) as archive:
        images = archive.read("train_images.npy")[_NPY_HEADER:]
        labels = archive.read("train_labels.npy")[_NPY_HEADER:]
    size = _DIGIT * _DIGIT
    return tuple(
        Sample(str(label), _SIZE, _SIZE, _grey(_framed(images[at * size : (at + 1) * size])))
        for label, at in _firsts(labels)
    )


def _framed(levels: bytes) -> bytes:
    """Scale 8×8 levels from 0 to 16 up to 20×20 in a frame of 28×28, as the dataset does."""

    def between(at: int) -> tuple[int, int, float]:
        position = min(max((at + 0.5) * _DIGIT / _BOX - 0.5, 0.0), _DIGIT - 1.0)
        below = min(int(position), _DIGIT - 2)
        return below, below + 1, position - below

    border = (_SIZE - _BOX) // 2
    pixels = bytearray(_SIZE * _SIZE)
    for y in range(_BOX):
        top, bottom, down = between(y)
        for x in range(_BOX):
            left, right, across = between(x)
            above = levels[top * _DIGIT + left] * (1 - across) + levels[top * _DIGIT + right] * across
            under = levels[bottom * _DIGIT + left] * (1 - across) + levels[bottom * _DIGIT + right] * across
            level = above * (1 - down) + under * down
            pixels[(y + border) * _SIZE + x + border] = round(level * 255 / 16)
    return bytes(pixels)


def _idx(images: Path, labels: Path, names: Sequence[str]) -> tuple[Sample, ...]:
    """Read the first image of each class from the files of MNIST's format."""
    with labels.open("rb") as file:
        file.seek(_IDX_HEADERS["labels"])
        firsts = _firsts(file.read(NUM_LOOKED_AT))
    found, size = [], _SIZE * _SIZE
    with images.open("rb") as file:
        for label, at in firsts:
            file.seek(_IDX_HEADERS["images"] + at * size)
            levels = file.read(size)
            if len(levels) == size:
                found.append(Sample(names[label], _SIZE, _SIZE, _grey(levels)))
    return tuple(found)


class _ArraysOnly(pickle.Unpickler):
    """Reads the pickled arrays of CIFAR, and nothing that would run code."""

    def find_class(self, module: str, name: str) -> Any:
        allowed = ("_reconstruct", "ndarray", "dtype", "encode")
        if name in allowed and module.partition(".")[0] in ("numpy", "_codecs"):
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name} is no array")


def _cifar(entry: DatasetEntry, data_dir: Path) -> tuple[Sample, ...]:
    def unpickled(file: str) -> dict[bytes, Any]:
        content: dict[bytes, Any] = _ArraysOnly(
            BytesIO((data_dir / file).read_bytes()), encoding="bytes"
        ).load()
        return content

    kind = b"fine_" if entry.name == "cifar100" else b""
    batch, meta = unpickled(entry.files[0]), unpickled(entry.files[-1])
    names: list[bytes] = meta[kind + b"label_names"]
    found = []
    for label, at in _firsts(batch[kind + b"labels"][:NUM_LOOKED_AT]):
        pixels = batch[b"data"][at].reshape(3, 32, 32).transpose(1, 2, 0).tobytes()
        found.append(Sample(names[label].decode(), 32, 32, pixels))
    return tuple(found)


def _of_folder(folder: Path) -> tuple[Sample, ...]:
    """Read an image of each of the first classes of an image folder."""
    from prune_tui.catalog.datasets.decoding import decoded, quietly

    root = folder / "train" if (folder / "train").is_dir() else folder
    classes = sorted(one.name for one in os.scandir(root) if one.is_dir() and not one.name.startswith("."))
    found = []
    with quietly():
        for name in classes[:NUM_SAMPLES]:
            inside = (one.name for one in os.scandir(root / name) if one.is_file())
            first = min((file for file in inside if file.lower().endswith(SUFFIXES)), default=None)
            if first is not None:
                width, height = _size(root / name / first)
                pixels = decoded(root / name / first, (3, height, width)).transpose(1, 2, 0).tobytes()
                found.append(Sample(name, width, height, pixels))
    return tuple(found)


def _size(file: Path) -> tuple[int, int]:
    """Return the columns and rows of an image file, scaled down to what can be shown."""
    from PIL import Image

    with Image.open(file) as image:
        width, height = image.size
    scale = min(1.0, LARGEST_SIDE / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))
