"""Weights as bytes and back: safetensors, with pruned tensors as a bitmask and the remaining values.

A masked tensor `t` is stored as `t.mask` (the bits of its mask, packed, first weight in the highest bit) and
`t.values` (the remaining values in order), so that a pruned checkpoint is really smaller. A shrunk network
also stores `t.shape`, because its shapes are not those of the model. All other tensors are stored as they
are: a dense checkpoint is an ordinary safetensors state dict.
"""

import json
from collections.abc import Mapping
from math import prod
from typing import Final

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_bytes
from safetensors.torch import save as save_bytes

from prune_tui.core.errors import CheckpointError
from prune_tui.engine.network.network import Masks, Weights

_MASK, _VALUES, _SHAPE = ".mask", ".values", ".shape"

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
            tensors[name + _MASK] = torch.from_numpy(np.packbits(bits.numpy()))
            tensors[name + _VALUES] = plain.reshape(-1)[bits]
            if with_shapes:
                tensors[name + _SHAPE] = torch.tensor(plain.shape)
    return save_bytes(tensors)


def encoded_bytes(state: Mapping[str, torch.Tensor], masks: Masks, *, with_shapes: bool = False) -> int:
    """Return the size in bytes of what `encode` returns, without encoding anything."""
    entries: list[tuple[str, torch.dtype, tuple[int, ...]]] = []
    for name, tensor in state.items():
        mask = masks.get(name)
        if mask is None:
            entries.append((name, tensor.dtype, tuple(tensor.shape)))
        else:
            entries.append((name + _MASK, torch.uint8, ((mask.numel() + 7) // 8,)))
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
        if name + _MASK in tensors and name + _VALUES in tensors:
            mask, values = tensors.pop(name + _MASK), tensors.pop(name + _VALUES)
            if mask.dtype != torch.uint8 or mask.numel() != (wanted.numel() + 7) // 8:
                raise _other_model(source, f"{name} has a mask of another size")
            tensor, masks[name] = _unpacked(mask, values, wanted.shape, f"{source}: {name}")
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


def decode_shrunk(content: bytes, *, source: str) -> Weights:
    """Return the state in the checkpoint of a shrunk network, with the shapes stored there.

    Raises:
        CheckpointError: not a safetensors file, or truncated.
    """
    tensors = plain_tensors(content, source)
    state: Weights = {}
    for name in list(tensors):
        if name.endswith(_SHAPE):
            own = name.removesuffix(_SHAPE)
            shape = torch.Size(tensors.pop(name).tolist())
            if own + _MASK not in tensors or own + _VALUES not in tensors:
                raise CheckpointError(f"{source}: {own} has a shape without a mask or values")
            mask, values = tensors.pop(own + _MASK), tensors.pop(own + _VALUES)
            state[own], _ = _unpacked(mask, values, shape, f"{source}: {own}")
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


def _unpacked(
    mask: torch.Tensor, values: torch.Tensor, shape: torch.Size, source: str
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the tensor of this shape from the bits of its mask and its remaining values, and the mask."""
    bits = torch.from_numpy(np.unpackbits(mask.numpy(), count=shape.numel())).bool()
    if int(bits.sum()) != values.numel():
        raise CheckpointError(f"{source} has {values.numel()} values that do not fit its mask")
    tensor = torch.zeros(shape.numel(), dtype=values.dtype)
    tensor[bits] = values
    return tensor.reshape(shape), bits.reshape(shape)


def _other_model(source: str, why: str) -> CheckpointError:
    return CheckpointError(f"{source}: weights of another model: {why}")
