"""Makes the task that a user's data name, and checks that their targets are such as it scores."""

from typing import Final, cast

import torch

from prune_tui.catalog.batches import Split, TensorSplit, Tree, num_examples
from prune_tui.catalog.datasets.own.returned import HELP, Returned
from prune_tui.catalog.datasets.own.seeding import seeded
from prune_tui.catalog.datasets.own.trees import kind_of
from prune_tui.catalog.tasks import TASKS
from prune_tui.catalog.tasks.classification import Classification, MultiLabel
from prune_tui.catalog.tasks.own import LossAndScore, OwnTask
from prune_tui.catalog.tasks.regression import Regression, variances_of
from prune_tui.catalog.tasks.segmentation import IGNORED, Segmentation
from prune_tui.catalog.tasks.task import Task
from prune_tui.core.errors import DataError

NUM_MEASURED: Final = 1_000
"""The training examples that variances are computed from, where they must be read one by one."""

NUM_LOOKED_AT: Final = 8
"""The training examples whose targets are looked at for other tasks."""

EXAMPLES_AT_ONCE: Final = 100


def task_of(returned: Returned, train: Split, *, seed: int) -> Task:
    """Return the task, by what is said of it and by the training targets.

    Raises:
        DataError: there is no such task, its targets are of another kind, or the number of classes is needed.
    """
    key = returned.output
    if key is not None and not isinstance(key, str | int):
        raise DataError(f"`output` is {kind_of(key)}: the key or the place of an output is wanted; {HELP}")
    num_classes = _num_classes(returned)
    if callable(returned.task):
        return OwnTask(num_classes, key, cast(LossAndScore, returned.task))
    if returned.task not in TASKS:
        raise DataError(
            f"`task` is {returned.task!r}: {', '.join(TASKS)} or a function (outputs, batch) → (loss, score)"
        )
    targets = _targets(train, NUM_MEASURED if returned.task == "regression" else NUM_LOOKED_AT, seed)
    match returned.task:
        case "multi_label":
            _demand(targets, targets.dim() == 2, "0 or 1 for each class, [N, classes]")
            return MultiLabel(targets.shape[1], key)
        case "regression":
            _demand(targets, not targets.is_complex(), "numbers, [N] or [N, values]")
            variances = variances_of(targets)
            return Regression(len(variances), key, variances)
        case "segmentation":
            _demand(targets, targets.dim() == 3 and _is_whole(targets), "whole numbers, [N, H, W]")
            return Segmentation(_classes(num_classes, targets, train, ignored=IGNORED), key)
        case _:
            _demand(targets, targets.dim() == 1 and _is_whole(targets), "whole numbers, [N]")
            return Classification(_classes(num_classes, targets, train), key)


def check_targets(task: Task, split: Split, *, name: str) -> None:
    """Check the labels of a split in memory.

    Raises:
        DataError: one is not below the number of classes.
    """
    if not isinstance(task, Classification | Segmentation) or not isinstance(split, TensorSplit):
        return
    labels = _one_tensor(split.targets)
    counted = labels[labels != IGNORED] if isinstance(task, Segmentation) else labels
    assert task.num_outputs is not None
    if len(counted.flatten()) and not 0 <= int(counted.min()) <= int(counted.max()) < task.num_outputs:
        raise DataError(
            f"{name} has labels from {int(counted.min())} to {int(counted.max())}: they go from 0 to "
            f"{task.num_outputs - 1} for {task.num_outputs} classes (`num_classes`)"
        )


def _num_classes(returned: Returned) -> int | None:
    """Return the number of classes that is said, or that of their names."""
    given, names = returned.num_classes, returned.class_names
    if given is None:
        return len(names) or None if isinstance(names, tuple | list) else None
    if not isinstance(given, int) or isinstance(given, bool) or given < 1:
        raise DataError(f"`num_classes` is {given!r}: a whole number from 1 is wanted")
    return given


def _classes(said: int | None, targets: torch.Tensor, train: Split, *, ignored: int = -1) -> int:
    if said is not None:
        return said
    if not isinstance(train, TensorSplit):
        raise DataError("how many classes there are can't be seen from a data set: give `num_classes`")
    return max(2, int(targets[targets != ignored].max()) + 1)


def _targets(train: Split, count: int, seed: int) -> torch.Tensor:
    """Return the targets of the training split, or of so many, drawn by the seed, if it is not in memory."""
    if isinstance(train, TensorSplit):
        return _one_tensor(train.targets)
    order = torch.randperm(len(train), generator=torch.Generator().manual_seed(seed))[:count]
    with seeded(seed):
        read = [_one_tensor(train.batch(part).targets) for part in torch.split(order, EXAMPLES_AT_ONCE)]
    return torch.cat(read)


def _one_tensor(targets: Tree) -> torch.Tensor:
    if not isinstance(targets, torch.Tensor):
        raise DataError(f"the targets are {kind_of(targets)}: one tensor is wanted, or a `task` of your own")
    if not num_examples(targets):
        raise DataError("the targets are no list: one for each example is wanted")
    return targets


def _is_whole(targets: torch.Tensor) -> bool:
    return not (targets.is_floating_point() or targets.is_complex() or targets.dtype == torch.bool)


def _demand(targets: torch.Tensor, is_right: bool, wanted: str) -> None:
    if not is_right:
        found = f"{str(targets.dtype).removeprefix('torch.')} {list(targets.shape)}"
        raise DataError(f"the targets are {found}: {wanted} are wanted; {HELP}")
