"""Batches come to the device as they were stored, whether read ahead, decoded on demand or made by a user."""

import threading
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn.utils.rnn import PackedSequence, pack_sequence

from prune_tui.catalog.batches import Batch, Indices, Split, TensorSplit, mapped
from prune_tui.catalog.datasets import pixel_cache, preparing
from prune_tui.catalog.datasets.images import Data, Scaling
from prune_tui.catalog.datasets.streaming import StreamedSplit
from prune_tui.catalog.tasks.classification import Classification
from prune_tui.catalog.tasks.task import tensor
from prune_tui.core.errors import DataError
from prune_tui.core.session.decisions import TrainDense
from prune_tui.core.session.recipe import Training
from prune_tui.core.session.session import Session
from prune_tui.engine.data import DeviceData
from tests.catalog.helpers import write_images
from tests.engine.helpers import Run, perform

CPU = torch.device("cpu")
QUICK = Training(num_epochs=2, batch_size=16, augmentation="crop_flip")


class Slow:
    """A split that notes which thread reads a batch; the last example can't be read."""

    is_read_ahead = is_fixed = True

    def __init__(self, split: TensorSplit) -> None:
        self.split, self.threads = split, list[str]()

    def __len__(self) -> int:
        return len(self.split)

    def batch(self, at: Indices) -> Batch:
        self.threads.append(threading.current_thread().name)
        if isinstance(at, slice) and at.stop > len(self):
            raise DataError("the last one is damaged")
        return self.split.batch(at)

    def subset(self, indices: torch.Tensor) -> "Slow":
        return Slow(self.split.subset(indices))

    def to(self, _device: torch.device) -> "Slow":
        return self


def data_of(split: Split, scaling: Scaling | None = None) -> DeviceData:
    return DeviceData(Data(split, split, split, Classification(3), scaling), CPU)


def numbered(count: int = 30) -> TensorSplit:
    return TensorSplit(torch.arange(count)[:, None], torch.arange(count) % 3)


def test_batches_read_ahead_are_the_same_in_the_same_order() -> None:
    slow, parts = Slow(numbered()), [slice(0, 7), slice(7, 9), slice(20, 30)]
    ahead = [tensor(batch.inputs) for batch in data_of(slow).batches(slow, parts)]
    for batch, part in zip(ahead, parts, strict=True):
        assert torch.equal(batch, tensor(numbered().batch(part).inputs))
    assert all("reading ahead" in name for name in slow.threads)
    assert list(data_of(slow).batches(slow, [])) == []


def test_reading_ahead_ends_with_the_loop_and_hands_on_errors() -> None:
    slow = Slow(numbered())
    batches = data_of(slow).batches(slow, [slice(at, at + 1) for at in range(31)])
    next(batches)
    del batches
    assert len(slow.threads) <= 3
    assert not any("reading ahead" in thread.name for thread in threading.enumerate())
    with pytest.raises(DataError, match="the last one is damaged"):
        list(data_of(slow).batches(slow, [slice(0, 10), slice(25, 31)]))


def test_only_images_of_bytes_are_scaled() -> None:
    tokens = torch.arange(12, dtype=torch.uint8).reshape(4, 3)
    images = torch.full((4, 1, 2, 2), 255, dtype=torch.uint8)
    data = data_of(
        TensorSplit({"tokens": tokens, "pixels": images}, torch.zeros(4)), Scaling((0.5,), (0.25,))
    )
    inputs = data.batch(data.train, slice(0, 4)).inputs
    assert isinstance(inputs, dict)
    assert torch.equal(tensor(inputs["tokens"]), tokens)
    assert torch.allclose(tensor(inputs["pixels"]), torch.tensor(2.0))


def test_a_packed_sequence_stays_one() -> None:
    sequences = [torch.arange(1.0, 3.0), torch.arange(1.0, 6.0)]
    packed: Any = pack_sequence(sequences, enforce_sorted=False)
    doubled = mapped(packed, lambda part: part * 2 if part.is_floating_point() else part)
    assert isinstance(doubled, PackedSequence)
    assert torch.equal(doubled.data, packed.data * 2)
    assert doubled.unsorted_indices is not None
    assert torch.equal(doubled.unsorted_indices, packed.unsorted_indices)
    assert torch.equal(doubled.batch_sizes, packed.batch_sizes)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(pixel_cache, "user_cache_path", lambda _name: tmp_path / "cache")
    write_images(tmp_path / "images", {"ant": 60, "bee": 40}, size=(16, 13))
    return tmp_path / "images"


def session(folder: Path) -> Session:
    return Session(name="s", model="lenet", dataset=f"imagefolder:{folder}", device="cpu")


def test_training_from_disk_equals_training_from_memory(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = []
    for budget in (10**9, 0):
        monkeypatch.setattr(preparing, "MEMORY_BUDGET", budget)
        run = Run(session(folder))
        assert isinstance(run.state.data.train, TensorSplit if budget else StreamedSplit)
        perform(run, TrainDense(training=QUICK))
        weights.append(run.state.network.state())
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


def test_a_file_damaged_in_the_middle_of_training_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparing, "MEMORY_BUDGET", 0)
    monkeypatch.setattr(pixel_cache, "RESERVED_BYTES", 2**62)
    run = Run(session(folder))
    (folder / "bee" / "0007.png").write_bytes(b"\x89PNG not really")
    with pytest.raises(DataError, match=r"bee/0007\.png is not a readable image") as caught:
        perform(run, TrainDense(training=QUICK))
    assert "\n" not in str(caught.value)


def test_engines_say_how_images_became_what_they_are() -> None:
    run = Run(Session(name="s", model="resnet20", dataset="digits", device="cpu", num_train_images=30))
    assert run.state.data.num_examples == {"train": 27, "validation": 3, "test": 400}
    assert run.view.notes[0] == "1×28×28 → 3×32×32: grey repeated, resized bilinearly"
