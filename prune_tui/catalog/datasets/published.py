"""Reads the datasets that torchvision knows, fetching what is missing."""

import pickle
import tarfile
import warnings
import zlib
from collections.abc import Generator
from pathlib import Path
from typing import Any, Final

import torch

from prune_tui.catalog import torchvision_operators
from prune_tui.catalog.batches import TensorSplit
from prune_tui.catalog.datasets import DatasetEntry, whereabouts
from prune_tui.catalog.datasets.fetching import Checksum, fetch
from prune_tui.catalog.datasets.images import Data, Wanted, split_validation
from prune_tui.catalog.tasks.classification import Classification
from prune_tui.core.errors import DataError
from prune_tui.core.run.events import DataProgress

CLASSES: Final = {
    "mnist": "MNIST",
    "fashion-mnist": "FashionMNIST",
    "cifar10": "CIFAR10",
    "cifar100": "CIFAR100",
}

MORE_MIRRORS: Final = {"mnist": ["https://storage.googleapis.com/cvdf-datasets/mnist/"]}
"""Mirrors besides torchvision's own, with the same checksums."""

_DAMAGE: Final = (
    *(OSError, EOFError, RuntimeError, ValueError, TypeError, KeyError, IndexError, AssertionError),
    *(pickle.UnpicklingError, tarfile.TarError, zlib.error),
)
"""What reading a damaged file can raise: torchvision and pickle promise nothing narrower."""


def load_published(entry: DatasetEntry, wanted: Wanted) -> Generator[DataProgress, None, Data]:
    """Read a published dataset, fetching it where it is missing; a tenth of `train` validates."""
    data_dir = wanted.data_dir
    torchvision_operators.ensure()
    from torchvision import datasets

    known = getattr(datasets, CLASSES[entry.name])
    if not whereabouts(entry, data_dir).is_here:
        yield from _fetch_archives(entry, data_dir, known)
        yield DataProgress(f"unpacking {entry.name}", 0, None)
        _read(entry, data_dir, known, train=False, unpack=True)
    yield DataProgress(f"reading {entry.name}", 0, None)
    whole, names = _read(entry, data_dir, known, train=True)
    test, _ = _read(entry, data_dir, known, train=False)
    train, validation = split_validation(whole, wanted.seed)
    yield DataProgress(f"reading {entry.name}", len(whole) + len(test), len(whole) + len(test))
    return Data(train, validation, test, Classification(entry.num_classes), class_names=names)


def _fetch_archives(entry: DatasetEntry, data_dir: Path, known: Any) -> Generator[DataProgress, None, None]:
    """Fetch the archives to where the torchvision class `known` looks for them."""
    folder = data_dir / Path(entry.files[0]).parent
    hint = f"go online, or put {', '.join(Path(file).name for file in entry.files)} into {folder}"
    if hasattr(known, "resources"):
        for name, md5 in known.resources:
            urls = [f"{mirror}{name}" for mirror in (*known.mirrors, *MORE_MIRRORS.get(entry.name, ()))]
            yield from fetch(urls, folder / name, checksum=Checksum("md5", md5), hint=hint)
    else:
        yield from fetch(
            [known.url], data_dir / known.filename, checksum=Checksum("md5", known.tgz_md5), hint=hint
        )


def _read(
    entry: DatasetEntry, data_dir: Path, known: Any, *, train: bool, unpack: bool = False
) -> tuple[TensorSplit, tuple[str, ...]]:
    """Return one split and the names of its classes.

    `unpack` first unpacks the archives, whose checksums are right.
    """
    folder = data_dir / Path(entry.files[0]).parent
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # numpy warns of the old pickles of CIFAR; nobody can act on that
            source = known(data_dir, train=train, download=unpack)
        pixels = torch.as_tensor(source.data)
        labels = torch.as_tensor(source.targets, dtype=torch.int64)
    except _DAMAGE as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise DataError(f"can't read {error.filename or folder}: {error.strerror}") from None
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DataError(f"{folder} is damaged ({reason}): remove it, and it will be fetched again") from None
    images = pixels.unsqueeze(1) if pixels.dim() == 3 else pixels.permute(0, 3, 1, 2).contiguous()
    if (
        len(images) != len(labels)
        or len(images) == 0
        or tuple(images.shape[1:]) != entry.image_shape
        or not 0 <= int(labels.min()) <= int(labels.max()) < (entry.num_classes or 0)
    ):
        raise DataError(
            f"{folder} is not {entry.name}: it has {len(images)} images of {tuple(images.shape[1:])} "
            f"and {len(labels)} labels; remove it, and it will be fetched again"
        )
    return TensorSplit(images, labels), tuple(source.classes)
