"""Follows which layers' units a tensor holds, through one forward pass.

A layer's output holds its own units. Whatever is computed from a tensor without another layer holds the same
units: activations, pooling, sums of several. The tensors that a network returns so lead to the layers whose
units are its outputs, wherever these stand, and however many heads there are.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from prune_tui.coupling.tracing import tensors_in

_MARK = "_prune_tui_layers"
_BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


class Descent(TorchFunctionMode):
    """Marks the tensors of a forward pass that it surrounds; `close` removes its hooks.

    `batch_norms` maps each layer to the batch norm that takes its very output.
    """

    def __init__(self, module: nn.Module, kinds: tuple[type[nn.Module], ...]) -> None:
        super().__init__()
        self.batch_norms: dict[str, str] = {}
        self._by_weight: dict[int, str] = {}
        self._outputs: dict[int, tuple[torch.Tensor, str]] = {}
        self._hooks = []
        for name, layer in module.named_modules():
            if isinstance(layer, kinds):
                self._by_weight.setdefault(id(layer.weight), name)
                self._hooks.append(layer.register_forward_hook(self._noting(name)))
            elif isinstance(layer, _BATCH_NORMS) and layer.affine:
                self._hooks.append(layer.register_forward_pre_hook(self._following(name)))

    def close(self) -> None:
        for hook in self._hooks:
            hook.remove()
        self._outputs.clear()

    def layers_behind(self, outputs: object) -> frozenset[str]:
        """Return the layers whose units these outputs hold."""
        return frozenset().union(*(_marks(tensor) for tensor in tensors_in(outputs)))

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        given = [*tensors_in(args), *tensors_in(kwargs or {})]
        layers = {self._by_weight[id(tensor)] for tensor in given if id(tensor) in self._by_weight}
        marks = frozenset(layers) if layers else frozenset().union(*(_marks(tensor) for tensor in given))
        if marks:
            changed = args[0] if getattr(func, "__name__", "") == "__setitem__" else result
            for tensor in tensors_in(changed):
                setattr(tensor, _MARK, marks)
        return result

    def _noting(self, name: str) -> Callable[[nn.Module, object, object], None]:
        def note(_layer: nn.Module, _inputs: object, output: object) -> None:
            if isinstance(output, torch.Tensor):
                self._outputs[id(output)] = output, name

        return note

    def _following(self, name: str) -> Callable[[nn.Module, tuple[object, ...]], None]:
        def follow(_norm: nn.Module, inputs: tuple[object, ...]) -> None:
            found = self._outputs.get(id(inputs[0])) if inputs else None
            if found is not None:
                self.batch_norms.setdefault(found[1], name)

        return follow


def _marks(tensor: torch.Tensor) -> frozenset[str]:
    marks: frozenset[str] = getattr(tensor, _MARK, frozenset())
    return marks
