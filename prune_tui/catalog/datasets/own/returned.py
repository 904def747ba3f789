"""Reads what a user's function returned: its fields by name, and a split from each of its three sets."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
import torch
from torch.utils.data import DataLoader, IterableDataset, TensorDataset, default_collate

from prune_tui.catalog.batches import Split, TensorSplit
from prune_tui.catalog.datasets.own.splits import DatasetSplit, Items, bytes_of
from prune_tui.catalog.datasets.own.trees import batch_of, demand_same_length, kind_of
from prune_tui.catalog.said import said
from prune_tui.core.errors import DataError

HELP: Final = "see docs/YOUR-DATA.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """What a user's function may return, as a dict or an object with these fields; only `train` is needed.

    `train`, `validation` and `test` are tensors or arrays (inputs, targets) or a dict of them, a data set (a
    list of pairs or dicts is one), or a loader. `collate` puts items into a batch. `task` is one of `TASKS`
    or a function (outputs, batch) → (loss, score). `output` is the key of the output that is scored, `target`
    that of the targets in batches that are dicts. `mean` and `std`, one number a channel, are of images of
    bytes scaled to [0, 1].
    """

    train: object
    validation: object = None
    test: object = None
    collate: object = None
    task: object = "classification"
    num_classes: object = None
    output: object = None
    target: object = None
    mean: object = None
    std: object = None
    class_names: object = ()


def fields_of(returned: object) -> Returned:
    """Return the fields of a dict or an object; what is None counts as left out.

    Raises:
        DataError: there is no `train`, or a dict has a field that is not known.
    """
    names = [field.name for field in fields(Returned)]
    if isinstance(returned, Mapping):
        given = {str(name): value for name, value in returned.items()}
        unknown = sorted(set(given) - set(names))
        if unknown:
            raise DataError(f"the data have {', '.join(unknown)}: known are {', '.join(names)}; {HELP}")
    else:
        given = {name: getattr(returned, name) for name in names if hasattr(returned, name)}
    if given.get("train") is None:
        raise DataError(f"the data are {kind_of(returned)} without `train`: a dict with it is wanted; {HELP}")
    return Returned(**{name: value for name, value in given.items() if value is not None})


def text_or_none(value: object, name: str) -> str | None:
    """Return a field that must be text, if it is there.

    Raises:
        DataError: it is something else.
    """
    if value is None or isinstance(value, str):
        return value
    raise DataError(f"`{name}` is {kind_of(value)}: a name is wanted; {HELP}")


def split_of(name: str, given: object, returned: Returned, *, memory_bytes: int) -> Split:
    """Return a split of tensors, of a data set's items, or of what an iterable yields.

    Raises:
        DataError: it is nothing of these, it is empty, or it can't be read.
    """
    target, collate = text_or_none(returned.target, "target"), returned.collate
    is_list = isinstance(given, list) and all(isinstance(item, tuple | Mapping) for item in given)
    if isinstance(given, DataLoader):
        if collate is None and given.batch_size is not None:
            collate = given.collate_fn
        given, is_list = given.dataset, True
    if isinstance(given, TensorDataset) and collate in (None, default_collate):
        given = given.tensors
    if isinstance(given, Mapping | tuple | list) and not is_list:
        batch = batch_of(given, target, where=name)
        demand_same_length(batch, where=name)
        return TensorSplit(batch.inputs, batch.targets)
    collate = default_collate if collate is None else collate
    if not callable(collate):
        raise DataError(f"`collate` is {kind_of(collate)}: a function of a list of items is wanted; {HELP}")
    if isinstance(given, str | torch.Tensor | np.ndarray):
        raise DataError(
            f"{name} is {kind_of(given)}: tensors (inputs, targets), a data set or a loader; {HELP}"
        )
    if isinstance(given, IterableDataset) or not hasattr(given, "__getitem__"):
        given = _read(name, given, memory_bytes)
    count = _length(name, given)
    return DatasetSplit(Items(name, given, collate, target), torch.arange(count))  # type: ignore[arg-type]


def _length(name: str, given: object) -> int:
    try:
        count = len(given)  # type: ignore[arg-type]
    except Exception as error:  # noqa: BLE001 - a user's code may raise anything
        raise DataError(f"{name} is {kind_of(given)} without a length: {said(error)}; {HELP}") from None
    if count == 0:
        raise DataError(f"{name} is empty: examples are needed")
    return count


def _read(name: str, given: object, memory_bytes: int) -> list[object]:
    """Read all that an iterable yields.

    Raises:
        DataError: it is none, its code fails, or it takes more than this memory.
    """
    if not isinstance(given, Iterable):
        raise DataError(
            f"{name} is {kind_of(given)}: tensors (inputs, targets), a data set or a loader; {HELP}"
        )
    items: list[object] = []
    num_bytes = 0
    try:
        for item in given:
            items.append(item)
            num_bytes += bytes_of(item)
            if num_bytes > memory_bytes:
                break
    except Exception as error:  # noqa: BLE001 - a user's code may raise anything
        raise DataError(f"{name} can't be read: {said(error)}") from None
    if num_bytes > memory_bytes:
        raise DataError(
            f"{name} only yields one item after another, and takes more than {memory_bytes / 1e9:.1f} GB: "
            "give a data set with a length and items by number"
        )
    return items
