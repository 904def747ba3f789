"""How much is left of what a target counts, as a polynomial in how many units of each group are left."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod

from prune_tui.core.planning.target import TargetKind
from prune_tui.core.shrinking import Extent, NetworkShape, TensorShape

Monomials = dict[tuple[int, ...], float]
"""Coefficients by the numbers of the groups whose units are multiplied; whole numbers are exact."""


@dataclass(frozen=True, slots=True)
class Remaining:
    """What is left by how many units are, each of them kept; `of_group` has the monomials with each group.

    It is exact where all units of a group take as many positions of a dimension, and where no group that
    stays as it is leaves zeros.
    """

    numbers: Mapping[str, int]
    monomials: Monomials
    of_group: Mapping[int, Monomials]

    def at(self, left: Mapping[str, int]) -> float:
        """Return what is left."""
        units = {self.numbers[name]: count for name, count in left.items()}
        return sum(factor * prod(units[number] for number in term) for term, factor in self.monomials.items())

    def along(self, name: str, left: Mapping[str, int]) -> list[tuple[int, float]]:
        """Return the powers of one group's units in what is left, each with its coefficient."""
        own = self.numbers[name]
        units = {self.numbers[other]: count for other, count in left.items()}
        return [
            (term.count(own), factor * prod(units[number] for number in term if number != own))
            for term, factor in self.of_group.get(own, {}).items()
        ]


def remaining_of(kind: TargetKind, shape: NetworkShape, fixed: Mapping[str, int]) -> Remaining:
    """Return what is left of what a target counts; of groups that are `fixed` so many units are left."""
    numbers = {group.name: number for number, group in enumerate(shape.groups)}
    known = {numbers[name]: left for name, left in fixed.items() if name in numbers}
    extents = [_extent(extent, shape, known) for extent in shape.extents]
    dense = [extent.fixed + sum(positions for _, positions in extent.shares) for extent in shape.extents]
    found: Monomials = {}

    def add(factor: float, over: Iterable[int]) -> None:
        product: Monomials = {(): factor}
        for number in over:
            product = _multiplied(product, extents[number])
        for term, one in product.items():
            found[term] = found.get(term, 0) + one

    products = list(shape.products) if kind == "theoretical_speedup" else []
    for tensor in shape.tensors:
        if kind == "theoretical_speedup":
            products += list(tensor.products) * tensor.count
        else:
            add(_factor(kind, tensor) * tensor.rest, tensor.extents)
    for one in products:
        add(_divided(one.macs, prod(dense[number] for number in one.extents)), one.extents)
    if kind == "theoretical_speedup":
        add(shape.other_macs, ())
    if kind == "file_size":
        add(shape.header_bytes, ())
    of_group: dict[int, Monomials] = {}
    for term, factor in found.items():
        for number in set(term):
            of_group.setdefault(number, {})[term] = factor
    return Remaining(numbers, found, of_group)


def _factor(kind: TargetKind, tensor: TensorShape) -> int:
    """Return what each element of a tensor counts."""
    if kind == "file_size":
        return tensor.element_bytes * tensor.num_stored * tensor.count
    if kind == "sparsity":
        return tensor.count if tensor.kind == "weight" else 0
    return 0 if tensor.kind == "buffer" else tensor.count


def _extent(extent: Extent, shape: NetworkShape, known: Mapping[int, int]) -> Monomials:
    """Return the size of an extent."""
    sizes: Monomials = {(): extent.fixed}
    for number, positions in extent.shares:
        each = _divided(positions, shape.groups[number].units)
        if number in known:
            sizes[()] += each * known[number]
        else:
            sizes[(number,)] = each
    return {term: size for term, size in sizes.items() if size}


def _multiplied(one: Monomials, other: Monomials) -> Monomials:
    product: Monomials = {}
    for left, factor in one.items():
        for right, times in other.items():
            term = tuple(sorted((*left, *right)))
            product[term] = product.get(term, 0) + factor * times
    return product


def _divided(number: int, by: int) -> float:
    return number // by if number % by == 0 else number / by
