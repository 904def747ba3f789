"""Finds what is coupled to a layer's units: other layers, biases, batch norms, and their readers."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from torch_pruning import DependencyGraph

from prune_tui.catalog.batches import Tree, call
from prune_tui.engine.network.network import Units

_BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
_READERS = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Linear)


class Couplings:
    """The dependency graph of a module, traced by torch-pruning with one blank image."""

    def __init__(self, module: nn.Module, example: Tree) -> None:
        self._names = {layer: name for name, layer in module.named_modules()}
        self._module = module
        was_training = module.training
        module.eval()
        with torch.enable_grad():  # torch-pruning reads the graph from autograd
            self._graph: Any = DependencyGraph().build_dependency(
                module, example, forward_fn=call, verbose=False
            )
        module.train(was_training)

    def units(self, layers: Sequence[str]) -> tuple[Units, ...]:
        """Return the units of these layers, coupled layers as one, without grouped convolutions."""
        found: list[Units] = []
        for name in layers:
            if any(name in units.layers for units in found) or self._is_grouped(name):
                continue
            units = self._units_of(name)
            if not any(self._is_grouped(member) for member in (*units.layers, *units.readers)):
                in_order = tuple(layer for layer in layers if layer in units.layers)
                found.append(Units(in_order, units.vectors, units.readers))
        return tuple(found)

    def remove(self, layer: str, units: Sequence[int]) -> None:
        """Remove units of a layer from the module, with everything coupled to them."""
        target = self._module.get_submodule(layer)
        with torch.enable_grad():
            self._graph.get_pruning_group(target, self._remover(target), idxs=list(units)).prune()

    def batch_norm_after(self, layer: str) -> str | None:
        """Return the name of the batch norm right after a layer; None if there is none."""
        followers = self._graph.module2node[self._module.get_submodule(layer)].outputs
        norms = [node.module for node in followers if isinstance(node.module, _BATCH_NORMS)]
        return self._names[norms[0]] if norms else None

    def _units_of(self, name: str) -> Units:
        layer = self._module.get_submodule(name)
        num_units = len(layer.weight)  # type: ignore[arg-type]
        layers = [name]
        vectors: dict[str, torch.Tensor] = {}
        readers: dict[str, torch.Tensor] = {}
        for dependency, positions in self._graph.get_pruning_group(
            layer, self._remover(layer), idxs=list(range(num_units))
        ):
            module = dependency.target.module
            if module not in self._names or len(positions) % num_units:
                continue
            other, at = self._names[module], torch.tensor(positions).reshape(num_units, -1)
            if isinstance(module, _BATCH_NORMS):
                vectors |= {f"{other}.{part}": at[:, 0] for part, _ in module.named_parameters(recurse=False)}
            elif not isinstance(module, _READERS):
                continue
            elif self._graph.is_out_channel_pruning_fn(dependency.handler):
                layers.append(other)
                if module.bias is not None:
                    vectors[f"{other}.bias"] = at[:, 0]
            else:
                readers[other] = at
        return Units(tuple(layers), vectors, readers)

    def _remover(self, layer: nn.Module) -> Any:
        return self._graph.get_pruner_of_module(layer).prune_out_channels

    def _is_grouped(self, name: str) -> bool:
        return getattr(self._module.get_submodule(name), "groups", 1) > 1
