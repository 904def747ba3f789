"""An image folder is read in sorted order into the model's shape, and says what is wrong with it."""

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from prune_tui.catalog.datasets import dataset_entry, load
from prune_tui.core.errors import DataError
from tests.catalog.helpers import drained, images_of, labels_of, loaded, scaling, write_images

COLOUR = (3, 6, 8)


def read(folder: Path, *, seed: int = 0) -> tuple[int, int, int]:
    data = loaded(f"imagefolder:{folder}", image_shape=COLOUR, seed=seed)
    return len(data.train), len(data.validation), len(data.test)


def test_without_a_test_folder_a_fifth_tests(tmp_path: Path) -> None:
    write_images(tmp_path, {"ant": 30, "bee": 20})
    assert read(tmp_path) == (36, 4, 10)


def test_nothing_is_lost_and_classes_are_sorted(tmp_path: Path) -> None:
    write_images(tmp_path, {"bee": 15, "ant": 15})
    (tmp_path / ".cache").mkdir()
    (tmp_path / "bee" / "notes.txt").touch()
    data = loaded(f"imagefolder:{tmp_path}", image_shape=COLOUR)
    seen = {
        (int(image[0, 0, 0]), int(image[1, 0, 0]), int(label))
        for split in (data.train, data.validation, data.test)
        for image, label in zip(images_of(split), labels_of(split), strict=True)
    }
    # `bee` was written first, with red 0; but `ant` sorts first, so it is class 0.
    assert seen == {(0, number, 1) for number in range(15)} | {(50, number, 0) for number in range(15)}
    assert data.task.num_outputs == 2


def test_the_seed_draws_the_splits(tmp_path: Path) -> None:
    write_images(tmp_path, {"ant": 30, "bee": 20})
    first, again, other = (
        loaded(f"imagefolder:{tmp_path}", image_shape=COLOUR, seed=seed) for seed in (0, 0, 1)
    )
    assert torch.equal(images_of(first.test), images_of(again.test))
    assert torch.equal(images_of(first.validation), images_of(again.validation))
    assert not torch.equal(images_of(first.test), images_of(other.test))


@pytest.mark.parametrize("name", ["test", "val"])
def test_train_and_test_folders_are_used_as_they_are(tmp_path: Path, name: str) -> None:
    write_images(tmp_path / "train", {"ant": 10, "bee": 10})
    write_images(tmp_path / name, {"ant": 6, "bee": 5})
    assert read(tmp_path) == (18, 2, 11)


def test_with_all_three_folders_nothing_is_drawn(tmp_path: Path) -> None:
    write_images(tmp_path / "train", {"ant": 10, "bee": 10})
    write_images(tmp_path / "val", {"ant": 6, "bee": 6})
    write_images(tmp_path / "test", {"ant": 7, "bee": 7})
    assert read(tmp_path) == (20, 12, 14)


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp", "JPG"])
def test_images_take_the_models_shape(tmp_path: Path, suffix: str) -> None:
    write_images(tmp_path, {"ant": 6, "bee": 6}, size=(31, 17), suffix=suffix)
    for shape in ((1, 28, 28), (3, 32, 32), (3, 8, 6)):
        data = loaded(f"imagefolder:{tmp_path}", image_shape=shape)
        assert images_of(data.train).shape[1:] == shape
        assert len(scaling(data).mean) == len(scaling(data).std) == shape[0]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_any_kind_of_pixel_is_read_quietly(
    tmp_path: Path, mode: str, capfd: pytest.CaptureFixture[str]
) -> None:
    write_images(tmp_path, {"ant": 6, "bee": 6})
    Image.new(mode, (9, 9)).save(tmp_path / "ant" / ("odd.tif" if mode == "CMYK" else "odd.png"))
    for shape in ((1, 28, 28), COLOUR):
        loaded(f"imagefolder:{tmp_path}", image_shape=shape)
    assert capfd.readouterr() == ("", "")


GREYS = np.array([[0, 128, 257, 1000, 25_700, 32_768, 65_000, 65_535]], np.uint16)
IN_8_BITS = [0, 0, 1, 4, 100, 128, 253, 255]


def in_16_bits(path: Path, *, kind: str) -> None:
    """Write greys of 16 bits, the most and the least among them."""
    if kind == "I;16B":
        Image.frombytes(kind, GREYS.shape[::-1], GREYS.astype(">u2").tobytes()).save(path)
    elif kind == "12 bits of PGM":
        path.write_bytes(b"P2\n8 1\n4095\n" + " ".join(str(level // 16) for level in GREYS[0]).encode())
    elif kind == "white first":
        Image.fromarray(65_535 - GREYS).save(path)
        # The one entry of a TIFF that says what 0 is: tag 262, a short, one value.
        entry = b"\x06\x01\x03\x00\x01\x00\x00\x00"
        before, after = path.read_bytes().split(entry)
        path.write_bytes(before + entry + b"\x00" + after[1:])
    else:
        Image.fromarray(GREYS).save(path)


@pytest.mark.parametrize(
    ("suffix", "kind"),
    [
        ("png", "I;16"),
        ("tif", "I;16"),
        ("tif", "I;16B"),
        ("tif", "white first"),
        ("pgm", "I;16"),
        ("pgm", "12 bits of PGM"),
    ],
)
@pytest.mark.parametrize("channels", [1, 3])
def test_levels_of_16_bits_keep_their_place_between_black_and_white(
    tmp_path: Path, suffix: str, kind: str, channels: int
) -> None:
    for name in ("ant", "bee"):
        (tmp_path / name).mkdir()
        for number in range(6):
            in_16_bits(tmp_path / name / f"{number}.{suffix}", kind=kind)
    data = loaded(f"imagefolder:{tmp_path}", image_shape=(channels, 1, 8))
    wanted = torch.tensor(IN_8_BITS).expand(channels, 1, 8)
    for image in images_of(data.train):
        assert (image.int() - wanted).abs().max() <= (1 if "12 bits" in kind else 0)


def test_levels_of_12_bits_in_a_tiff_go_up_to_white(tmp_path: Path) -> None:
    write_images(tmp_path, {"ant": 9, "bee": 9})
    path = tmp_path / "ant" / "0000.tif"
    # Two pixels, white and black, share three bytes: FF F0 00.
    entries = [(256, 3, 2), (257, 3, 1), (258, 3, 12), (259, 3, 1), (262, 3, 1), (273, 4, 8), (277, 3, 1)]
    entries += [(278, 3, 1), (279, 4, 3)]
    directory = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries)
    head = b"II*\0" + struct.pack("<I", 12) + b"\xff\xf0\x00\x00"
    path.write_bytes(head + struct.pack("<H", len(entries)) + directory + bytes(4))
    (tmp_path / "ant" / "0000.png").unlink()
    data = loaded(f"imagefolder:{tmp_path}", image_shape=(1, 1, 2))
    every = (
        torch.cat([images_of(data.train), images_of(data.validation), images_of(data.test)])
        .flatten(1)
        .tolist()
    )
    assert [255, 0] in every


@pytest.mark.parametrize("levels", [np.int32, np.float32])
def test_levels_of_no_known_range_are_refused(tmp_path: Path, levels: type) -> None:
    write_images(tmp_path, {"ant": 6, "bee": 6})
    Image.fromarray(GREYS.astype(levels)).save(tmp_path / "bee" / "scan.tif")
    with pytest.raises(DataError, match=r"bee/scan\.tif has .* levels of an unknown range: save it"):
        read(tmp_path)


def test_progress_rises_to_the_total(tmp_path: Path) -> None:
    write_images(tmp_path / "train", {"ant": 250, "bee": 200}, size=(2, 2))
    write_images(tmp_path / "test", {"ant": 5, "bee": 5}, size=(2, 2))
    entry = dataset_entry(f"imagefolder:{tmp_path}")
    events, _ = drained(load(entry, data_dir=None, image_shape=COLOUR, seed=0))
    done = [event.done for event in events]
    assert done == sorted(done)
    assert len(done) >= 5
    assert (events[-1].done, events[-1].total) == (460, 460)


def empty(_folder: Path) -> None:
    pass


def broken(folder: Path) -> None:
    write_images(folder, {"ant": 6, "bee": 6})
    (folder / "bee" / "0003.png").write_bytes(b"\x89PNG not really")


def truncated(folder: Path) -> None:
    write_images(folder, {"ant": 6, "bee": 6}, size=(64, 64), suffix="jpg")
    file = folder / "bee" / "0003.jpg"
    file.write_bytes(file.read_bytes()[:400])


def lacking(folder: Path) -> None:
    write_images(folder / "train", {"ant": 6, "bee": 6})
    write_images(folder / "test", {"ant": 6, "cat": 6})


def one_class(folder: Path) -> None:
    write_images(folder, {"ant": 20})


def class_without_images(folder: Path) -> None:
    write_images(folder, {"ant": 20, "bee": 0})


def too_few(folder: Path) -> None:
    write_images(folder, {"ant": 2, "bee": 2})


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (empty, "has no class folders: at least two"),
        (Path.rmdir, "no image folder .*: give imagefolder:PATH"),
        (one_class, "has only the class 'ant': at least two"),
        (class_without_images, "bee has no images"),
        (too_few, "has 4 images: at least 10"),
        (lacking, "test lacks the class 'bee' that .*train has"),
        (broken, r"0003\.png is not a readable image .*: repair or remove it"),
        (truncated, r"0003\.jpg is not a readable image .*: repair or remove it"),
    ],
)
def test_an_error_is_one_line_that_helps(tmp_path: Path, make: Callable[[Path], None], message: str) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    make(folder)
    with pytest.raises(DataError, match=message) as caught:
        read(folder)
    assert "\n" not in str(caught.value)
