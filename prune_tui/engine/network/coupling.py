"""Finds what is coupled to a layer's units: other layers, biases, batch norms, and their readers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from prune_tui.catalog.batches import Tree, call, mapped
from prune_tui.coupling.groups import Group, groups_of
from prune_tui.coupling.labels import Ints
from prune_tui.coupling.parameters import BATCH_NORMS, LAYERS
from prune_tui.coupling.removal import sharing_copy
from prune_tui.coupling.tracing import PassFailedError, Product, Slot, Trace, traced
from prune_tui.coupling.trial import why_not
from prune_tui.engine.network.network import Units


@dataclass(frozen=True, slots=True)
class Coupled:
    """Units that can be removed together, as masks see them, and as the slots number them."""

    units: Units
    group: Group


class Couplings:
    """What is coupled in a module, found in one pass with an example, and tried by removing a unit of each.

    `slots` says which unit each position of each parameter and buffer belongs to, `products` that of what is
    multiplied. `unit_reasons` says of each layer whose units can't be removed why.
    """

    def __init__(self, module: nn.Module, example: Tree) -> None:
        example = _visible(example)
        self._names = {
            f"{name}.weight": name for name, layer in module.named_modules() if isinstance(layer, LAYERS)
        }
        self._batch_norms = {name for name, layer in module.named_modules() if isinstance(layer, BATCH_NORMS)}
        self._trace, groups, by_weight = _found(module, example)
        self.slots: tuple[Slot, ...] = self._trace.slots
        self.products: tuple[Product, ...] = self._trace.products
        self.coupled: tuple[Coupled, ...] = tuple(self._coupled(group) for group in groups)
        self.unit_reasons: Mapping[str, str] = {
            layer: by_weight.get(weight) or self._why_unknown(module.get_submodule(layer))
            for weight, layer in self._names.items()
            if not any(layer in each.units.layers for each in self.coupled)
        }

    def coupled_in(self, layers: Iterable[str]) -> tuple[Coupled, ...]:
        """Return the units that only these layers compute, coupled layers as one, in the order they run."""
        known = set(layers)
        return tuple(each for each in self.coupled if known.issuperset(each.units.layers))

    def units(self, layers: Iterable[str]) -> tuple[Units, ...]:
        """Return the same, as masks see them."""
        return tuple(each.units for each in self.coupled_in(layers))

    def batch_norm_after(self, layer: str) -> str | None:
        """Return the name of the batch norm right after a layer; None if there is none."""
        vector = self._trace.batch_norms.get(f"{layer}.weight")
        name = vector.rpartition(".")[0] if vector is not None else None
        return name if name in self._batch_norms else None

    def _why_unknown(self, layer: nn.Module) -> str:
        if not self.slots:
            return "its coupling can't be traced"
        weight = dict(layer.named_parameters(recurse=False)).get("weight")
        if weight is None:
            return "its weight is computed from other parameters"
        return "its weight is another layer's, too" if len(weight) > 1 else "it has a single unit"

    def _coupled(self, group: Group) -> Coupled:
        rows = {self._names[weight]: torch.from_numpy(at) for weight, at in group.rows.items()}
        vectors: dict[str, torch.Tensor] = {}
        readers: dict[str, torch.Tensor] = {}
        for slot in self.slots:
            if slot.role == "vector" or slot.reads:
                at = _positions(slot, group.units)
                if at is None:
                    continue
                if slot.role == "vector":
                    vectors[slot.name] = at[:, 0] if at.shape[1] == 1 else at
                elif slot.dim == 1 and slot.name in self._names:
                    readers[self._names[slot.name]] = at
        is_plain = all(
            torch.equal(at[:, 0], torch.arange(len(at))) and at.shape[1] == 1 for at in rows.values()
        )
        return Coupled(Units(tuple(rows), vectors, readers, {} if is_plain else rows), group)


def _positions(slot: Slot, units: Ints) -> torch.Tensor | None:
    """Return where units are in a slot, [units, positions]; None if it does not hold each equally often."""
    order = np.argsort(slot.units, kind="stable")
    starts = np.searchsorted(slot.units, units, side="left", sorter=order)
    ends = np.searchsorted(slot.units, units, side="right", sorter=order)
    counts = ends - starts
    if counts.min() < 1 or counts.min() != counts.max():
        return None
    return torch.from_numpy(order[starts[:, None] + np.arange(counts[0])])


def _found(module: nn.Module, example: Tree) -> tuple[Trace, Sequence[Group], Mapping[str, str]]:
    """Trace a copy of the module, and try each group; nothing is found where the network can't be traced."""
    was_training = {layer: layer.training for layer in module.modules()}
    try:
        copy = _copied(module.eval())
        trace = traced(copy, example, lambda: _called(copy, example))
        groups, reasons = groups_of(trace)
        failed = why_not(copy, trace.slots, groups, lambda tried: _called(tried, _as_fine(example, tried)))
    except PassFailedError:
        return Trace((), {}, (), {}), (), {}
    finally:
        for layer, was in was_training.items():
            layer.training = was
    for place, reason in failed.items():
        reasons |= dict.fromkeys(groups[place].rows, reason)
    return trace, [group for place, group in enumerate(groups) if place not in failed], reasons


def _copied(module: nn.Module) -> nn.Module:
    try:
        return sharing_copy(module)
    except Exception as error:
        raise PassFailedError from error


def _called(module: nn.Module, example: Tree) -> object:
    try:
        return call(module, example)
    except Exception as error:
        raise PassFailedError from error


def _as_fine(example: Tree, module: nn.Module) -> Tree:
    """Return the example with float64 for its floats if those are a module's numbers."""
    kinds = {parameter.dtype for parameter in module.parameters() if parameter.is_floating_point()}
    if kinds != {torch.float64}:
        return example
    return mapped(example, lambda part: part.double() if part.is_floating_point() else part)


def _visible(example: Tree) -> Tree:
    """Return an example in which no tensor of floats is all zero, so that every unit has an effect."""
    if isinstance(example, torch.Tensor):
        if not example.is_floating_point() or bool(example.any()):
            return example
        chance = torch.Generator().manual_seed(0)
        return torch.randn(example.shape, generator=chance).to(example)
    if isinstance(example, Mapping):
        return {name: _visible(item) for name, item in example.items()}
    return tuple(_visible(item) for item in example) if isinstance(example, Sequence) else example
