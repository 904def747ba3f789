"""Turns what a user calls a batch into inputs and targets, as trees of tensors."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import torch
from torch.nn.utils.rnn import PackedSequence

from prune_tui.catalog.batches import Batch, Tree, tensors_of
from prune_tui.core.errors import DataError

USUAL_TARGETS: Final = ("labels", "label", "targets", "target")
"""The names under which batches that are dicts usually hold what outputs are scored against."""


def batch_of(given: object, target: str | None, *, where: str) -> Batch:
    """Return the inputs and the targets of a batch: a pair, a sequence that ends in them, or a dict.

    `target` is the key of the targets in a dict; None takes the first usual name. `where` begins the error.

    Raises:
        DataError: it is none of these, it has no targets, or its parts count different examples.
    """
    if isinstance(given, Mapping):
        parts = {str(key): tree_of(part, where=where) for key, part in given.items()}
        keys = (target,) if target is not None else USUAL_TARGETS
        key = next((key for key in keys if key in parts), None)
        if key is None:
            raise DataError(
                f"{where} has {', '.join(parts) or 'nothing'}, but no {keys[0]!r}: `target` names the key of "
                "the targets"
            )
        targets = parts.pop(key)
        return Batch(parts, targets)
    if isinstance(given, tuple | list) and not isinstance(given, PackedSequence) and len(given) >= 2:
        *inputs, targets = (tree_of(part, where=where) for part in given)
        return Batch(inputs[0] if len(inputs) == 1 else tuple(inputs), targets)
    raise DataError(f"{where} is {kind_of(given)}: a pair (inputs, targets) or a dict is wanted")


def tree_of(given: object, *, where: str) -> Tree:
    """Return tensors for arrays and numbers, in the tuples, lists and dicts they are in.

    Raises:
        DataError: there is something else among them.
    """
    if isinstance(given, torch.Tensor | PackedSequence):
        return given  # type: ignore[return-value]
    if isinstance(given, np.ndarray) and given.dtype.kind in "biuf":
        return torch.tensor(given) if not given.flags.writeable else torch.from_numpy(given)
    if isinstance(given, Mapping):
        return {str(key): tree_of(part, where=where) for key, part in given.items()}
    if isinstance(given, list) and given and all(isinstance(part, int | float) for part in given):
        return torch.tensor(given)
    if isinstance(given, tuple | list) and given:
        parts = [tree_of(part, where=where) for part in given]
        return type(given)(parts) if type(given) in (tuple, list) else tuple(parts)
    raise DataError(f"{where} holds {kind_of(given)}: tensors or arrays of numbers are wanted")


def demand_same_length(batch: Batch, *, where: str) -> None:
    """Check that every tensor counts the same examples.

    Raises:
        DataError: one does not, or there are none.
    """
    lengths = {len(part) if part.dim() else 0 for part in tensors_of((batch.inputs, batch.targets))}
    if len(lengths) != 1 or 0 in lengths:
        found = " and ".join(str(length) for length in sorted(lengths))
        raise DataError(f"{where} has tensors of {found} examples: each must have one entry for each example")


def kind_of(given: object) -> str:
    """Say what something is, for an error."""
    if given is None:
        return "None"
    if isinstance(given, Sequence) and not isinstance(given, str):
        return f"a {type(given).__name__} of {len(given)}"
    name = type(given).__name__
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"
