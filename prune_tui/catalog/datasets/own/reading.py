"""Turns what a user's function returned into data that are ready to be used, for whoever has it at hand."""

from pathlib import Path

from prune_tui.catalog.datasets.images import Data, Wanted
from prune_tui.catalog.datasets.own.loading import found_in
from prune_tui.catalog.datasets.preparing import memory_budget, prepared
from prune_tui.catalog.models import ImageShape
from prune_tui.core.returning import drained


def data_from(
    returned: object,
    *,
    seed: int,
    image_shape: ImageShape | None = None,
    num_train: int | None = None,
    num_test: int | None = None,
    memory_bytes: int | None = None,
) -> Data:
    """Return the dataset that a user's function returned: see `Returned` for its fields.

    Items of data sets that validate and test are read once, if they fit into memory; those that train are
    read again in each epoch. `catalog.datasets.load` says what the others are.

    Raises:
        DataError: it is no dataset; the message says what is wanted.
    """
    budget = memory_budget() if memory_bytes is None else memory_bytes
    wanted = Wanted(Path(), seed, image_shape, num_train, num_test, memory_bytes=budget)
    return drained(prepared(found_in(returned, seed=seed, memory_bytes=budget), wanted, name="the dataset"))
