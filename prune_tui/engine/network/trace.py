"""Finds a module's layers, which of them give its outputs, and its MACs, by running a few examples."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from prune_tui.catalog.batches import Tree, call, mapped, num_examples
from prune_tui.core.errors import ModelError
from prune_tui.core.network import LayerInfo
from prune_tui.coupling.descent import Descent
from prune_tui.engine.network.checkpoints import header_bytes
from prune_tui.engine.network.coupling import Couplings
from prune_tui.engine.network.network import Network, Units, weight_name, weight_of
from prune_tui.engine.network.shape import default_multiple, shape_of

_PRUNABLE = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Linear)

OUTPUT_REASON = "its units are the outputs"


def network_of(module: nn.Module, example: Tree) -> Network:
    """Return the network of a module, with its layers and its MACs, from a few examples of its inputs.

    Layers come in the order they run; a weight that two modules share is one layer, named after the first.
    MACs are those of convolutions and linear layers for one example, without bias (torch's flop counter / 2).

    Raises:
        ModelError: it runs no convolution and no linear layer.
    """
    count = max(1, num_examples(example))
    positions: dict[str, int] = {}
    shapes: dict[str, tuple[int, ...]] = {}
    descent = Descent(module, _PRUNABLE)
    hooks = [
        layer.register_forward_hook(_counting(name, positions, shapes))
        for name, layer in module.named_modules()
        if isinstance(layer, _PRUNABLE) and isinstance(layer.weight, nn.Parameter)
    ]
    was_training = module.training
    module.eval()
    try:
        with torch.no_grad(), descent, FlopCounterMode(display=False) as counter:
            outputs = call(module, mapped(example, torch.Tensor.clone))
    finally:
        module.train(was_training)
        for hook in hooks:
            hook.remove()
        descent.close()
    if not positions:
        raise ModelError("the network runs no convolution and no linear layer: there is nothing to prune")
    giving = descent.layers_behind(outputs)
    of_weight: dict[int, int] = {}
    for name, num_positions in positions.items():
        own = id(weight_of(module.get_submodule(name)))
        of_weight[own] = of_weight.get(own, 0) + num_positions
    seen: dict[int, str] = {}
    layers = []
    for name in positions:
        layer = module.get_submodule(name)
        weight = weight_of(layer)
        if seen.setdefault(id(weight), name) == name:
            layers.append(
                LayerInfo(
                    name=name,
                    kind=_kind(layer),
                    parameters=weight.numel(),
                    units=weight.shape[0],
                    macs=weight.numel() * of_weight[id(weight)] // count,
                    locked_reason=OUTPUT_REASON if name in giving else None,
                    inputs=weight.shape[1],
                    output_shape=shapes[name],
                    channel_groups=1 if isinstance(layer, nn.Linear) else int(getattr(layer, "groups", 1)),
                )
            )
    return Network(
        module,
        _with_locked(module, layers),
        counter.get_total_flops() // 2 // count,
        example,
        batch_norms=descent.batch_norms,
    )


def find_units(network: Network) -> tuple[LayerInfo, ...]:
    """Find the units of a network's layers, once, and return the layers with what they are coupled to."""
    if network.units is None:
        prunable = [layer.name for layer in network.prunable]
        outputs = {layer.name for layer in network.prunable if layer.locked_reason}
        found = Couplings(network.module, network.example)
        free = [each for each in found.coupled_in(prunable) if outputs.isdisjoint(each.units.layers)]
        units = tuple(each.units for each in free)
        network.layers = tuple(_with_coupling(layer, units, found.unit_reasons) for layer in network.layers)
        network.units = units
        network.shape = shape_of(
            network.module,
            {each.units.layers[0]: each.group for each in free},
            found.slots,
            found.products,
            weights=[weight_name(name) for name in prunable],
            total_macs=network.total_macs,
            header_bytes=header_bytes(network.module.state_dict()),
            num_examples=max(1, num_examples(network.example)),
            multiple=default_multiple(network.device),
        )
    return network.layers


def _with_coupling(layer: LayerInfo, all_units: Sequence[Units], reasons: Mapping[str, str]) -> LayerInfo:
    """Return the layer with the layer that it is coupled to, or the reason why its units can't be removed."""
    if not layer.is_prunable:
        return layer
    units = next((units for units in all_units if layer.name in units.layers), None)
    if units is None:
        reason = layer.locked_reason or reasons.get(layer.name, "its units can't be told apart")
        return replace(layer, locked_reason=reason)
    leader = units.layers[0]
    return replace(layer, coupled_to=leader if leader != layer.name else None)


def _with_locked(module: nn.Module, layers: Sequence[LayerInfo]) -> tuple[LayerInfo, ...]:
    """Return the layers, and among them the weights that can only be counted, where the module has them."""
    names = [name for name, _ in module.named_parameters()]
    place = {name: at for at, name in enumerate(names)}
    own = {f"{layer.name}.weight" for layer in layers}
    found = list(layers)
    for name, parameter in module.named_parameters():
        if name in own or parameter.dim() < 2:
            continue
        before = [at for at, layer in enumerate(found) if _place(layer, place) < place[name]]
        parent = module.get_submodule(name.rpartition(".")[0])
        found.insert(max(before, default=-1) + 1, _locked(name, parent, parameter))
    return tuple(found)


def _place(layer: LayerInfo, place: Mapping[str, int]) -> int:
    return place.get(f"{layer.name}.weight", place.get(layer.name, 0))


def _locked(name: str, parent: nn.Module, parameter: nn.Parameter) -> LayerInfo:
    """Return the row of a weight that can only be counted."""
    return LayerInfo(
        name=name.removesuffix(".weight"),
        kind=f"{type(parent).__name__} {'×'.join(str(size) for size in parameter.shape)}",
        parameters=parameter.numel(),
        units=parameter.shape[0],
        macs=0,
        inputs=parameter.shape[1],
        locked_reason=(reason := _why_only_counted(name, parent)),
        weights_locked_reason=reason,
    )


def _why_only_counted(name: str, parent: nn.Module) -> str:
    match parent:
        case nn.MultiheadAttention():
            return "attention's own projection"
        case nn.RNNBase() | nn.RNNCellBase():
            return f"{type(parent).__name__} weights are not pruned"
        case nn.Embedding() | nn.EmbeddingBag():
            return "an embedding: its rows are looked up"
        case _ if name.endswith("out_proj.weight") and isinstance(parent, nn.Linear):
            return "attention's own projection"
        case nn.Conv1d() | nn.Conv2d() | nn.Conv3d() | nn.Linear():
            return "it did not run on the first examples"
        case _:
            return "it is no convolution and no linear layer"


def _counting(
    name: str, positions: dict[str, int], shapes: dict[str, tuple[int, ...]]
) -> Callable[[nn.Module, object, torch.Tensor], None]:
    """Return a forward hook that counts at how many positions of the examples a layer's weights are used.

    It also notes the shape of the layer's first output, without the batch.
    """

    def count(layer: nn.Module, _inputs: object, output: torch.Tensor) -> None:
        shapes.setdefault(name, tuple(output.shape[1:]))
        positions[name] = positions.get(name, 0) + output.numel() // len(weight_of(layer))

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
