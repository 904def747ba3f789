"""Tensors become data as the engine takes them, or the mistake is said in one line."""

import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset, default_collate

from prune_tui.catalog.batches import Batch, Tree, tensors_of
from prune_tui.catalog.datasets.images import Scaling
from prune_tui.core.errors import DataError
from prune_tui.library.data import AnyData, Data, prepared

X, Y = torch.randn(50, 4), torch.arange(50) % 3


def test_splits_that_are_not_given_are_drawn_by_the_seed_and_share_nothing() -> None:
    inputs = torch.arange(50.0).unsqueeze(1)
    data = prepared(Data(train=(inputs, Y)), seed=1)
    splits = [data.train, data.validation, data.test]
    assert [len(split) for split in splits] == [36, 4, 10]
    parts = [split.batch(slice(0, 50)).inputs for split in splits]
    assert all(isinstance(part, torch.Tensor) for part in parts)
    together = torch.cat([part for part in parts if isinstance(part, torch.Tensor)])
    assert sorted(together.flatten().tolist()) == list(range(50))
    again, other = prepared(Data(train=(inputs, Y)), seed=1), prepared(Data(train=(inputs, Y)), seed=2)
    tests = [each.test.batch(slice(0, 10)).inputs for each in (data, again, other)]
    assert isinstance(tests[0], torch.Tensor)
    assert torch.equal(tests[0], tests[1])  # type: ignore[arg-type]
    assert not torch.equal(tests[0], tests[2])  # type: ignore[arg-type]


def test_given_splits_are_taken_as_they_are() -> None:
    data = prepared({"train": (X, Y), "validation": (X[:5], Y[:5]), "test": (X[:7], Y[:7])}, seed=0)
    assert [len(split) for split in (data.train, data.validation, data.test)] == [50, 5, 7]
    assert data.scaling is None
    assert prepared(data, seed=9) is data


def test_images_of_bytes_are_scaled_and_floats_are_not() -> None:
    images = torch.randint(0, 256, (50, 3, 8, 8), dtype=torch.uint8)
    assert prepared(Data(train=(images, Y)), seed=0).scaling is not None
    assert prepared(Data(train=(images.float(), Y)), seed=0).scaling is None


def items(count: int = 50) -> list[dict[str, torch.Tensor]]:
    return [{"numbers": X[at], "answer": Y[at]} for at in range(count)]


SETS: dict[str, Data] = {
    "arrays": Data(train=(X.numpy(), Y.numpy()), test=(X, Y)),
    "a data set": Data(train=TensorDataset(X, Y), test=list(zip(X, Y, strict=True)), num_classes=3),
    "dicts": Data(train=items(), test=items(), target="answer", num_classes=3),
    "loaders": Data(
        train=DataLoader(items(), batch_size=7, shuffle=True, collate_fn=default_collate),  # type: ignore[arg-type]
        test=items(),
        target="answer",
        num_classes=3,
    ),
    "collated": Data(
        train=list(zip(X, Y, strict=True)),
        test=list(zip(X, Y, strict=True)),
        collate=lambda some: (torch.stack([x for x, _ in some]), torch.stack([y for _, y in some])),
        num_classes=3,
    ),
}


@pytest.mark.parametrize("case", SETS)
def test_sets_and_loaders_are_read_as_tensors_are_and_leave_the_random_state_alone(case: str) -> None:
    before = torch.get_rng_state()
    data = prepared(SETS[case], seed=0)
    assert torch.equal(torch.get_rng_state(), before)
    assert [len(split) for split in data.splits] == [45, 5, 50]
    batch = data.test.batch(slice(0, 50))
    (inputs,) = tensors_of(batch.inputs)
    assert torch.equal(inputs, X)
    assert isinstance(batch.targets, torch.Tensor)
    assert torch.equal(batch.targets, Y)
    assert data.task.num_outputs == 3


def test_what_is_said_of_images_and_classes_is_kept() -> None:
    images = torch.randint(0, 256, (50, 3, 8, 8), dtype=torch.uint8)
    names = ("a", "b", "c")
    data = prepared(Data(train=(images, Y), mean=[0.5, 0.4, 0.3], std=(1, 1, 2), class_names=names), seed=0)
    assert data.scaling == Scaling((0.5, 0.4, 0.3), (1, 1, 2))
    assert data.class_names == names


def own(outputs: Tree, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
    assert isinstance(outputs, torch.Tensor)
    return outputs.mean(), torch.ones(len(batch))


TASKS: dict[str, tuple[Data, str, int | None]] = {
    "classes": (Data(train=(X, Y)), "classification", 3),
    "more classes": (Data(train=(X, Y), num_classes=5), "classification", 5),
    "labels": (Data(train=(X, torch.ones(50, 6)), task="multi_label"), "multi_label", 6),
    "numbers": (Data(train=(X, torch.randn(50, 2)), task="regression"), "regression", 2),
    "pixels": (
        Data(train=(X, torch.tensor([0, 3, 255] * 50).reshape(50, 1, 3)), task="segmentation"),
        "segmentation",
        4,
    ),
    "own": (Data(train=(X, {"any": Y}), task=own, output="key"), "own", None),
}


@pytest.mark.parametrize("case", TASKS)
def test_a_task_follows_from_its_name_and_the_targets(case: str) -> None:
    data, name, num_outputs = TASKS[case]
    task = prepared(data, seed=0).task
    assert (task.name, task.num_outputs, task.key) == (name, num_outputs, data.output)


WRONG: dict[str, tuple[AnyData, str]] = {
    "no train": ({"test": (X, Y)}, "the data are a dict without `train`"),
    "unknown field": ({"train": (X, Y), "valid": (X, Y)}, "the data have valid: known are train, validation"),
    "no pair": ({"train": X}, "train is a Tensor: tensors"),
    "lengths": (Data(train=(X, Y[:9])), "train has tensors of 9 and 50 examples"),
    "empty": (Data(train=(X[:0], Y[:0])), "train has tensors of 0 examples"),
    "too few": (Data(train=(X[:1], Y[:1])), "train has 1 examples: too few"),
    "task": ({"train": (X, Y), "task": "clustering"}, "`task` is 'clustering': classification, "),
    "float labels": (Data(train=(X, torch.randn(50))), "whole numbers, .N. are wanted"),
    "targets": (Data(train=(X, {"a": Y})), "the targets are a dict: one tensor is wanted"),
    "names": (Data(train=(X, Y), class_names=["a"]), "train has labels from 0 to 2"),
    "data set": (Data(train=[(X[0], 1)] * 9), "give `num_classes`"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_mistake_is_said_in_one_line(case: str) -> None:
    data, said = WRONG[case]
    with pytest.raises(DataError, match=said) as raised:
        prepared(data, seed=0)
    assert "\n" not in str(raised.value)
