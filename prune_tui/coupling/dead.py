"""Removes the units of a module whose output is zero or that nothing reads."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import nn

from prune_tui.coupling.groups import Group
from prune_tui.coupling.labels import Bools, Ints
from prune_tui.coupling.removal import remove_units
from prune_tui.coupling.tracing import Slot


@torch.no_grad()
def remove_dead(module: nn.Module, slots: Sequence[Slot], groups: Sequence[Group], *, multiple: int) -> int:
    """Remove the dead units of these groups from a module, in place; return how many there were.

    At least one unit of each group remains, and so many that the rows of each weight are a multiple of
    `multiple`, or all there were. A unit may become unread only once its reader is removed, so this goes on
    until nothing more is dead.
    """
    tensors = dict(module.named_parameters()) | dict(module.named_buffers())
    removed = np.empty(0, dtype=np.int64)
    while True:
        is_dead = _are_dead(tensors, slots)
        found = [_removable(group, is_dead, removed, multiple) for group in groups]
        more = np.concatenate([removed, *found])
        if len(more) == len(removed):
            break
        removed = more
        for slot in slots:
            positions = np.isin(slot.units, removed).nonzero()[0]
            if len(positions):
                tensor = tensors[slot.name]
                tensor.index_fill_(slot.dim, torch.from_numpy(positions).to(tensor.device), 0)
    if len(removed):
        remove_units(module, slots, removed)
    return len(removed)


def _removable(group: Group, is_dead: Bools, removed: Ints, multiple: int) -> Ints:
    """Return the dead units of a group to remove now, besides those that are removed already."""
    left = group.units[~np.isin(group.units, removed)]
    dead = left[is_dead[left]]
    step = group.step(multiple)
    num_kept = -(-max(1, len(left) - len(dead)) // step) * step
    num_removed = max(0, len(left) - num_kept)
    return dead[len(dead) - num_removed :]


def _are_dead(tensors: Mapping[str, torch.Tensor], slots: Sequence[Slot]) -> Bools:
    """Return of each unit whether its output is zero or nothing reads it, [units]."""
    size = 1 + max((int(slot.units.max()) for slot in slots), default=0)
    speaks, has_readers, is_read = (np.zeros(size, dtype=np.bool_) for _ in range(3))
    for slot in slots:
        if slot.role == "other" and not slot.reads:
            continue
        values = tensors[slot.name].movedim(slot.dim, 0).reshape(len(slot.units), -1)
        some = slot.units[(values != 0).any(dim=1).cpu().numpy()]
        if slot.role != "other":
            speaks[some] = True
        if slot.reads:
            has_readers[slot.units] = True
            is_read[some] = True
    return ~speaks | (has_readers & ~is_read)
