"""Removes pruned units physically, with everything coupled to them, and checks that the outputs agree."""

from collections.abc import Mapping
from copy import deepcopy

import torch
from torch import nn

from prune_tui.catalog.batches import Tree, call, tensors_of
from prune_tui.core.errors import CheckpointError, DecisionError
from prune_tui.engine.network.coupling import Couplings
from prune_tui.engine.network.network import Network, Units, weight_name, weight_of
from prune_tui.engine.network.trace import OUTPUT_REASON, network_of

MAX_DISAGREEMENT = 1e-5
"""The largest difference between the outputs of a shrunk and a masked network, relative to the largest."""


def shrink(network: Network) -> Network | None:
    """Return a smaller network that computes the same, with its remaining zeros as masks.

    A unit is removed if its output is zero (its weights, bias and batch norm's scale and shift are), or if
    nothing reads it. At least one unit of each layer remains. None if there is no unit to remove.
    """
    module = deepcopy(network.module).eval()
    names = [layer.name for layer in network.prunable]
    locked = {layer.name for layer in network.prunable if layer.locked_reason == OUTPUT_REASON}
    num_removed = 0
    while True:
        # A unit may become unread only once its reader is removed, so the last layers come first.
        couplings = Couplings(module, network.example)
        removed = 0
        for leader in [units.layers[0] for units in reversed(couplings.units(names))]:
            units = next(units for units in couplings.units(names) if units.layers[0] == leader)
            if not locked.isdisjoint(units.layers):
                continue
            dead = _dead_units(module, units)
            if dead:
                couplings.remove(leader, dead)
                removed += len(dead)
        num_removed += removed
        if not removed:
            break
    if not num_removed:
        return None
    module = module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return with_zeros_as_masks(network_of(module, network.example))


def checked_shrink(network: Network, inputs: Tree) -> tuple[Network, float] | None:
    """Return the network without its dead units, and its `disagreement` on these inputs.

    None if no unit is dead.

    Raises:
        DecisionError: the outputs differ by more than rounding.
    """
    shrunk = shrink(network)
    if shrunk is None:
        return None
    difference = disagreement(network.module, shrunk.module, inputs)
    if not difference <= MAX_DISAGREEMENT:
        raise DecisionError(
            f"shrinking is refused: the smaller network's outputs differ by {difference:.1e} of the largest "
            f"(at most {MAX_DISAGREEMENT:.0e} may come from rounding); the masked network is kept"
        )
    return shrunk, difference


def with_zeros_as_masks(network: Network) -> Network:
    """Return the network with its zero weights as masks."""
    weights = {weight_name(layer.name): network.weight(layer.name) for layer in network.prunable}
    masks = {name: weight.detach() != 0 for name, weight in weights.items()}
    network.mask({name: mask for name, mask in masks.items() if not bool(mask.all())})
    return network


@torch.inference_mode()
def disagreement(masked: nn.Module, shrunk: nn.Module, inputs: Tree) -> float:
    """Return the largest difference of an output, relative to the largest of that output."""
    pairs = zip(tensors_of(call(masked.eval(), inputs)), tensors_of(call(shrunk.eval(), inputs)), strict=True)
    differences = [
        float((one - other).abs().max() / one.abs().max().clamp_min(1e-30))
        for one, other in pairs
        if one.is_floating_point() and one.numel()
    ]
    return max(differences, default=0.0)


def resize(module: nn.Module, state: Mapping[str, torch.Tensor], *, source: str) -> nn.Module:
    """Return the module with the shapes and the values of a shrunk network's state; changes it in place.

    Raises:
        CheckpointError: a tensor is missing, or is not one of the module's.
    """
    left = set(state)
    for name, layer in module.named_modules():
        own = [*layer.named_parameters(recurse=False), *layer.named_buffers(recurse=False)]
        for part, tensor in own:
            full = f"{name}.{part}" if name else part
            if full not in state or state[full].dim() != tensor.dim():
                raise CheckpointError(f"{source}: weights of another model: tensor {full} is missing")
            left.discard(full)
            value = state[full].to(tensor.device, tensor.dtype)
            is_parameter = isinstance(tensor, nn.Parameter)
            setattr(layer, part, nn.Parameter(value) if is_parameter else value)
        _fit_sizes(layer)
    if left:
        raise CheckpointError(
            f"{source}: weights of another model: tensor {min(left)} is none of the model's"
        )
    return module


def _fit_sizes(layer: nn.Module) -> None:
    """Set a layer's size attributes from its weight."""
    match layer:
        case nn.Linear():
            layer.out_features, layer.in_features = layer.weight.shape
        case nn.Conv1d() | nn.Conv2d() | nn.Conv3d():
            layer.out_channels, layer.in_channels = (
                layer.weight.shape[0],
                layer.weight.shape[1] * layer.groups,
            )
        case nn.BatchNorm1d() | nn.BatchNorm2d() | nn.BatchNorm3d() if layer.running_mean is not None:
            layer.num_features = len(layer.running_mean)
        case _:
            pass


@torch.no_grad()
def _dead_units(module: nn.Module, units: Units) -> list[int]:
    """Return the units whose output is zero or that nothing reads, but never all units."""
    num_units = len(weight_of(module.get_submodule(units.layers[0])))
    is_silent = torch.ones(num_units, dtype=torch.bool)
    for layer in units.layers:
        is_silent &= (weight_of(module.get_submodule(layer)).flatten(1) == 0).all(dim=1).cpu()
    for name, positions in units.vectors.items():
        is_silent &= (module.get_parameter(name).cpu() == 0)[positions]
    is_unread = torch.full((num_units,), bool(units.readers))
    for reader, columns in units.readers.items():
        weight = weight_of(module.get_submodule(reader)).cpu().movedim(1, 0).flatten(1)
        is_unread &= (weight == 0).all(dim=1)[columns].all(dim=1)
    dead = (is_silent | is_unread).nonzero().flatten().tolist()
    return dead[1:] if len(dead) == num_units else dead
