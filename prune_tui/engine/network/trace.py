"""Finds a module's prunable layers, their units and its MACs, by running one blank image."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from prune_tui.core.network import LayerInfo
from prune_tui.engine.network.coupling import Couplings
from prune_tui.engine.network.network import Network, Units, weight_of

_PRUNABLE = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Linear)


def network_of(module: nn.Module, image_shape: tuple[int, int, int], *, num_classes: int) -> Network:
    """Return the network of a module, with its prunable layers, their units and its MACs.

    Layers come in the order they run; a weight that two modules share is one layer, named after the first.
    MACs are those of convolutions and linear layers for one image, without bias (torch's flop counter / 2).
    """
    positions: dict[str, int] = {}
    hooks = []
    for name, layer in module.named_modules():
        if isinstance(layer, _PRUNABLE):
            hooks.append(layer.register_forward_hook(_counting(name, positions)))
    parameter = next(module.parameters())
    was_training = module.training
    module.eval()
    blank = torch.zeros(1, *image_shape, device=parameter.device)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        module(blank)
    module.train(was_training)
    for hook in hooks:
        hook.remove()
    last = list(positions)[-1]
    seen: dict[int, str] = {}
    layers = []
    for name, num_positions in positions.items():
        layer = module.get_submodule(name)
        weight = weight_of(layer)
        if seen.setdefault(id(weight), name) != name:
            continue
        is_output = name == last and weight.shape[0] == num_classes
        layers.append(
            LayerInfo(
                name=name,
                kind=_kind(layer),
                parameters=weight.numel(),
                units=weight.shape[0],
                macs=weight.numel() * num_positions,
                locked_reason="its units are the classes" if is_output else None,
                inputs=weight.shape[1],
            )
        )
    couplings = Couplings(module, blank)
    locked = {layer.name for layer in layers if layer.locked_reason}
    units = tuple(
        units
        for units in couplings.units([layer.name for layer in layers])
        if locked.isdisjoint(units.layers)
    )
    followed = {layer.name: couplings.batch_norm_after(layer.name) for layer in layers}
    return Network(
        module,
        tuple(_with_coupling(layer, units) for layer in layers),
        counter.get_total_flops() // 2,
        units,
        {layer: norm for layer, norm in followed.items() if norm is not None},
    )


def _with_coupling(layer: LayerInfo, all_units: Sequence[Units]) -> LayerInfo:
    """Return the layer with the layer that it is coupled to, or the reason why its units can't be removed."""
    units = next((units for units in all_units if layer.name in units.layers), None)
    if units is None:
        return replace(layer, locked_reason=layer.locked_reason or "its units can't be told apart")
    leader = units.layers[0]
    return replace(layer, coupled_to=leader if leader != layer.name else None)


def _counting(name: str, positions: dict[str, int]) -> Callable[[nn.Module, object, torch.Tensor], None]:
    """Return a forward hook that counts at how many positions of one image a layer's weights are used."""

    def count(layer: nn.Module, _inputs: object, output: torch.Tensor) -> None:
        positions[name] = positions.get(name, 0) + output[0].numel() // len(weight_of(layer))

    return count


def _kind(layer: nn.Module) -> str:
    match layer:
        case nn.Linear():
            return f"linear {layer.in_features}→{layer.out_features}"
        case nn.Conv1d() | nn.Conv2d() | nn.Conv3d():
            kernel = "×".join(str(size) for size in layer.kernel_size)
            return f"conv {kernel} {layer.in_channels}→{layer.out_channels}"
        case _:
            return type(layer).__name__.lower()
