"""Removes pruned units physically, with everything coupled to them, and checks that the outputs agree."""

from collections.abc import Collection, Mapping

import torch
from torch import nn

from prune_tui.catalog.batches import Tree, call
from prune_tui.core.errors import CheckpointError, DecisionError
from prune_tui.coupling.dead import remove_dead
from prune_tui.coupling.removal import copied, like_before, replace_tensors
from prune_tui.coupling.tracing import tensors_in
from prune_tui.coupling.trial import coarseness
from prune_tui.engine.network.coupling import Couplings
from prune_tui.engine.network.network import Network, weight_name
from prune_tui.engine.network.shape import default_multiple
from prune_tui.engine.network.trace import OUTPUT_REASON, network_of

MAX_DISAGREEMENT = 1e-5
"""The largest difference between the outputs of a shrunk and a masked network, relative to the largest.

That is for float32 and finer; coarser types may differ by as much more as they round more.
"""


def shrink(network: Network, *, multiple: int = 1) -> Network | None:
    """Return a smaller network that computes the same, with its remaining zeros as masks.

    A unit is removed if its output is zero (its weights, bias and batch norm's scale and shift are), or if
    nothing reads it. At least one unit of each layer remains, and so many rows of its weight that they are a
    multiple of `multiple`, or all. None if there is no unit to remove.
    """
    locked = [layer.name for layer in network.layers if layer.locked_reason == OUTPUT_REASON]
    module = shrunk_module(network.module, network.example, locked=locked, multiple=multiple)
    return None if module is None else with_zeros_as_masks(network_of(module, network.example))


def shrunk_module(
    module: nn.Module, example: Tree, *, locked: Collection[str] = (), multiple: int = 1
) -> nn.Module | None:
    """Return a copy of a module without the dead units of unlocked layers; None if there are none."""
    couplings = Couplings(module, example)
    free = [each.group for each in couplings.coupled if not any(name in locked for name in each.units.layers)]
    if not free:
        return None
    smaller = copied(module, {}).eval()
    if not remove_dead(smaller, couplings.slots, free, multiple=multiple):
        return None
    if _is_channels_last(module):
        smaller = smaller.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return smaller


def checked_shrink(
    network: Network, inputs: Tree, *, multiple: int | None = None
) -> tuple[Network, float] | None:
    """Return the network without its dead units, and its `disagreement` on these inputs.

    None if no unit is dead. `multiple` is its device's (`default_multiple`) unless given.

    Raises:
        DecisionError: the outputs differ by more than rounding.
    """
    multiple = default_multiple(network.device) if multiple is None else multiple
    shrunk = shrink(network, multiple=multiple)
    if shrunk is None:
        return None
    difference = disagreement(network.module, shrunk.module, inputs)
    most = MAX_DISAGREEMENT * coarseness(network.module)
    if not difference <= most:
        raise DecisionError(
            f"shrinking is refused: the smaller network's outputs differ by {difference:.1e} of the largest "
            f"(at most {most:.0e} may come from rounding); the masked network is kept"
        )
    return shrunk, difference


def with_zeros_as_masks(network: Network) -> Network:
    """Return the network with its zero weights as masks."""
    weights = {weight_name(layer.name): network.weight(layer.name) for layer in network.prunable}
    masks = {name: weight.detach() != 0 for name, weight in weights.items()}
    network.mask({name: mask for name, mask in masks.items() if not bool(mask.all())})
    return network


@torch.inference_mode()
def disagreement(masked: nn.Module, shrunk: nn.Module, batch: Tree) -> float:
    """Return the largest difference of an output, relative to the largest of its tensor, on a batch."""
    references, outputs = tensors_in(call(masked.eval(), batch)), tensors_in(call(shrunk.eval(), batch))
    return max(
        float((reference - output).abs().max() / reference.abs().max().clamp_min(1e-30))
        for reference, output in zip(references, outputs, strict=True)
        if reference.is_floating_point()
    )


def resize(module: nn.Module, state: Mapping[str, torch.Tensor], *, source: str) -> nn.Module:
    """Return the module with the shapes and the values of a shrunk network's state; changes it in place.

    Raises:
        CheckpointError: a tensor is missing, or is not one of the module's.
    """
    left = set(state)
    changed: dict[int, torch.Tensor] = {}
    for name, layer in module.named_modules(remove_duplicate=False):
        own = [*layer.named_parameters(recurse=False), *layer.named_buffers(recurse=False)]
        for part, tensor in own:
            if part in layer._non_persistent_buffers_set:
                continue
            full = f"{name}.{part}" if name else part
            if full not in state or state[full].dim() != tensor.dim():
                raise CheckpointError(f"{source}: weights of another model: tensor {full} is missing")
            left.discard(full)
            value = state[full].to(tensor.device, tensor.dtype)
            changed[id(tensor)] = like_before(tensor, value)
    if left:
        raise CheckpointError(
            f"{source}: weights of another model: tensor {min(left)} is none of the model's"
        )
    replace_tensors(module, changed)
    return module


def _is_channels_last(module: nn.Module) -> bool:
    return any(
        weight.is_contiguous(memory_format=torch.channels_last) and not weight.is_contiguous()
        for weight in module.parameters()
        if weight.dim() == 4
    )
