"""The data that the library's functions take: tensors of examples and their targets, and the task."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import torch

from prune_tui.catalog.batches import Split, TensorSplit, Tree, num_examples, tensors_of
from prune_tui.catalog.datasets.images import Data as Prepared
from prune_tui.catalog.datasets.images import scaling_of, split_off, split_validation
from prune_tui.catalog.tasks.classification import Classification, MultiLabel
from prune_tui.catalog.tasks.own import LossAndScore, OwnTask
from prune_tui.catalog.tasks.regression import Regression, variances_of
from prune_tui.catalog.tasks.segmentation import IGNORED, Segmentation
from prune_tui.catalog.tasks.task import Task
from prune_tui.core.errors import DataError

TaskName = Literal["classification", "multi_label", "regression", "segmentation"]

Examples: TypeAlias = tuple[Tree, Tree]
"""What the network takes, and what its outputs are scored against; the first dimensions count examples."""

TEST_SHARE = 5
"""Without a test split, one training example in five is for testing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """Examples in memory, and what is scored.

    Each split is a pair (inputs, targets) of tensors, or of dicts or tuples of tensors where a network takes
    several. Images of bytes, uint8 [N, C, H, W], are scaled to mean 0 and deviation 1 over the training
    split; all else goes in as it is. Without `test`, a fifth of the training examples, drawn by the seed, is
    for testing; without `validation`, a tenth of the rest. `task` is a name, or a function (outputs, batch) →
    (loss, score). `num_classes` None counts the classes of the training targets. `output` names the output
    that is scored where the network returns several: a key, a field or a position.
    """

    train: Examples
    validation: Examples | None = None
    test: Examples | None = None
    task: TaskName | LossAndScore = "classification"
    num_classes: int | None = None
    output: str | int | None = None


AnyData: TypeAlias = Data | Prepared | Mapping[str, object]
"""`Data`, what `dataset` returns, or the fields of `Data` as a mapping."""


def prepared(given: AnyData, seed: int) -> Prepared:
    """Return the data as the engine takes them; `seed` draws the splits that are not given.

    Raises:
        DataError: a split is empty or malformed, or a field or the task is unknown.
    """
    if isinstance(given, Prepared):
        return given
    data = given if isinstance(given, Data) else _from_fields(given)
    train = _split(data.train, "train")
    test = _split(data.test, "test") if data.test is not None else None
    if test is None:
        train, test = split_off(train, max(1, len(train) // TEST_SHARE), seed)
    if data.validation is not None:
        validation = _split(data.validation, "validation")
    else:
        train, validation = split_validation(train, seed)
    _demand_examples({"train": train, "validation": validation, "test": test})
    scaling = scaling_of(train) if _is_images(train) else None
    return Prepared(train, validation, test, _task(data, train.targets), scaling)


def _from_fields(fields: Mapping[str, object]) -> Data:
    known = Data.__dataclass_fields__
    for name in fields:
        if name not in known:
            raise DataError(f"data have no field {name!r}: give {', '.join(known)}")
    if "train" not in fields:
        raise DataError("data need train: give a pair (inputs, targets)")
    return Data(**fields)  # type: ignore[arg-type]


def _split(examples: object, name: str) -> TensorSplit:
    if not (isinstance(examples, tuple | list) and len(examples) == 2):
        raise DataError(f"{name} is a {type(examples).__name__}: give a pair (inputs, targets) of tensors")
    split = TensorSplit(examples[0], examples[1])
    counts = {len(part) if part.dim() else 0 for tree in examples for part in tensors_of(tree)}
    if not num_examples(split.inputs) or len(counts) != 1:
        found = " and ".join(str(count) for count in sorted(counts)) or "no"
        raise DataError(f"{name} has {found} examples: each tensor needs as many along its first dimension")
    return split


def _demand_examples(splits: Mapping[str, Split]) -> None:
    for name, split in splits.items():
        if not len(split):
            raise DataError(f"{name} has no examples left: give more, or give every split")


def _is_images(split: TensorSplit) -> bool:
    inputs = split.inputs
    return isinstance(inputs, torch.Tensor) and inputs.dtype == torch.uint8 and inputs.dim() == 4


def _task(data: Data, targets: Tree) -> Task:
    if callable(data.task):
        return OwnTask(data.num_classes, data.output, data.task)
    if data.task not in ("classification", "multi_label", "regression", "segmentation"):
        raise DataError(
            f"unknown task {data.task!r}: give classification, multi_label, regression, segmentation or a "
            "function (outputs, batch) -> (loss, score)"
        )
    if not isinstance(targets, torch.Tensor):
        raise DataError(f"{data.task} takes targets in one tensor: give one, or a task of your own")
    match data.task:
        case "classification":
            return Classification(data.num_classes or _num_classes(targets), data.output)
        case "multi_label":
            return MultiLabel(data.num_classes or targets.shape[-1], data.output)
        case "regression":
            return Regression(None, data.output, variances_of(targets))
        case "segmentation":
            return Segmentation(data.num_classes or _num_classes(targets[targets != IGNORED]), data.output)


def _num_classes(labels: torch.Tensor) -> int:
    if labels.is_floating_point() or not labels.numel() or int(labels.min()) < 0:
        raise DataError("labels must be whole numbers from 0: give targets as int64")
    return int(labels.max()) + 1
