"""A network being pruned: the module, its prunable layers and their masks, and copies of its state."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from prune_tui.core.run.events import LayerInfo
from prune_tui.engine.network.coupling import Couplings, Units
from prune_tui.engine.network.masks import Masks

Weights = dict[str, torch.Tensor]
"""A module's state: every parameter and buffer by its name."""

_PRUNABLE = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Linear)


@dataclass(slots=True)
class Network:
    """A module and what pruning needs to know of it.

    `units` are those that may be removed, `batch_norms` the batch norm right after a layer. `masks` holds the
    masks of pruned parameters only, by the parameter's name: a layer's weight is `weight_name(layer)`.
    """

    module: nn.Module
    layers: tuple[LayerInfo, ...]
    total_macs: int
    units: tuple[Units, ...] = ()
    batch_norms: Mapping[str, str] = field(default_factory=dict)
    masks: Masks = field(default_factory=dict)
    _bits: dict[str, torch.Tensor] = field(default_factory=dict)

    def weight(self, layer: str) -> torch.Tensor:
        """Return a layer's weight, to be changed in place under `torch.no_grad()`."""
        return weight_of(self.module.get_submodule(layer))

    def layer(self, name: str) -> LayerInfo:
        """Return what is known of a layer."""
        return next(layer for layer in self.layers if layer.name == name)

    def mask_of(self, layer: str) -> torch.Tensor | None:
        """Return the mask of a layer's weight, or None if it is dense."""
        return self.masks.get(weight_name(layer))

    def units_of(self, layer: str) -> Units | None:
        """Return the units that a layer computes, alone or with others; None if they can't be removed."""
        return next((units for units in self.units if layer in units.layers), None)

    def state(self) -> Weights:
        """Return a copy of all parameters and buffers."""
        return {name: tensor.detach().clone() for name, tensor in self.module.state_dict().items()}

    def load(self, state: Mapping[str, torch.Tensor], masks: Masks) -> None:
        """Take on a copy of `state`, and these masks."""
        self.module.load_state_dict(state)
        self.mask(masks)

    def mask(self, masks: Masks) -> None:
        """Prune to these masks; they stay held until others are given."""
        self.masks = dict(masks)
        self._bits = {name: _bits_of(mask, self.module.get_parameter(name)) for name, mask in masks.items()}
        self.hold_masks()

    @torch.no_grad()
    def hold_masks(self) -> None:
        """Set every pruned weight to zero again, after an optimizer has moved it."""
        for name, bits in self._bits.items():
            self.module.get_parameter(name).data.view(torch.int32).bitwise_and_(bits)

    @torch.no_grad()
    def masks_hold(self) -> bool:
        """Return whether every pruned weight is exactly zero."""
        astray = [
            (self.module.get_parameter(name).data.view(torch.int32) & ~bits).count_nonzero()
            for name, bits in self._bits.items()
        ]
        return not astray or int(torch.stack(astray).sum()) == 0

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.module.parameters()).device

    @property
    def sparsity(self) -> float:
        """Pruned weights / prunable weights."""
        masks = [self.mask_of(layer.name) for layer in self.layers]
        pruned = sum(mask.numel() - int(mask.sum()) for mask in masks if mask is not None)
        return pruned / sum(layer.parameters for layer in self.layers)


def _bits_of(mask: torch.Tensor, parameter: torch.Tensor) -> torch.Tensor:
    """Return a mask as the bits that a float32 keeps, all or none, laid out in memory as the parameter is.

    An "and" with them leaves zeros without a sign, and takes a seventh of the time of filling by a mask.
    """
    assert parameter.dtype == torch.float32
    bits = torch.empty_like(parameter, dtype=torch.int32, requires_grad=False)
    return bits.copy_(-mask.to(torch.int32))


def weight_name(layer: str) -> str:
    """Return the name of a layer's weight among the module's parameters."""
    return f"{layer}.weight"


def weight_of(layer: nn.Module) -> torch.Tensor:
    """Return a prunable layer's weight, with its units along the first dimension."""
    weight = layer.weight
    assert isinstance(weight, torch.Tensor)
    return weight


def network_of(module: nn.Module, image_shape: tuple[int, int, int], *, num_classes: int) -> Network:
    """Find a module's prunable layers, and what their units belong to, by running one blank image through it.

    Layers come in the order they run; a weight that two modules share is one layer, named by the first.
    MACs are multiply-adds of convolutions and linear layers for one image, without bias: torch's flop counter
    counts two for each.
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
    """Note whose units a layer's go with, or that they can't be removed."""
    units = next((units for units in all_units if layer.name in units.layers), None)
    if units is None:
        return replace(layer, locked_reason=layer.locked_reason or "its units can't be told apart")
    leader = units.layers[0]
    return replace(layer, coupled_to=leader if leader != layer.name else None)


def _counting(name: str, positions: dict[str, int]) -> Callable[[nn.Module, object, torch.Tensor], None]:
    """Return a hook that counts at how many positions of one image a layer's weights are used."""

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
