"""Takes units out of a module's parameters and buffers, and sets the sizes that its layers remember."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy

import numpy as np
import torch
from torch import nn

from prune_tui.coupling.labels import Ints
from prune_tui.coupling.tracing import Slot


def copied(module: nn.Module, instead: Mapping[int, torch.Tensor]) -> nn.Module:
    """Return a deep copy of a module with other tensors in place of those with these ids.

    Tensors that are no parameters may have a history, as the weights of weight norm; their copies have none.
    """
    plain = [item for layer in module.modules() for item in vars(layer).values()]
    memory = {id(item): item.detach().clone() for item in plain if isinstance(item, torch.Tensor)}
    return deepcopy(module, memory | dict(instead))


def sharing_copy(module: nn.Module) -> nn.Module:
    """Return a copy that has the same parameters, and buffers of its own."""
    return copied(module, {id(parameter): parameter for parameter in module.parameters()})


@contextmanager
def masked(module: nn.Module, slots: Sequence[Slot], units: Ints) -> Iterator[None]:
    """Set what computes these units to zero for a while: rows, biases, scales and shifts."""
    tensors = dict(module.named_parameters()) | dict(module.named_buffers())
    saved: list[tuple[torch.Tensor, int, torch.Tensor, torch.Tensor]] = []
    with torch.no_grad():
        for slot in slots:
            positions = torch.from_numpy(np.isin(slot.units, units).nonzero()[0])
            if slot.role != "other" and len(positions):
                tensor = tensors[slot.name]
                at = positions.to(tensor.device)
                saved.append((tensor, slot.dim, at, tensor.index_select(slot.dim, at)))
                tensor.index_fill_(slot.dim, at, 0)
        try:
            yield
        finally:
            for tensor, dim, at, values in saved:
                tensor.index_copy_(dim, at, values)


@torch.no_grad()
def remove_units(module: nn.Module, slots: Sequence[Slot], units: Ints) -> None:
    """Remove these units from everything that they are part of."""
    tensors = dict(module.named_parameters()) | dict(module.named_buffers())
    changed: dict[str, torch.Tensor] = {}
    for slot in slots:
        keep = ~np.isin(slot.units, units)
        if keep.all():
            continue
        tensor = changed.get(slot.name, tensors[slot.name])
        positions = torch.from_numpy(keep.nonzero()[0]).to(tensor.device)
        changed[slot.name] = like_before(tensors[slot.name], tensor.index_select(slot.dim, positions))
    replace_tensors(module, {id(tensors[name]): tensor for name, tensor in changed.items()})


def like_before(tensor: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    """Return a value as a parameter if the tensor that it replaces is one."""
    if isinstance(tensor, nn.Parameter):
        return nn.Parameter(value, requires_grad=tensor.requires_grad)
    return value


def replace_tensors(module: nn.Module, changed: Mapping[int, torch.Tensor]) -> None:
    """Put other tensors in place of those with these ids, wherever they are used; set the layers' sizes."""
    for layer in module.modules():
        own = [*layer.named_parameters(recurse=False), *layer.named_buffers(recurse=False)]
        for part, tensor in own:
            if id(tensor) in changed:
                setattr(layer, part, changed[id(tensor)])
        fit_sizes(layer)


def fit_sizes(layer: nn.Module) -> None:
    """Set a layer's size attributes from its weight; a grouped convolution keeps the size of its groups."""
    match layer:
        case nn.Linear() if isinstance(layer.weight, torch.Tensor):
            layer.out_features, layer.in_features = layer.weight.shape
        case nn.ConvTranspose1d() | nn.ConvTranspose2d() | nn.ConvTranspose3d():
            layer.in_channels, layer.out_channels = (
                layer.weight.shape[0],
                layer.weight.shape[1] * layer.groups,
            )
        case nn.Conv1d() | nn.Conv2d() | nn.Conv3d():
            num_units = layer.weight.shape[0]
            if layer.groups > 1:
                layer.groups = num_units // (layer.out_channels // layer.groups)
            layer.out_channels, layer.in_channels = num_units, layer.weight.shape[1] * layer.groups
        case nn.modules.batchnorm._NormBase():
            vector = layer.running_mean if layer.running_mean is not None else layer.weight
            layer.num_features = layer.num_features if vector is None else len(vector)
        case nn.PReLU():
            layer.num_parameters = layer.weight.numel()
        case _:
            pass
