"""Publishes what a network becomes when units are removed, as plain sizes that need no torch."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from math import prod

import numpy as np
import torch
from torch import nn

from prune_tui.core.shrinking import Extent, NetworkShape, Product, TensorShape, UnitGroup
from prune_tui.coupling.groups import Group
from prune_tui.coupling.labels import Ints
from prune_tui.coupling.tracing import Product as TracedProduct
from prune_tui.coupling.tracing import Slot


def default_multiple(device: torch.device) -> int:
    """Return what the number of remaining channels should be a multiple of: CUDA's tensor cores want 8."""
    return 8 if device.type == "cuda" else 1


def shape_of(
    module: nn.Module,
    groups: Mapping[str, Group],
    slots: Sequence[Slot],
    products: Sequence[TracedProduct],
    *,
    weights: Iterable[str],
    total_macs: int,
    header_bytes: int,
    num_examples: int,
    multiple: int,
) -> NetworkShape:
    """Return the sizes of a module's tensors and products, by the units of these groups.

    `groups` are named by their first layer, `weights` are the parameters that can be pruned, and `products`
    are of a pass with so many examples. `header_bytes` are those of a checkpoint.
    """
    numbered = _Extents(list(groups.values()))
    of_weight: dict[str, list[Product]] = {}
    others: list[Product] = []
    for product in products:
        extents = [numbered.of(units) for units in product.dims]
        moving = tuple(number for number in extents if numbered.moves(number))
        if moving:
            found = Product(product.macs // num_examples, moving)
            (others if product.weight is None else of_weight.setdefault(product.weight, [])).append(found)
    tensors = _tensors(module, slots, numbered, of_weight, set(weights))
    counted = sum(one.macs for one in others) + sum(
        one.macs * tensor.count for tensor in tensors for one in tensor.products
    )
    return NetworkShape(
        groups=tuple(
            UnitGroup(name, len(group.units), group.step(multiple)) for name, group in groups.items()
        ),
        extents=numbered.all,
        tensors=tensors,
        products=tuple(others),
        other_macs=total_macs - counted,
        header_bytes=header_bytes,
    )


def _tensors(
    module: nn.Module,
    slots: Sequence[Slot],
    numbered: "_Extents",
    products: Mapping[str, Sequence[Product]],
    weights: set[str],
) -> tuple[TensorShape, ...]:
    """Return the parameters and buffers that a checkpoint holds, those alike as one."""
    by_name: dict[str, list[Slot]] = {}
    for slot in slots:
        by_name.setdefault(slot.name, []).append(slot)
    stored = module.state_dict().keys()
    parameters = dict(module.named_parameters(remove_duplicate=False))
    named = parameters | dict(module.named_buffers(remove_duplicate=False))
    names: dict[int, list[str]] = {}
    for name in named:
        if name in parameters or name in stored:
            names.setdefault(id(named[name]), []).append(name)
    alike: Counter[TensorShape] = Counter()
    for own in names.values():
        tensor = named[own[0]]
        extents = {
            slot.dim: numbered.of(slot.units, is_zeroed=slot.role != "other")
            for slot in by_name.get(own[0], ())
        }
        moving = {dim: number for dim, number in extents.items() if numbered.moves(number)}
        alike[
            TensorShape(
                kind="buffer" if own[0] not in parameters else "weight" if own[0] in weights else "parameter",
                extents=tuple(moving.values()),
                rest=prod(size for dim, size in enumerate(tensor.shape) if dim not in moving),
                num_dims=tensor.dim(),
                element_bytes=tensor.element_size(),
                num_stored=sum(name in stored for name in own),
                products=tuple(products.get(own[0], ())),
            )
        ] += 1
    return tuple(replace(tensor, count=count) for tensor, count in alike.items())


class _Extents:
    """The extents so far, each once, by how many of their positions belong to each group."""

    def __init__(self, groups: Sequence[Group]) -> None:
        size = 1 + max((int(group.units.max()) for group in groups), default=0)
        self._group_of = np.full(size, -1)
        for number, group in enumerate(groups):
            self._group_of[group.units] = number
        self._numbers: dict[Extent, int] = {}

    @property
    def all(self) -> tuple[Extent, ...]:
        return tuple(self._numbers)

    def moves(self, number: int) -> bool:
        """Whether an extent changes with any group."""
        return bool(self.all[number].shares)

    def of(self, units: Ints, *, is_zeroed: bool = False) -> int:
        """Return the number of the extent with these units at its positions."""
        known = units[units < len(self._group_of)]
        own, counts = np.unique(self._group_of[known], return_counts=True)
        shares = dict(zip(own.tolist(), counts.tolist(), strict=True))
        shares.pop(-1, None)
        extent = Extent(len(units) - sum(shares.values()), tuple(shares.items()), is_zeroed)
        return self._numbers.setdefault(extent, len(self._numbers))
