"""The datasets a user can pick: one file a family, one line here to add one."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from platformdirs import user_cache_path

from prune_tui.catalog.lookup import load_function
from prune_tui.catalog.models import CIFAR_SHAPE, MNIST_SHAPE, ImageShape
from prune_tui.catalog.paths import expanded, is_file, is_folder, why_no_folder
from prune_tui.catalog.plugins import plugins
from prune_tui.core.errors import DataError, UnknownNameError

if TYPE_CHECKING:
    from prune_tui.catalog.datasets.images import Data, Scaling
    from prune_tui.core.run.events import DataProgress

DATA_DIR_VARIABLE: Final = "PRUNE_TUI_DATA"


@dataclass(frozen=True, slots=True)
class DatasetEntry:
    """A dataset by name.

    `image_shape` None is the model's shape; `num_classes` None is the number of class folders;
    `download_bytes` is 0 where nothing is fetched. `loader` is `module:function` of (entry, `Wanted`) that
    yields `DataProgress` and returns all the `Data` there are. `files` must be in the data folder, and are
    relative to it; `path` is where an image folder is. `code` refers to a function that returns the data:
    `path/to/data.py:function`, or `package.module:function` of an installed package. `num_train_images`
    leaves out the validation split.
    """

    name: str
    description: str
    image_shape: ImageShape | None
    num_classes: int | None
    download_bytes: int
    loader: str
    files: tuple[str, ...] = ()
    path: Path | None = None
    num_train_images: int | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Whether a dataset is on this machine, and in a few words where it is or comes from."""

    is_here: bool
    text: str


def _mnist_files(folder: str) -> tuple[str, ...]:
    splits, kinds = ("train", "t10k"), ("images-idx3", "labels-idx1")
    return tuple(f"{folder}/raw/{split}-{kind}-ubyte" for split in splits for kind in kinds)


_PACKAGE: Final = "prune_tui.catalog.datasets"

DATASETS: Final[Mapping[str, DatasetEntry]] = {
    entry.name: entry
    for entry in (
        DatasetEntry(
            "digits",
            "1,797 handwritten digits, scaled up to 28×28",
            MNIST_SHAPE,
            10,
            0,
            f"{_PACKAGE}.digits:load_digits",
            num_train_images=1_097,
        ),
        DatasetEntry(
            "mnist",
            "70,000 handwritten digits, 28×28",
            MNIST_SHAPE,
            10,
            11_594_722,
            f"{_PACKAGE}.published:load_published",
            _mnist_files("MNIST"),
            num_train_images=54_000,
        ),
        DatasetEntry(
            "fashion-mnist",
            "70,000 pieces of clothing in 10 classes, 28×28",
            MNIST_SHAPE,
            10,
            30_878_645,
            f"{_PACKAGE}.published:load_published",
            _mnist_files("FashionMNIST"),
            num_train_images=54_000,
        ),
        DatasetEntry(
            "cifar10",
            "60,000 colour images in 10 classes, 32×32",
            CIFAR_SHAPE,
            10,
            170_498_071,
            f"{_PACKAGE}.published:load_published",
            (
                *(f"cifar-10-batches-py/data_batch_{number}" for number in range(1, 6)),
                "cifar-10-batches-py/test_batch",
                "cifar-10-batches-py/batches.meta",
            ),
            num_train_images=45_000,
        ),
        DatasetEntry(
            "cifar100",
            "60,000 colour images in 100 classes, 32×32",
            CIFAR_SHAPE,
            100,
            169_001_437,
            f"{_PACKAGE}.published:load_published",
            ("cifar-100-python/train", "cifar-100-python/test", "cifar-100-python/meta"),
            num_train_images=45_000,
        ),
    )
}

DATA_FACTORY: Final = "a function factory() that returns train, validation and test (docs/YOUR-DATA.md)"
"""What a reference to a user's own data names."""

_FOLDER_PREFIX: Final = "imagefolder:"

IMAGEFOLDER: Final = DatasetEntry(
    f"{_FOLDER_PREFIX}PATH",
    "your own images: PATH/<class>/*, or PATH/train/<class>/* and PATH/test/<class>/*",
    None,
    None,
    0,
    f"{_PACKAGE}.imagefolder:load_imagefolder",
)
"""`imagefolder:PATH` as lists show it; `dataset_entry` returns the entry of a real path."""


def dataset_entry(name: str) -> DatasetEntry:
    """Return the dataset called `name`.

    That is one of the table, `imagefolder:PATH`, `path/to/data.py:function`, or the name that an installed
    package gives to a function in the entry points `prune_tui.datasets`.

    Raises:
        UnknownNameError: there is no such dataset.
        DataError: the path is not valid UTF-8.
    """
    if name in DATASETS:
        return DATASETS[name]
    try:
        name.encode()
    except UnicodeEncodeError:
        raise DataError(f"{name!r} is not valid UTF-8: rename that folder") from None
    path = name.removeprefix(_FOLDER_PREFIX)
    if path not in (name, ""):
        return replace(IMAGEFOLDER, name=name, path=expanded(path))
    if code := _code_named(name):
        return DatasetEntry(
            name, "your own data", None, None, 0, f"{_PACKAGE}.own.loading:load_own", code=code
        )
    raise UnknownNameError("dataset", name, [*DATASETS, IMAGEFOLDER.name])


def _code_named(name: str) -> str | None:
    """Return the reference to a function that a name means: itself, or that of an installed package."""
    file, _, function = name.rpartition(":")
    if name.endswith(".py") or (file.endswith(".py") and function.isidentifier()):
        return name
    installed = plugins("datasets").get(name)
    return installed.reference if installed is not None else None


def default_data_dir() -> Path:
    """Return the folder of datasets: PRUNE_TUI_DATA, else one in the user's cache folder.

    Raises:
        DataError: PRUNE_TUI_DATA begins with `~user`, and there is no such user.
    """
    chosen = os.environ.get(DATA_DIR_VARIABLE)
    if not chosen:
        return user_cache_path("prune-tui") / "data"
    folder = expanded(chosen)
    if folder.parts[:1] and folder.parts[0].startswith("~"):
        raise DataError(f"{DATA_DIR_VARIABLE} is {chosen}, but there is no such user: name a folder")
    return folder


def image_folder(path: Path, data_dir: Path) -> Path:
    """Return an image folder's place: its path, or that path within the data folder if only that exists."""
    return path if is_folder(path) or not is_folder(data_dir / path) else data_dir / path


def found_folder(path: Path, data_dir: Path) -> Path:
    """Return the place of an image folder that must exist.

    Raises:
        DataError: it is neither at its path nor within the data folder.
    """
    folder = image_folder(path, data_dir)
    if why := why_no_folder(folder):
        raise DataError(
            f"no image folder {folder} ({why}): give imagefolder:PATH where PATH/<class>/ holds images"
        )
    return folder


def whereabouts(dataset: DatasetEntry, data_dir: Path) -> Whereabouts:
    """Look for the dataset's files, without opening them, and say where it is."""
    if dataset.path is not None:
        folder = image_folder(dataset.path, data_dir)
        if is_folder(folder):
            return Whereabouts(True, f"in {folder}")
        return Whereabouts(False, f"no folder {dataset.path}")
    if dataset.code is not None:
        return Whereabouts(True, f"from {dataset.code}")
    if not dataset.files:
        return Whereabouts(True, "bundled")
    if all(is_file(data_dir / file) for file in dataset.files):
        return Whereabouts(True, f"in {data_dir}")
    return Whereabouts(False, f"would be downloaded, {dataset.download_bytes / 1e6:.0f} MB")


def load(
    dataset: DatasetEntry,
    *,
    data_dir: Path | None,
    seed: int,
    image_shape: ImageShape | None = None,
    num_train: int | None = None,
    num_test: int | None = None,
    scaling: Scaling | None = None,
    memory_bytes: int | None = None,
    factory: Callable[[], object] | None = None,
) -> Generator[DataProgress, None, Data]:
    """Make the dataset ready to be used, fetching it first where it is not in the data folder.

    `data_dir` None is the default folder, which is created when something must be fetched. `image_shape` is
    the model's; images of another are given it by resizing to exactly that size, and by repeating grey or
    turning colours grey. None leaves the dataset's own. `seed` draws the splits that a dataset does not have,
    and the images: at most `num_train` that train and validate, and `num_test` that test; None takes all.
    `scaling` None is that of the training images. What takes more than `memory_bytes` is read when it is
    needed; None is 2 GiB, or a quarter of the machine's memory. `factory` is the function that the code of
    a user's own dataset refers to.

    Raises:
        DataError: the folder or the dataset is missing or damaged, or can't be fetched.
    """
    if data_dir is not None and (why := why_no_folder(data_dir)):
        raise DataError(
            f"no data folder {data_dir} ({why}): make it first, or leave it out to use {default_data_dir()}"
        )
    from prune_tui.catalog.datasets.images import Wanted
    from prune_tui.catalog.datasets.preparing import memory_budget, prepared

    wanted = Wanted(
        data_dir or default_data_dir(),
        seed,
        image_shape,
        num_train,
        num_test,
        scaling,
        memory_budget() if memory_bytes is None else memory_bytes,
        factory,
    )
    name = dataset.path.name if dataset.path is not None else dataset.name
    found: Data = yield from load_function(dataset.loader)(dataset, wanted)
    return (yield from prepared(found, wanted, name=name))
