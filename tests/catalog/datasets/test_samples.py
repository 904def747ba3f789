"""Samples: one image of each class, read from what is on this machine, without torch."""

import pickle
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from prune_tui.catalog.datasets import DATASETS, dataset_entry
from prune_tui.catalog.datasets.samples import samples
from tests.catalog.helpers import images_of, labels_of, loaded


def test_of_the_digits_there_is_one_of_each_as_the_engine_has_it(tmp_path: Path) -> None:
    found = samples(DATASETS["digits"], tmp_path)
    assert [one.label for one in found] == list("0123456789")
    train = loaded("digits").train
    for number, one in enumerate(found):
        first = int((labels_of(train) == number).nonzero()[0])
        grey = np.frombuffer(one.pixels, np.uint8).reshape(28, 28, 3)[..., 0].astype(int)
        assert np.abs(grey - images_of(train)[first, 0].numpy().astype(int)).max() <= 1


def test_nothing_is_fetched_and_none_is_shown_of_what_is_not_here(tmp_path: Path) -> None:
    assert samples(DATASETS["mnist"], tmp_path) == ()
    assert samples(DATASETS["cifar10"], tmp_path) == ()
    assert samples(dataset_entry(f"imagefolder:{tmp_path / 'none'}"), tmp_path) == ()
    assert list(tmp_path.iterdir()) == []


def test_the_first_image_of_each_class_of_mnist(tmp_path: Path) -> None:
    for file in DATASETS["mnist"].files:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    images, labels = (tmp_path / file for file in DATASETS["mnist"].files[:2])
    labels.write_bytes(struct.pack(">ii", 2049, 3) + bytes([7, 7, 2]))
    images.write_bytes(
        struct.pack(">iiii", 2051, 3, 28, 28) + b"".join(bytes([n]) * 784 for n in (10, 20, 30))
    )
    assert [(one.label, one.pixels[0]) for one in samples(DATASETS["mnist"], tmp_path)] == [
        ("2", 30),
        ("7", 10),
    ]
    labels.write_bytes(b"")
    assert samples(DATASETS["mnist"], tmp_path) == ()


def test_the_classes_of_cifar_and_no_pickled_code(tmp_path: Path) -> None:
    entry = DATASETS["cifar10"]
    for file in entry.files:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    red = np.zeros((2, 3072), np.uint8)
    red[:, :1024] = 200
    batch = {b"data": red, b"labels": [1, 0]}
    (tmp_path / entry.files[0]).write_bytes(pickle.dumps(batch, protocol=2))
    (tmp_path / entry.files[-1]).write_bytes(pickle.dumps({b"label_names": [b"plane", b"car"]}))
    found = samples(entry, tmp_path)
    assert [(one.label, one.pixels[:3]) for one in found] == [
        ("plane", bytes([200, 0, 0])),
        ("car", bytes([200, 0, 0])),
    ]
    (tmp_path / entry.files[0]).write_bytes(pickle.dumps({b"data": print}))
    assert samples(entry, tmp_path) == ()


def test_an_image_of_each_class_folder(tmp_path: Path) -> None:
    for name, colour in (("cat", (10, 20, 30)), ("dog", (40, 50, 60))):
        (tmp_path / "train" / name).mkdir(parents=True)
        Image.new("RGB", (128, 64), colour).save(tmp_path / "train" / name / "a.png")
    found = samples(dataset_entry(f"imagefolder:{tmp_path}"), tmp_path)
    assert [(one.label, one.width, one.height) for one in found] == [("cat", 64, 32), ("dog", 64, 32)]
    assert found[1].pixels[:3] == bytes([40, 50, 60])


def test_reading_them_brings_in_nothing_heavy() -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from prune_tui.catalog.datasets import DATASETS\n"
        "from prune_tui.catalog.datasets.samples import samples\n"
        "assert samples(DATASETS['digits'], Path())\n"
        "print(*{'torch', 'numpy', 'PIL'} & set(sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == ""
