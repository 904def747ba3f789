"""Gives parameters and buffers their atoms, and says which of them masking a unit sets to zero."""

from typing import Literal, TypeAlias

import torch
from torch import nn

from prune_tui.coupling.labels import Axes, Ledger

LAYERS = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Linear)
"""The layers whose units can be masked, by the rows of their weights."""

BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)

Role: TypeAlias = Literal["rows", "vector", "other"]
"""What masking a unit does to a dimension: `rows` and `vector` are set to zero, the others are left alone."""

RECURRENT = "its units are read by a recurrent layer"

Named: TypeAlias = dict[str, tuple[torch.Tensor, Axes, tuple[Role, ...]]]


def named_axes(module: nn.Module, ledger: Ledger) -> Named:
    """Give each parameter and buffer axes of its own; one that is shared has its first name."""
    found: Named = {}
    seen: set[int] = set()
    for prefix, owner in module.named_modules():
        whole = _reason_to_keep_whole(owner)
        for part, tensor in [
            *owner.named_parameters(recurse=False),
            *owner.named_buffers(recurse=False),
        ]:
            if id(tensor) in seen:
                continue
            seen.add(id(tensor))
            roles = tuple(_role(owner, part, tensor, dim) for dim in range(tensor.dim()))
            axes = tuple(
                ledger.new(size, is_zero=role != "other") if _carries_units(owner, dim, size) else None
                for dim, (size, role) in enumerate(zip(tensor.shape, roles, strict=True))
            )
            reason = whole
            if part in owner._non_persistent_buffers_set:
                reason = "a buffer that is not saved holds a value for each of its units"
            if reason is not None:
                for axis in axes:
                    ledger.pin(axis, reason)
            found[f"{prefix}.{part}" if prefix else part] = (tensor, axes, roles)
    return found


def _carries_units(owner: nn.Module, dim: int, size: int) -> bool:
    is_kernel = isinstance(owner, nn.modules.conv._ConvNd) and dim > 1
    return size > 1 and not is_kernel


def _role(owner: nn.Module, part: str, tensor: torch.Tensor, dim: int) -> Role:
    if isinstance(owner, LAYERS) and part == "weight" and dim == 0:
        return "rows"
    if (
        isinstance(owner, (*LAYERS, nn.modules.batchnorm._NormBase))
        and part in ("weight", "bias")
        and tensor.dim() == 1
    ):
        return "vector"
    return "other"


def _reason_to_keep_whole(owner: nn.Module) -> str | None:
    match owner:
        case nn.RNNBase() | nn.RNNCellBase():
            return RECURRENT
        case nn.MultiheadAttention():
            return "its units belong to an attention's inputs or heads"
        case _:
            return None
