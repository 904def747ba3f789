"""Weights as bytes and back: safetensors, with pruned tensors as a packed mask and the remaining values.

A masked tensor `t` is stored as its mask and `t.values` (the remaining values in order), so that a pruned
checkpoint is really smaller. The mask is the smallest of `t.mask` (its bits, first weight in the highest
bit), `t.bits` (these, deflated) and `t.steps` (the distances between kept weights, deflated); all three are
read. A shrunk network also stores `t.shape`, because its shapes are not those of the model. All other tensors
are stored as they are: a dense checkpoint is an ordinary safetensors state dict.
"""

import json
from collections.abc import Mapping
from math import prod
from typing import Final, TypeAlias

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_bytes
from safetensors.torch import save as save_bytes
from torch import nn

from prune_tui.core.errors import CheckpointError
from prune_tui.engine.network.network import Masks, Weights
from prune_tui.packing.masks import PACKINGS, Packing, packed, unpacked

_VALUES, _SHAPE = ".values", ".shape"

_Packed: TypeAlias = tuple[Packing, torch.Tensor, torch.Tensor]
"""How a mask is packed, its bytes, and the remaining values."""

_TYPE_NAMES: Final = {
    torch.bool: "BOOL",
    torch.uint8: "U8",
    torch.int8: "I8",
    torch.int16: "I16",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.int32: "I32",
    torch.float32: "F32",
    torch.float64: "F64",
    torch.int64: "I64",
}
"""The names of types in a safetensors header."""


def encode(state: Mapping[str, torch.Tensor], masks: Masks, *, with_shapes: bool = False) -> bytes:
    """Return the bytes of a checkpoint; `with_shapes` for a shrunk network."""
    tensors: Weights = {}
    stored: set[int] = set()
    for name, tensor in state.items():
        mask = masks.get(name)
        plain = tensor.detach().cpu().contiguous()
        if mask is None:
            # safetensors takes no two names of one memory, which tied weights have.
            place = plain.untyped_storage().data_ptr()
            tensors[name] = plain.clone() if place in stored else plain
            stored.add(place)
        else:
            bits = mask.cpu().reshape(-1)
            packing, content = packed(bits.numpy())
            tensors[f"{name}.{packing}"] = torch.tensor(content)
            tensors[name + _VALUES] = plain.reshape(-1)[bits]
            if with_shapes:
                tensors[name + _SHAPE] = torch.tensor(plain.shape)
    return save_bytes(tensors)


def encoded_bytes(state: Mapping[str, torch.Tensor], masks: Masks, *, with_shapes: bool = False) -> int:
    """Return the size in bytes of what `encode` returns; only the masks are packed for that."""
    entries: list[tuple[str, torch.dtype, tuple[int, ...]]] = []
    for name, tensor in state.items():
        mask = masks.get(name)
        if mask is None:
            entries.append((name, tensor.dtype, tuple(tensor.shape)))
        else:
            packing, content = packed(mask.cpu().reshape(-1).numpy())
            entries.append((f"{name}.{packing}", torch.uint8, content.shape))
            entries.append((name + _VALUES, tensor.dtype, (int(mask.count_nonzero()),)))
            if with_shapes:
                entries.append((name + _SHAPE, torch.int64, (tensor.dim(),)))
    header, end = {}, 0
    # safetensors orders tensors by type, the widest first, and then by name.
    for name, dtype, shape in sorted(entries, key=lambda entry: (-entry[1].itemsize, entry[0])):
        start, end = end, end + prod(shape) * dtype.itemsize
        header[name] = {"dtype": _TYPE_NAMES[dtype], "shape": shape, "data_offsets": (start, end)}
    length = len(json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode())
    return 8 + (length + 7) // 8 * 8 + end


def header_bytes(state: Mapping[str, torch.Tensor]) -> int:
    """Return the size in bytes of the header of a dense checkpoint."""
    known = {name: tensor for name, tensor in state.items() if tensor.dtype in _TYPE_NAMES}
    return encoded_bytes(known, {}) - sum(tensor.nbytes for tensor in known.values())


def overhead_bytes(module: nn.Module) -> int:
    """Return the bytes of a dense checkpoint beside the module's parameters: its header and buffers."""
    state = module.state_dict()
    known = {name: tensor for name, tensor in state.items() if tensor.dtype in _TYPE_NAMES}
    return max(0, encoded_bytes(known, {}) - sum(parameter.nbytes for parameter in module.parameters()))


def decode(content: bytes, like: Mapping[str, torch.Tensor], *, source: str) -> tuple[Weights, Masks]:
    """Return the state and the masks in the bytes of a checkpoint, on the CPU.

    `like` is a state of the checkpoint's model, for names, shapes and types; `source` names the checkpoint in
    messages.

    Raises:
        CheckpointError: not a safetensors file, truncated, or for another model.
    """
    tensors = plain_tensors(content, source)
    state: Weights = {}
    masks: Masks = {}
    for name, wanted in like.items():
        if (taken := _taken(tensors, name)) is not None:
            tensor, masks[name] = _unpacked(taken, wanted.shape, f"{source}: {name}")
            state[name] = tensor.to(wanted.dtype)
        elif name in tensors:
            tensor = tensors.pop(name)
            if tensor.shape != wanted.shape:
                given, needed = tuple(tensor.shape), tuple(wanted.shape)
                raise _other_model(source, f"{name} has shape {given}, the model's is {needed}")
            state[name] = tensor.to(wanted.dtype)
        else:
            raise _other_model(source, f"tensor {name} is missing")
    if tensors:
        raise _other_model(source, f"tensor {next(iter(tensors))} is none of the model's")
    return state, masks


def decode_shrunk(content: bytes, like: Mapping[str, torch.Tensor], *, source: str) -> Weights:
    """Return the state in the checkpoint of a shrunk network, with the shapes stored there.

    `like` is a state of the model, whose tensors are at least as large.

    Raises:
        CheckpointError: not a safetensors file, truncated, or for another model.
    """
    tensors = plain_tensors(content, source)
    state: Weights = {}
    for name in list(tensors):
        if name.endswith(_SHAPE):
            own = name.removesuffix(_SHAPE)
            shape = tensors.pop(name)
            taken = _taken(tensors, own)
            if taken is None:
                raise CheckpointError(f"{source}: {own} has a shape without a mask or values")
            if own not in like or not _fits(shape, like[own].shape):
                raise _other_model(source, f"{own} has a shape that the model's does not hold")
            state[own], _ = _unpacked(taken, torch.Size(shape.tolist()), f"{source}: {own}")
    return state | tensors


def plain_tensors(content: bytes, source: str) -> Weights:
    """Return the tensors in the bytes of a safetensors file as they are; `source` names it in messages.

    Raises:
        CheckpointError: not a safetensors file, or truncated.
    """
    try:
        tensors: Weights = load_bytes(content)
    except SafetensorError as error:
        raise CheckpointError(
            f"{source}: not a whole safetensors file ({error}); a state dict saved as .safetensors is wanted"
        ) from None
    return tensors


def _taken(tensors: Weights, name: str) -> _Packed | None:
    """Take the mask and the values of a masked tensor out of a file's tensors; None if it is not masked."""
    for packing in PACKINGS:
        if f"{name}.{packing}" in tensors and name + _VALUES in tensors:
            return packing, tensors.pop(f"{name}.{packing}"), tensors.pop(name + _VALUES)
    return None


def _unpacked(taken: _Packed, shape: torch.Size, source: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the tensor of this shape from its mask and its remaining values, and the mask."""
    packing, content, values = taken
    if content.dtype != torch.uint8 or values.dim() != 1:
        raise CheckpointError(f"{source} has a mask of no bytes, or values in no row")
    try:
        kept = unpacked(packing, content.numpy(), num_weights=shape.numel(), num_kept=values.numel())
    except ValueError as error:
        raise CheckpointError(f"{source} has {error}") from None
    bits = torch.from_numpy(kept)
    tensor = torch.zeros(shape.numel(), dtype=values.dtype)
    tensor[bits] = values
    return tensor.reshape(shape), bits.reshape(shape)


def _fits(shape: torch.Tensor, within: torch.Size) -> bool:
    """Return whether a stored shape is no larger in any dimension, so that it takes no more memory."""
    most = torch.tensor(within, dtype=torch.int64)
    return (
        shape.dtype == most.dtype
        and shape.shape == most.shape
        and bool(((shape >= 0) & (shape <= most)).all())
    )


def _other_model(source: str, why: str) -> CheckpointError:
    return CheckpointError(f"{source}: weights of another model: {why}")
