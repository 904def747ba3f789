"""Published datasets are fetched, unpacked and read in silence, and checked on the way."""

import gzip
import hashlib
import io
import pickle
import struct
import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from prune_tui.catalog import torchvision_operators
from prune_tui.catalog.datasets import dataset_entry, load, whereabouts
from prune_tui.catalog.datasets.published import MORE_MIRRORS
from prune_tui.catalog.models import CIFAR_SHAPE, MNIST_SHAPE
from prune_tui.core.errors import DataError
from tests.catalog.helpers import drained, images_of, labels_of, loaded, scaling
from tests.catalog.mirror import Mirror

torchvision_operators.ensure()

from torchvision import datasets as torchvision_datasets  # noqa: E402

NUM_TRAIN, NUM_TEST = 40, 20
MNIST_CLASSES = {"mnist": "MNIST", "fashion-mnist": "FashionMNIST"}


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


def grey_images(count: int) -> NDArray[np.uint8]:
    return np.random.default_rng(count).integers(0, 256, (count, 28, 28), dtype=np.uint8)


def idx_files() -> dict[str, bytes]:
    """A tiny MNIST, image k of class k mod 10."""
    files = {}
    for split, count in (("train", NUM_TRAIN), ("t10k", NUM_TEST)):
        labels = (np.arange(count) % 10).astype(np.uint8)
        header = struct.pack(">IIII", 0x803, count, 28, 28)
        files[f"{split}-images-idx3-ubyte"] = header + grey_images(count).tobytes()
        files[f"{split}-labels-idx1-ubyte"] = struct.pack(">II", 0x801, count) + labels.tobytes()
    return files


def colour_rows(count: int) -> NDArray[np.uint8]:
    return np.random.default_rng(count).integers(0, 256, (count, 3072), dtype=np.uint8)


def cifar_files(name: str) -> dict[str, bytes]:
    """A tiny CIFAR, image k of class k mod 10, by path within the archive."""
    key = "fine_labels" if name == "cifar100" else "labels"
    names_key = "fine_label_names" if name == "cifar100" else "label_names"
    paths = [path for path in dataset_entry(name).files if not path.endswith("meta")]
    num_train = NUM_TRAIN // (len(paths) - 1)
    files = {}
    for path in paths:
        count = NUM_TEST if "test" in path else num_train
        batch = {"data": colour_rows(count), key: [number % 10 for number in range(count)]}
        files[path] = pickle.dumps(batch)
    files[dataset_entry(name).files[-1]] = pickle.dumps({names_key: ["x"] * 10})
    return files


def tar_of(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for path, content in files.items():
            info = tarfile.TarInfo(path)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


@pytest.fixture
def offered(mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> Mirror:
    """A mirror that has tiny versions of all four datasets, and torchvision told of it."""
    # Both have files of the same names: they are packed once, as an archive holds the time of its packing.
    archives = {f"{file}.gz": gzip.compress(content) for file, content in idx_files().items()}
    mirror.files |= archives
    for name in MNIST_CLASSES.values():
        known = getattr(torchvision_datasets, name)
        monkeypatch.setattr(known, "mirrors", ["http://127.0.0.1:9/", mirror.url()])
        monkeypatch.setattr(known, "resources", [(file, md5(content)) for file, content in archives.items()])
    monkeypatch.setitem(MORE_MIRRORS, "mnist", [])
    for name in ("cifar10", "cifar100"):
        known = getattr(torchvision_datasets, name.upper())
        files = cifar_files(name)
        archive = tar_of(files)
        mirror.files[known.filename] = archive
        sums = [[Path(path).name, md5(content)] for path, content in files.items()]
        monkeypatch.setattr(known, "url", mirror.url(known.filename))
        monkeypatch.setattr(known, "tgz_md5", md5(archive))
        monkeypatch.setattr(known, "train_list", sums[:-2])
        monkeypatch.setattr(known, "test_list", sums[-2:-1])
        monkeypatch.setattr(known, "meta", {**known.meta, "md5": sums[-1][1]})
    return mirror


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist", "cifar10", "cifar100"])
def test_a_dataset_is_fetched_once_in_silence(
    name: str, offered: Mirror, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    entry = dataset_entry(name)
    assert entry.image_shape is not None
    assert not whereabouts(entry, tmp_path).is_here
    events, data = drained(load(entry, data_dir=tmp_path, image_shape=entry.image_shape, seed=0))
    assert [len(split) for split in (data.train, data.validation, data.test)] == [36, 4, 20]
    assert tuple(images_of(data.train).shape[1:]) == entry.image_shape
    assert (images_of(data.train).dtype, labels_of(data.train).dtype) == (torch.uint8, torch.int64)
    assert images_of(data.train).is_contiguous()
    assert {event.what.split()[0] for event in events} == {"fetching", "unpacking", "reading"}
    assert whereabouts(entry, tmp_path).is_here
    asked = len(offered.requests)
    _, again = drained(load(entry, data_dir=tmp_path, image_shape=entry.image_shape, seed=0))
    assert len(offered.requests) == asked
    assert torch.equal(images_of(again.train), images_of(data.train))
    assert not list(tmp_path.rglob("*.part"))
    assert capfd.readouterr() == ("", "")


def test_pixels_and_labels_are_those_of_the_files(offered: Mirror, tmp_path: Path) -> None:
    assert offered.files
    grey = loaded("mnist", data_dir=tmp_path, image_shape=MNIST_SHAPE).test
    assert torch.equal(images_of(grey), torch.from_numpy(grey_images(NUM_TEST))[:, None])
    colour = loaded("cifar10", data_dir=tmp_path, image_shape=CIFAR_SHAPE).test
    rows = torch.from_numpy(colour_rows(NUM_TEST))
    assert torch.equal(images_of(colour), rows.reshape(-1, 3, 32, 32))
    assert (
        labels_of(colour).tolist() == labels_of(grey).tolist() == [number % 10 for number in range(NUM_TEST)]
    )


def test_the_default_folder_is_made(offered: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert offered.files
    monkeypatch.setenv("PRUNE_TUI_DATA", str(tmp_path / "a" / "b"))
    assert len(loaded("mnist").test) == NUM_TEST
    assert (tmp_path / "a" / "b" / "MNIST" / "raw" / "train-labels-idx1-ubyte").is_file()


@pytest.mark.parametrize("name", ["mnist", "cifar100"])
def test_offline_says_what_to_put_where(name: str, offered: Mirror, tmp_path: Path) -> None:
    offered.files.clear()
    entry = dataset_entry(name)
    folder = tmp_path / Path(entry.files[0]).parent
    names = ", ".join(Path(file).name for file in entry.files)
    with pytest.raises(DataError, match=f"go online, or put {names} into {folder}$") as caught:
        loaded(name, data_dir=tmp_path, image_shape=entry.image_shape or MNIST_SHAPE)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("file", dataset_entry("mnist").files)
@pytest.mark.parametrize("length", [0, 3, 17, 100])
def test_a_truncated_file_is_one_line(file: str, length: int, tmp_path: Path) -> None:
    folder = tmp_path / "MNIST" / "raw"
    folder.mkdir(parents=True)
    for name, content in idx_files().items():
        (folder / name).write_bytes(content)
    assert len(loaded("mnist", data_dir=tmp_path).test) == NUM_TEST
    if "labels" in file and length == 100:
        length = 25
    (tmp_path / file).write_bytes((tmp_path / file).read_bytes()[:length])
    with pytest.raises(DataError, match=rf"{folder} is (damaged|not mnist).* remove it") as caught:
        loaded("mnist", data_dir=tmp_path)
    assert "\n" not in str(caught.value)


def test_an_altered_pickle_is_never_opened(offered: Mirror, tmp_path: Path) -> None:
    assert offered.files
    loaded("cifar10", data_dir=tmp_path, image_shape=CIFAR_SHAPE)
    (tmp_path / "cifar-10-batches-py" / "data_batch_2").write_bytes(b"cos\nabort\n(tR.")
    with pytest.raises(DataError, match=r"cifar-10-batches-py is damaged .*: remove it"):
        loaded("cifar10", data_dir=tmp_path, image_shape=CIFAR_SHAPE)


@pytest.mark.real_data
def test_real_mnist(real_data_dir: Path) -> None:
    data = loaded("mnist", data_dir=real_data_dir)
    assert [len(split) for split in (data.train, data.validation, data.test)] == [54_000, 6_000, 10_000]
    assert scaling(data).mean == pytest.approx((0.1307,), abs=5e-4)
    assert scaling(data).std == pytest.approx((0.3081,), abs=5e-4)
    assert labels_of(data.test)[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    assert torch.bincount(labels_of(data.test)).min() == 892
