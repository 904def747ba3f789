"""A module as a compact file, and with the tensors of one."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from prune_tui.core.errors import ExportError
from prune_tui.export.compact.codebook import Codebook, shared
from prune_tui.export.compact.reading import arrays_of
from prune_tui.export.compact.writing import Array, Layout, Packed, compact_file, packed


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """How a tensor is stored: its layout, the values in its codebook (0 without one), and its bytes."""

    name: str
    layout: Layout
    num_shared: int
    file_bytes: int


@dataclass(frozen=True, slots=True)
class Compact:
    """A compact file's bytes, and those of its tensors; the rest is the header and what gzip adds."""

    content: bytes
    stored: tuple[Stored, ...]


def to_compact(module: nn.Module, *, description: str, codebook: Codebook | None = None) -> Compact:
    """Return the compact file of a module's state; `description` is JSON.

    With a codebook, weights are rounded to few values where that is smaller; biases, batch norms and buffers
    are always stored to the bit.

    Raises:
        ExportError: a tensor is of a type that numpy does not have.
    """
    weights = {
        name
        for name, parameter in module.named_parameters(remove_duplicate=False)
        if parameter.dim() > 1 and parameter.is_floating_point()
    }
    tensors: dict[tuple[str, ...], Packed] = {}
    for names, array in _arrays(module).items():
        exact = packed(array)
        if codebook is None or weights.isdisjoint(names):
            tensors[names] = exact
        else:
            tensors[names] = min(exact, packed(shared(array, codebook)), key=lambda one: len(one.deflated))
    stored = tuple(
        Stored(name=names[0], layout=one.layout, num_shared=one.num_shared, file_bytes=len(one.deflated))
        for names, one in tensors.items()
    )
    return Compact(compact_file(tensors, description=description), stored)


def with_tensors_of(module: nn.Module, content: bytes) -> nn.Module:
    """Return a copy of the module with the tensors in the bytes of a compact file of it."""
    own = deepcopy(module)
    own.load_state_dict({name: torch.from_numpy(array) for name, array in arrays_of(content).items()})
    return own


def comes_back(module: nn.Module, content: bytes) -> bool:
    """Return whether every tensor of the module comes back from the bytes of a compact file, to the bit."""
    found = arrays_of(content)
    wanted = {name: array for names, array in _arrays(module).items() for name in names}
    return wanted.keys() == found.keys() and all(
        (array.dtype, array.shape, array.tobytes())
        == (found[name].dtype, found[name].shape, found[name].tobytes())
        for name, array in wanted.items()
    )


def _arrays(module: nn.Module) -> Mapping[tuple[str, ...], Array]:
    """Return the module's tensors by all the names that each has."""
    names: dict[tuple[object, ...], list[str]] = {}
    state = {name: tensor.detach().cpu() for name, tensor in module.state_dict().items()}
    for name, tensor in state.items():
        place = tensor.data_ptr() or name
        names.setdefault((place, tensor.dtype, tensor.shape, tensor.stride()), []).append(name)
    return {tuple(own): _array(own[0], state[own[0]]) for own in names.values()}


def _array(name: str, tensor: torch.Tensor) -> Array:
    try:
        array: Array = np.ascontiguousarray(tensor.resolve_conj().resolve_neg().numpy())
    except TypeError:
        kind = str(tensor.dtype).removeprefix("torch.")
        raise ExportError(
            f"{name} is of type {kind}, which numpy does not have: use --to safetensors"
        ) from None
    return array.reshape(tensor.shape)
