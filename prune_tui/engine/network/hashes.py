"""Hashes of checkpoint files and of weights, which identify them to the bit."""

import hashlib
from collections.abc import Mapping

import torch


def sha256(content: bytes) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def hash_weights(state: Mapping[str, torch.Tensor]) -> str:
    """Return the SHA-256 of all tensors with their names, shapes and types, ordered by name."""
    digest = hashlib.sha256()
    for name in sorted(state):
        tensor = state[name].detach().cpu().contiguous()
        digest.update(f"{name}{tuple(tensor.shape)}{tensor.dtype}".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()
