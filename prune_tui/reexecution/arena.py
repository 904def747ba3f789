"""One block of memory for all recorded results: kept among short-lived ones, they would scatter the heap."""

import weakref
from dataclasses import dataclass

import torch

_ALIGNMENT = 64
"""Bytes; torch aligns its own memory so, and kernels may round differently at another."""


@dataclass(frozen=True, slots=True)
class Copied:
    """Where the copy of a tensor is: the offset is in elements."""

    dtype: torch.dtype
    offset: int
    shape: torch.Size
    stride: tuple[int, ...]


class Arena:
    """A block of memory that tensors are copied into, until it is cleared for the next recording."""

    def __init__(self, num_bytes: int, num_storages: int, device: torch.device) -> None:
        """Take memory for so many bytes in so many storages; the system gives it as it is filled."""
        size = num_bytes + _ALIGNMENT * (num_storages + 1)
        self._block = torch.empty(size, dtype=torch.uint8, device=device)
        self._start = -self._block.data_ptr() % _ALIGNMENT
        self.clear()

    def clear(self) -> None:
        """Forget all tensors: what was copied so far becomes invalid."""
        self._end = self._start
        self._places: dict[int, tuple[weakref.ref[torch.UntypedStorage], int]] = {}

    def copied(self, tensor: torch.Tensor) -> "Copied | torch.Tensor":
        """Copy a tensor, bits and strides; return the tensor itself if it can't be copied here.

        Tensors that share a storage do so in their copies. A copy is not yet a tensor: `tensor_of` makes it
        one after the pass, as even the smallest allocation between large ones scatters the heap.
        """
        if type(tensor) is not torch.Tensor or tensor.layout is not torch.strided or not tensor.numel():
            return tensor
        if tensor.device != self._block.device or tensor.is_conj() or tensor.is_neg() or tensor.is_quantized:
            return tensor
        place = self._place(tensor.untyped_storage())
        if place is None:
            return tensor
        offset = place // tensor.itemsize + int(tensor.storage_offset())
        return Copied(tensor.dtype, offset, tensor.shape, tensor.stride())

    def tensor_of(self, copied: "Copied") -> torch.Tensor:
        """Return a copy as a tensor."""
        empty = torch.empty(0, dtype=copied.dtype, device=self._block.device)
        return empty.set_(self._block.untyped_storage(), copied.offset, copied.shape, copied.stride)

    def _place(self, storage: torch.UntypedStorage) -> int | None:
        """Return where in the block a storage is, copying it first; None if there is no room."""
        found = self._places.get(storage._cdata)
        if found is not None and found[0]() is storage:
            return found[1]
        place, size = self._end, storage.nbytes()
        if place + size > len(self._block):
            return None
        content = torch.empty(0, dtype=torch.uint8, device=self._block.device).set_(storage)
        self._block[place : place + size].copy_(content)
        self._places[storage._cdata] = (weakref.ref(storage), place)
        self._end = place + -(-size // _ALIGNMENT) * _ALIGNMENT
        return place
