"""What a user's function returns becomes data: tensors, data sets and loaders, for each task."""

from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.utils.rnn import PackedSequence, pack_sequence
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset

from prune_tui.catalog.batches import Batch, TensorSplit
from prune_tui.catalog.datasets.images import Scaling
from prune_tui.catalog.datasets.own.reading import data_from
from prune_tui.catalog.datasets.own.splits import DatasetSplit
from prune_tui.catalog.datasets.own.tasks import NUM_LOOKED_AT
from prune_tui.catalog.tasks.classification import Classification, MultiLabel
from prune_tui.catalog.tasks.own import OwnTask
from prune_tui.catalog.tasks.regression import Regression
from prune_tui.catalog.tasks.segmentation import Segmentation
from prune_tui.catalog.tasks.task import tensor
from prune_tui.core.errors import DataError

COUNT = 50
INPUTS = torch.arange(COUNT * 1.0).reshape(-1, 1).repeat(1, 3)
LABELS = torch.arange(COUNT) % 4


class Numbered(Dataset[Any]):
    """Items that know their number and how often each was read; noisy ones differ at each read."""

    def __init__(self, count: int = COUNT, *, as_dict: bool = False, noise: float = 0.0) -> None:
        self.count, self.as_dict, self.noise = count, as_dict, noise
        self.reads: list[int] = []

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, number: int) -> Any:
        if not 0 <= number < self.count:
            raise IndexError(number)
        self.reads.append(number)
        inputs = torch.full((3,), float(number)) + self.noise * torch.rand(3)
        if self.as_dict:
            return {"x": inputs, "mask": torch.ones(3, dtype=torch.bool), "label": number % 4}
        return inputs, number % 4


class Stream(IterableDataset[Any]):
    def __iter__(self) -> Iterator[Any]:
        yield from ((torch.full((3,), float(number)), number % 4) for number in range(COUNT))


@dataclass
class AsObject:
    train: object
    num_classes: int = 4


def numbers(batch: Batch) -> list[int]:
    """The number of each example, by its inputs."""
    inputs = batch.inputs["x"] if isinstance(batch.inputs, dict) else batch.inputs
    assert isinstance(inputs, torch.Tensor)
    return [int(row[0]) for row in inputs]


FORMS: dict[str, Any] = {
    "tensors": {"train": (INPUTS, LABELS)},
    "arrays": {"train": (INPUTS.numpy(), LABELS.numpy().astype(np.int32))},
    "a list of labels": {"train": [INPUTS, LABELS.tolist()]},
    "a dict of tensors": {"train": {"x": INPUTS, "labels": LABELS}},
    "a tensor dataset": {"train": TensorDataset(INPUTS, LABELS)},
    "an object": AsObject((INPUTS, LABELS)),
    "a namespace": SimpleNamespace(train=Numbered(), num_classes=4, validation=None),
    "a data set": {"train": Numbered(), "num_classes": 4},
    "a data set of dicts": {"train": Numbered(as_dict=True), "class_names": list("abcd")},
    "a loader": {"train": DataLoader(Numbered(), batch_size=7, shuffle=True), "num_classes": 4},
    "an iterable": {"train": Stream(), "num_classes": 4},
    "a loader of an iterable": {"train": DataLoader(Stream(), batch_size=7), "num_classes": 4},
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_splits(form: str) -> None:
    data = data_from(FORMS[form], seed=3)
    wanted = data_from({"train": (torch.arange(COUNT)[:, None], LABELS)}, seed=3)
    assert [len(split) for split in data.splits] == [36, 4, 10]
    seen = []
    for split, same in zip(data.splits, wanted.splits, strict=True):
        batch = split.batch(slice(0, len(split)))
        seen += numbers(batch)
        assert numbers(batch) == numbers(same.batch(slice(0, len(same))))
        assert tensor(batch.targets).tolist() == [number % 4 for number in numbers(batch)]
    assert sorted(seen) == list(range(COUNT))
    assert data.task == Classification(4)
    assert data.scaling is None


def test_splits_that_are_given_are_taken_as_they_are() -> None:
    parts = {
        "train": (INPUTS, LABELS),
        "validation": (INPUTS[:6], LABELS[:6]),
        "test": (INPUTS[:9], LABELS[:9]),
    }
    assert [len(split) for split in data_from(parts, seed=0).splits] == [50, 6, 9]
    del parts["test"]
    assert [len(split) for split in data_from(parts, seed=0).splits] == [40, 6, 10]


def test_no_more_than_is_drawn_is_read() -> None:
    dataset = Numbered(1000)
    data = data_from({"train": dataset, "num_classes": 4}, seed=0, num_train=100, num_test=50)
    assert [len(split) for split in data.splits] == [90, 10, 50]
    assert len(set(dataset.reads)) <= 10 + 50 + 1 + NUM_LOOKED_AT
    assert isinstance(data.train, DatasetSplit)


def test_what_validates_is_read_once_and_what_trains_each_time() -> None:
    data = data_from({"train": Numbered(noise=0.5), "num_classes": 4}, seed=0)
    for split, is_same in ((data.train, False), (data.validation, True), (data.test, True)):
        first, again = (tensor(split.batch(slice(0, 4)).inputs) for _ in range(2))
        assert torch.equal(first, again) is is_same
    same = data_from({"train": Numbered(noise=0.5), "num_classes": 4}, seed=0)
    assert torch.equal(
        tensor(same.test.batch(slice(0, 5)).inputs), tensor(data.test.batch(slice(0, 5)).inputs)
    )
    large = data_from({"train": Numbered(), "num_classes": 4}, seed=0, memory_bytes=10)
    assert isinstance(large.test, DatasetSplit)
    assert large.test.kept is None


def test_reading_leaves_the_random_state_alone() -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    data_from({"train": Numbered(noise=1.0), "num_classes": 4}, seed=9)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_collate_of_ones_own_packs_sequences() -> None:
    sequences = [(torch.arange(1.0, 2 + number % 5), number % 2) for number in range(20)]

    def collate(items: list[tuple[torch.Tensor, int]]) -> tuple[PackedSequence, torch.Tensor]:
        return pack_sequence([item for item, _ in items], enforce_sorted=False), torch.tensor(
            [label for _, label in items]
        )

    loader: Any = DataLoader(sequences, batch_size=4, collate_fn=collate)  # type: ignore[arg-type]
    for given in ({"train": loader}, {"train": FromList(sequences), "collate": collate}):
        data = data_from({**given, "num_classes": 2}, seed=0)
        batch = data.train.batch(slice(0, 3))
        assert isinstance(batch.inputs, PackedSequence)
        assert len(batch) == 3


class FromList(Dataset[Any]):
    def __init__(self, items: list[Any]) -> None:
        self.items = items

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, number: int) -> Any:
        return self.items[number]


def test_dicts_keep_their_keys_but_for_the_targets() -> None:
    tokens = {"input_ids": torch.zeros(20, 7, dtype=torch.int64), "attention_mask": torch.ones(20, 7)}
    for name in ("labels", "label", "targets", "target", "score"):
        data = data_from(
            {"train": {**tokens, name: LABELS[:20]}, "target": name if name == "score" else None}, seed=0
        )
        batch = data.test.batch(slice(0, 2))
        assert isinstance(batch.inputs, dict)
        assert list(batch.inputs) == ["input_ids", "attention_mask"]
        assert data.task.num_outputs == 4


def test_several_inputs_are_a_tuple() -> None:
    data = data_from({"train": TensorDataset(INPUTS, INPUTS + 1, LABELS)}, seed=0)
    batch = data.train.batch(slice(0, 2))
    assert isinstance(batch.inputs, tuple)
    assert len(batch.inputs) == 2


def test_each_task_is_made_from_its_targets() -> None:
    targets = torch.stack([torch.arange(50.0), torch.arange(50.0) * 2], dim=1)
    regression = data_from({"train": (INPUTS, targets), "task": "regression", "output": "y"}, seed=0).task
    variance = float(np.var(np.arange(50)))
    assert isinstance(regression, Regression)
    assert regression.key == "y"
    assert regression.num_outputs == 2
    assert regression.variances == pytest.approx((variance, 4 * variance))
    labels = (torch.rand(50, 6) < 0.5).float()
    assert data_from({"train": (INPUTS, labels), "task": "multi_label"}, seed=0).task == MultiLabel(6)
    masks = torch.randint(0, 3, (50, 4, 4), dtype=torch.uint8)
    masks[0, 0, 0], masks[0, 0, 1] = 2, 255
    images = torch.zeros(50, 3, 4, 4)
    assert data_from({"train": (images, masks), "task": "segmentation"}, seed=0).task == Segmentation(3)

    def own(_outputs: object, _batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        return torch.zeros(()), torch.zeros(())

    assert data_from({"train": (INPUTS, INPUTS), "task": own, "num_classes": 7}, seed=0).task == OwnTask(
        7, None, own
    )


def test_variances_of_a_data_set_are_those_of_its_targets() -> None:
    items = FromList([(torch.zeros(2), float(number)) for number in range(80)])
    task = data_from({"train": items, "task": "regression"}, seed=0).task
    assert isinstance(task, Regression)
    assert task.variances == pytest.approx((float(np.var(np.arange(80))),))


def test_images_of_bytes_are_scaled_and_take_the_models_shape() -> None:
    images = torch.randint(0, 256, (50, 1, 12, 12), dtype=torch.uint8)
    data = data_from({"train": (images, LABELS)}, seed=0)
    assert data.scaling is not None
    assert isinstance(data.train, TensorSplit)
    mean = float(tensor(data.train.inputs).double().mean() / 255)
    assert data.scaling.mean == pytest.approx((mean,))
    given = data_from({"train": (images, LABELS), "mean": [0.5], "std": 0.25}, seed=0)
    assert given.scaling == Scaling((0.5,), (0.25,))
    items = FromList(list(zip(images, LABELS.tolist(), strict=True)))
    for train in ((images, LABELS), items):
        large = data_from({"train": train, "num_classes": 4}, seed=0, image_shape=(3, 16, 20))
        assert tensor(large.train.batch(slice(0, 2)).inputs).shape == (2, 3, 16, 20)
        assert large.transforms == ("1×12×12 → 3×16×20: grey repeated, resized bilinearly",)
        assert not large.train.is_read_ahead


def test_images_with_masks_keep_their_size() -> None:
    images, masks = torch.zeros(20, 3, 8, 8, dtype=torch.uint8), torch.ones(20, 8, 8, dtype=torch.int64)
    data = data_from({"train": (images, masks), "task": "segmentation"}, seed=0, image_shape=(3, 32, 32))
    assert tensor(data.train.batch(slice(0, 2)).inputs).shape == (2, 3, 8, 8)
    assert data.transforms == ()


def test_images_of_other_channels_are_refused() -> None:
    images = torch.zeros(50, 4, 8, 8, dtype=torch.uint8)
    with pytest.raises(DataError, match="has images of 4 channels: the model takes 3"):
        data_from({"train": (images, LABELS)}, seed=0, image_shape=(3, 8, 8))


def test_names_of_classes_are_kept() -> None:
    data = data_from({"train": (INPUTS, LABELS), "class_names": ["ant", "bee", "cat", "dog"]}, seed=0)
    assert data.class_names == ("ant", "bee", "cat", "dog")


class Failing(Numbered):
    def __getitem__(self, number: int) -> Any:
        if number == 0:
            raise RuntimeError("no\nluck")
        return super().__getitem__(number)


class Odd(Numbered):
    def __getitem__(self, number: int) -> Any:
        return torch.zeros(1 + number % 2), 0


WRONG: dict[str, tuple[Any, str]] = {
    "nothing": (None, "the data are None without `train`"),
    "a number": (3, "an int without `train`: a dict with it is wanted"),
    "a pair": ((INPUTS, LABELS), "a tuple of 2 without `train`"),
    "a typing error": ({"train": (INPUTS, LABELS), "valid": 1}, "the data have valid: known are train, val"),
    "one tensor": ({"train": INPUTS}, "train is a Tensor: tensors .inputs, targets.,"),
    "text": ({"train": "path"}, "train is a str: tensors .inputs, targets., a data set or a loader"),
    "no numbers": ({"train": (INPUTS, ["a", "b"])}, "train holds a str: tensors or arrays of numbers"),
    "two lengths": ({"train": (INPUTS, LABELS[:9])}, "tensors of 9 and 50 examples"),
    "an empty set": ({"train": FromList([])}, "train is empty"),
    "too few": ({"train": (INPUTS[:2], LABELS[:2])}, "train has 2 examples: too few"),
    "unknown classes": ({"train": Numbered()}, "give `num_classes`"),
    "classes in words": ({"train": Numbered(), "num_classes": "four"}, "`num_classes` is 'four': a whole"),
    "too few classes": (
        {"train": (INPUTS, LABELS), "num_classes": 2},
        "labels from 0 to 3: they go from 0 to 1",
    ),
    "labels below 0": ({"train": (INPUTS, LABELS - 1)}, "labels from -1 to 2"),
    "labels of the test": (
        {"train": (INPUTS, LABELS), "test": (INPUTS, LABELS + 1)},
        "test has labels from 1 to 4",
    ),
    "labels with a point": ({"train": (INPUTS, LABELS / 2)}, "float32 .*: whole numbers, .N. are wanted"),
    "an unknown task": ({"train": (INPUTS, LABELS), "task": "detection"}, "`task` is 'detection': classif"),
    "no target": ({"train": {"x": INPUTS, "y": LABELS}}, "train has x, y, but no 'labels': `target` names"),
    "another target": ({"train": {"x": INPUTS, "y": LABELS}, "target": "z"}, "but no 'z'"),
    "names of others": (
        {"train": (INPUTS, LABELS), "num_classes": 4, "class_names": ["a"]},
        "1 `class_names` for 4",
    ),
    "a mean of floats": ({"train": (INPUTS, LABELS), "mean": [1.0], "std": [1.0]}, "no images of bytes"),
    "a mean of others": (
        {"train": (torch.zeros(50, 1, 4, 4, dtype=torch.uint8), LABELS), "mean": [1, 2, 3], "std": [1, 1, 1]},
        "has images of 1 channels, but mean and std are for 3",
    ),
    "half a scaling": (
        {"train": (INPUTS, LABELS), "mean": [1.0]},
        "`std` is None: one number for each channel",
    ),
    "a failing item": (
        {"train": Failing(), "num_classes": 4},
        r"train\[0\] of the dataset can't be read: RuntimeError: no luck \(test_reading",
    ),
    "items unlike": (
        {"train": Odd(), "num_classes": 4},
        "items of train can't be put into a batch: .*; give a `collate`",
    ),
    "a collate": ({"train": Numbered(), "num_classes": 4, "collate": 3}, "`collate` is an int: a function"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_no_dataset_says_what_is_wanted_in_a_line(what: str) -> None:
    returned, message = WRONG[what]
    with pytest.raises(DataError, match=message) as caught:
        data_from(returned, seed=0)
    assert "\n" not in str(caught.value)


def test_an_iterable_that_is_too_large_is_refused() -> None:
    with pytest.raises(DataError, match=r"train only yields one item after another, .*: give a data set"):
        data_from({"train": Stream(), "num_classes": 4}, seed=0, memory_bytes=100)
