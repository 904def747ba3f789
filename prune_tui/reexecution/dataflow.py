"""Which results of a forward pass are needed to re-execute it after each of several changes."""

import weakref
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from prune_tui.catalog.batches import Tree, call, tensors_of
from prune_tui.reexecution.calls import Call, Replacements, made_out_of_place

Change = Collection[nn.Parameter]
"""Parameters that are changed together."""


@dataclass(slots=True)
class Dataflow:
    """The calls of a forward pass, and what re-executing it after each of several changes needs.

    A change taints every call that depends on it. A re-execution computes the tainted calls; of all others it
    needs only results that a tainted call takes, or that are outputs. `needed` has, for each call, these
    changes as bits (bit 0 is the first change); `storages` has the numbers of the storages of its result,
    and `storage_bytes` the size of each. Storages that were there before the pass do not count.
    """

    num_changes: int
    calls: list[Call] = field(default_factory=list)
    needed: list[int] = field(default_factory=list)
    storages: list[tuple[int, ...]] = field(default_factory=list)
    storage_bytes: list[int] = field(default_factory=list)

    @property
    def total_bytes(self) -> int:
        """The memory of all results."""
        return sum(self.storage_bytes)

    def kept(self, changes: range) -> list[bool]:
        """Return for each call whether one of the changes needs its result."""
        bits = sum(1 << number for number in changes)
        return [bool(needed & bits) for needed in self.needed]

    def needed_storages(self) -> list[frozenset[int]]:
        """Return for each change the numbers of the storages that it needs."""
        found: list[set[int]] = [set() for _ in range(self.num_changes)]
        for needed, storages in zip(self.needed, self.storages, strict=True):
            while needed and storages:
                lowest = needed & -needed
                found[lowest.bit_length() - 1].update(storages)
                needed ^= lowest
        return [frozenset(each) for each in found]


def dataflow_of(
    module: nn.Module, inputs: Tree, changes: Sequence[Change], pick: Callable[[Tree], Tree]
) -> Dataflow:
    """Follow one forward pass, and return what each change needs of it; keeps no result.

    `pick` returns the outputs that are wanted.
    """
    before = {
        tensor.untyped_storage()._cdata
        for tensor in (*module.parameters(), *module.buffers(), *tensors_of(inputs))
    }
    follower = _Follower(changes, before)
    with follower:
        outputs = pick(call(module, inputs))
    everything = (1 << len(changes)) - 1
    follower.need(tensors_of(outputs), everything)
    return follower.flow


class _Follower(TorchFunctionMode):
    """Follows which calls each change taints, and which results of others these take."""

    def __init__(self, changes: Sequence[Change], before: set[int]) -> None:
        super().__init__()
        self.flow = Dataflow(len(changes))
        self._before = before
        self._bits: dict[int, int] = {}
        for number, change in enumerate(changes):
            for parameter in change:
                self._bits[id(parameter)] = self._bits.get(id(parameter), 0) | 1 << number
        self._tainted: dict[int, tuple[weakref.ref[torch.Tensor], int, list[int]]] = {}
        self._storages: dict[int, tuple[weakref.ref[Any], int]] = {}
        self._replacements = Replacements()

    def __torch_function__(
        self, func: Call, types: Iterable[type], args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        args, kwargs = self._replacements.current(args), self._replacements.current(kwargs or {})
        given = list(tensors_of((args, kwargs)))
        bits = 0
        for tensor in given:
            bits |= self._taint(tensor) | self._bits.get(id(tensor), 0)
        self.need(given, bits)
        result = made_out_of_place(func, args, kwargs, self._replacements)
        position = len(self.flow.calls)
        numbers = [self._storage(tensor) for tensor in tensors_of(result)]
        self.flow.calls.append(func)
        self.flow.needed.append(0)
        self.flow.storages.append(tuple(number for number in numbers if number is not None))
        for tensor in tensors_of(result):
            found = self._tainted.get(id(tensor))
            earlier = found[2] if found is not None and found[0]() is tensor else []
            self._tainted[id(tensor)] = (weakref.ref(tensor), bits, [*earlier, position])
        return result

    def __exit__(self, *exception: Any) -> None:
        super().__exit__(*exception)  # type: ignore[no-untyped-call]
        self._replacements.clear()

    def need(self, given: Iterable[torch.Tensor], bits: int) -> None:
        """Note that a call which these changes taint takes these tensors."""
        for tensor in given:
            found = self._tainted.get(id(tensor))
            if found is not None and found[0]() is tensor:
                for position in found[2]:
                    self.flow.needed[position] |= bits & ~found[1]

    def _taint(self, tensor: torch.Tensor) -> int:
        found = self._tainted.get(id(tensor))
        return found[1] if found is not None and found[0]() is tensor else 0

    def _storage(self, tensor: torch.Tensor) -> int | None:
        """Return the number of a tensor's storage; None for one that was there before the pass."""
        storage = tensor.untyped_storage()
        key = storage._cdata
        if key in self._before:
            return None
        found = self._storages.get(key)
        if found is not None and found[0]() is storage:
            return found[1]
        number = len(self.flow.storage_bytes)
        self.flow.storage_bytes.append(storage.nbytes())
        self._storages[key] = (weakref.ref(storage), number)
        return number
