"""A split that a user's own data set gives item by item."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import torch

from prune_tui.catalog.batches import Batch, Indices
from prune_tui.catalog.datasets.own.seeding import seeded
from prune_tui.catalog.datasets.own.trees import batch_of
from prune_tui.catalog.said import said
from prune_tui.core.errors import DataError
from prune_tui.core.run.events import DataProgress

ITEMS_PER_EVENT = 100
OTHER_BYTES = 64
"""What an item's parts that are no arrays are taken to need."""


class MapStyle(Protocol):
    """A data set whose items are got by number."""

    def __len__(self) -> int: ...

    def __getitem__(self, number: int, /) -> object: ...


@dataclass(frozen=True, slots=True)
class Items:
    """A user's data set, how its items become a batch, and which key of that the targets are.

    `name` is the split's, for errors.
    """

    name: str
    dataset: MapStyle
    collate: Callable[[list[object]], object]
    target: str | None

    def item(self, number: int) -> object:
        """Return an item.

        Raises:
            DataError: the user's code fails.
        """
        try:
            return self.dataset[number]
        except Exception as error:  # noqa: BLE001 - a user's code may raise anything
            raise DataError(f"{self.name}[{number}] of the dataset can't be read: {said(error)}") from None

    def batch(self, items: list[object]) -> Batch:
        """Return items as a batch.

        Raises:
            DataError: they can't be put together, or are no inputs and targets.
        """
        try:
            collated = self.collate(items)
        except Exception as error:  # noqa: BLE001 - a user's code may raise anything
            raise DataError(
                f"items of {self.name} can't be put into a batch: {said(error)}; give a `collate`"
            ) from None
        return batch_of(collated, self.target, where=f"a batch of {self.name}")


@dataclass(frozen=True, slots=True)
class DatasetSplit:
    """Some items of a data set, by their numbers int64 [N], read in the calling thread whenever needed.

    `kept` has the items that were read once and for all, by number, and `num_bytes` what they take. An item
    that is random should draw its numbers from torch, whose state every decision sets.
    """

    items: Items
    numbers: torch.Tensor
    kept: Mapping[int, object] | None = None
    num_bytes: int = 0

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def is_read_ahead(self) -> bool:
        return False

    @property
    def is_fixed(self) -> bool:
        return self.kept is not None

    def batch(self, at: Indices) -> Batch:
        read = self.items.item if self.kept is None else self.kept.__getitem__
        return self.items.batch([read(number) for number in self.numbers[at].tolist()])

    def subset(self, indices: torch.Tensor) -> "DatasetSplit":
        return replace(self, numbers=self.numbers[indices])

    def to(self, device: torch.device) -> "DatasetSplit":  # noqa: ARG002 - batches are moved
        return self

    def held(self, memory_bytes: int, seed: int, what: str) -> Generator[DataProgress, None, "DatasetSplit"]:
        """Read every item once, if they take no more than this memory; the split is else as it was.

        Raises:
            DataError: an item can't be read.
        """
        kept: dict[int, object] = {}
        num_bytes, wanted = 0, self.numbers.tolist()
        for start in range(0, len(wanted), ITEMS_PER_EVENT):
            yield DataProgress(what, start, len(wanted))
            with seeded(seed + start):
                for number in wanted[start : start + ITEMS_PER_EVENT]:
                    kept[number] = self.items.item(number)
                    num_bytes += bytes_of(kept[number])
            if num_bytes > memory_bytes:
                return self
        return replace(self, kept=kept, num_bytes=num_bytes)


def bytes_of(item: object) -> int:
    """Return about how much memory an item takes."""
    if isinstance(item, torch.Tensor | np.ndarray):
        return int(item.nbytes)
    if isinstance(item, str | bytes):
        return len(item)
    if isinstance(item, Mapping):
        return sum(map(bytes_of, item.values()))
    if isinstance(item, tuple | list):
        return sum(map(bytes_of, item))
    return OTHER_BYTES
