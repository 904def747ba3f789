"""What does not fit into memory is decoded when it is needed, kept on disk, and the same to the bit."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from PIL import Image

from prune_tui.catalog.batches import Split
from prune_tui.catalog.datasets import dataset_entry, decoding, load, pixel_cache, streaming
from prune_tui.catalog.datasets.images import Data
from prune_tui.catalog.datasets.pixel_cache import PixelCache, cache_folder
from prune_tui.catalog.datasets.streaming import StreamedSplit
from prune_tui.core.errors import DataError
from prune_tui.core.run.events import DataProgress
from tests.catalog.helpers import drained, images_of, labels_of, loaded, write_images

SHAPE = (3, 12, 10)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pixel_cache, "user_cache_path", lambda _name: tmp_path / "cache")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_images(tmp_path / "images", {"ant": 60, "bee": 40}, size=(16, 13))
    return tmp_path / "images"


def streamed(folder: Path, **changes: Any) -> Data:
    return loaded(f"imagefolder:{folder}", image_shape=SHAPE, memory_bytes=1000, **changes)


def all_of(split: Split) -> torch.Tensor:
    return torch.as_tensor(split.batch(slice(0, len(split))).inputs)


def count_decoding(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Return a list that every decoded file will be added to."""
    files: list[Path] = []

    def counted(file: Path, shape: tuple[int, int, int]) -> np.ndarray[Any, np.dtype[np.uint8]]:
        files.append(file)
        return decoding.decoded(file, shape)

    monkeypatch.setattr(streaming, "decoded", counted)
    return files


def test_it_is_what_memory_would_hold(folder: Path) -> None:
    small, large = loaded(f"imagefolder:{folder}", image_shape=SHAPE), streamed(folder)
    for one, other in zip(small.splits, large.splits, strict=True):
        assert isinstance(other, StreamedSplit)
        assert torch.equal(images_of(one), all_of(other))
        assert torch.equal(labels_of(one), torch.as_tensor(other.batch(slice(0, len(other))).targets))
    assert small.scaling == large.scaling
    order = torch.tensor([7, 2, 2, 30])
    assert torch.equal(images_of(small.train)[order], all_of(large.train.subset(order)))
    assert "decoded when they are needed, and kept in" in large.transforms[-1]
    assert str(cache_folder()) in large.transforms[-1]


def test_each_file_is_decoded_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = count_decoding(monkeypatch)
    data = streamed(folder)
    assert sorted(set(files)) == sorted(files)
    for _ in range(2):
        for split in data.splits:
            all_of(split)
    assert len(files) == 100
    again = streamed(folder)
    assert torch.equal(all_of(again.test), all_of(data.test))
    assert len(files) == 100


def test_a_file_that_changed_is_decoded_anew(folder: Path) -> None:
    before = all_of(streamed(folder).train)
    for file in folder.rglob("*.png"):
        Image.new("RGB", (20, 20), (1, 2, 3)).save(file)
    assert not torch.equal(all_of(streamed(folder).train), before)


def test_what_was_not_stored_whole_is_decoded_again(folder: Path) -> None:
    data = streamed(folder)
    before = all_of(data.train)
    (pixels,) = cache_folder().rglob("pixels")
    with pixels.open("r+b") as file:
        file.write(b"\xff" * pixels.stat().st_size)
    assert torch.equal(all_of(streamed(folder).train), before)
    with pixels.open("r+b") as file:
        file.truncate(0)
    assert torch.equal(all_of(data.train), before)


def test_two_at_once_get_the_same(folder: Path) -> None:
    both = [streamed(folder), streamed(folder)]
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda data: all_of(data.train), both)
    assert torch.equal(first, second)


class Usage(NamedTuple):
    free: int


def test_without_room_on_the_disk_nothing_is_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(free=pixel_cache.RESERVED_BYTES))
    files = count_decoding(monkeypatch)
    data = streamed(folder)
    num_before = len(files)
    assert torch.equal(all_of(data.test), all_of(data.test))
    assert len(files) - num_before == 2 * len(data.test)
    assert "the disk has no room to keep them" in data.transforms[-1]


def test_a_folder_that_can_not_be_written_keeps_nothing(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "cache").write_text("not a folder")
    assert len(all_of(streamed(folder).train)) == 72


def test_old_caches_go(folder: Path) -> None:
    streamed(folder)
    (old,) = cache_folder().iterdir()
    assert PixelCache.open([folder / "bee" / "0000.png"], SHAPE) is not None
    assert old.exists()
    os.utime(old, (0, 0))
    assert PixelCache.open([folder / "ant" / "0000.png"], SHAPE) is not None
    assert not old.exists()


def test_a_damaged_file_is_named_when_its_turn_comes(folder: Path) -> None:
    data = streamed(folder, seed=3)
    assert isinstance(data.test, StreamedSplit)
    file = data.test.images.files[int(data.test.numbers[4])]
    file.write_bytes(b"\x89PNG not really")
    data.test.batch(slice(0, 4))
    with pytest.raises(DataError, match=rf"{file} is not a readable image .*: repair or remove it") as caught:
        data.test.batch(slice(4, 5))
    assert "\n" not in str(caught.value)


def test_what_is_not_drawn_is_not_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = count_decoding(monkeypatch)
    whole = loaded(f"imagefolder:{folder}", image_shape=SHAPE)
    files.clear()
    data = loaded(f"imagefolder:{folder}", image_shape=SHAPE, num_train=20, num_test=5)
    assert [len(split) for split in data.splits] == [18, 2, 5]
    assert len(set(files)) == len(files) == 25
    rows = {tuple(row) for row in images_of(whole.train).flatten(1).tolist()}
    assert {tuple(row) for row in images_of(data.train).flatten(1).tolist()} <= rows


def test_the_scaling_needs_ten_thousand_images_at_most(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prune_tui.catalog.datasets.preparing.MOST_MEASURED", 10)
    files = count_decoding(monkeypatch)
    assert streamed(folder).scaling is not None
    assert len(set(files)) <= 11


def test_measuring_is_told(folder: Path) -> None:
    entry = dataset_entry(f"imagefolder:{folder}")
    events, _ = drained(load(entry, data_dir=None, image_shape=SHAPE, seed=0, memory_bytes=1000))
    assert DataProgress("measuring images", 0, 72) in events


def test_without_a_models_shape_images_have_the_size_of_most(tmp_path: Path) -> None:
    write_images(tmp_path / "a", {"ant": 30, "bee": 20}, size=(40, 20))
    write_images(tmp_path / "b", {"ant": 8, "bee": 12}, size=(9, 9))
    for file in (tmp_path / "b").rglob("*.png"):
        file.rename(tmp_path / "a" / file.parent.name / f"other{file.name}")
    assert images_of(loaded(f"imagefolder:{tmp_path / 'a'}", image_shape=None).train).shape[1:] == (3, 20, 40)
    write_images(tmp_path / "c", {"ant": 10, "bee": 10}, size=(600, 3))
    assert images_of(loaded(f"imagefolder:{tmp_path / 'c'}", image_shape=None).train).shape[1:] == (3, 8, 224)
    for file in (tmp_path / "c").rglob("*.png"):
        Image.open(file).convert("L").save(file)
    assert images_of(loaded(f"imagefolder:{tmp_path / 'c'}", image_shape=None).train).shape[1] == 1
