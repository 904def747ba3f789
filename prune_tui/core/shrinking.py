"""What a network becomes when units are removed, from the sizes of its tensors and products alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class UnitGroup:
    """Units that are removed together, named by the first layer that computes them.

    Shrinking leaves a multiple of `step` of the `units`, or all of them.
    """

    name: str
    units: int
    step: int = 1

    def num_left(self, num_kept: int) -> int:
        """Return how many units a shrunk network has if `num_kept` are not pruned."""
        return min(self.units, -(-num_kept // self.step) * self.step)


@dataclass(frozen=True, slots=True)
class Extent:
    """The size of a dimension: `fixed` positions belong to no group, the others to some.

    `shares` are pairs of a group's number and the positions that belong to all its units. `is_zeroed` says
    whether the positions of pruned units are zero, where shrinking leaves them.
    """

    fixed: int
    shares: tuple[tuple[int, int], ...] = ()
    is_zeroed: bool = False


@dataclass(frozen=True, slots=True)
class Product:
    """`macs` of the dense network for one example, proportional to each extent."""

    macs: int
    extents: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TensorShape:
    """`count` tensors alike: those with these extents times `rest` elements, of `element_bytes` each.

    A `weight` is a layer's that can be pruned: stored with a mask where it holds zeros. A `parameter` is
    another parameter, a `buffer` is none. `num_stored` counts the names that each is stored under.
    `products` are those by a weight.
    """

    kind: Literal["weight", "parameter", "buffer"]
    extents: tuple[int, ...]
    rest: int
    num_dims: int
    element_bytes: int = 4
    num_stored: int = 1
    count: int = 1
    products: tuple[Product, ...] = ()


@dataclass(frozen=True, slots=True)
class ShrunkCounts:
    """The counts of a shrunk network; zeros that shrinking leaves are not `nonzero`.

    `file_bytes` has the header of the dense file, which is hardly longer, and the plain bits of masks, which
    are packed to less. `nonzero_weights` are of the layers that can be pruned.
    """

    nonzero: int = 0
    nonzero_weights: int = 0
    nonzero_macs: int = 0
    file_bytes: int = 0


@dataclass(frozen=True, slots=True)
class NetworkShape:
    """All that a shrunk network's counts follow from, given how many units of each group are kept.

    Tensors and products name their extents by number. `products` have no weight of a layer; `other_macs`
    are of what no unit changes. `header_bytes` are those of the file's header.
    """

    groups: tuple[UnitGroup, ...]
    extents: tuple[Extent, ...]
    tensors: tuple[TensorShape, ...]
    products: tuple[Product, ...] = ()
    other_macs: int = 0
    header_bytes: int = 0

    @property
    def dense(self) -> ShrunkCounts:
        """The counts with all units."""
        return shrunk_counts(self, {})

    def group(self, name: str) -> UnitGroup | None:
        return next((group for group in self.groups if group.name == name), None)


def shrunk_counts(shape: NetworkShape, num_kept: Mapping[str, int]) -> ShrunkCounts:
    """Return the counts of a network that keeps so many units of each group; all of groups left out."""
    kept = [num_kept.get(group.name, group.units) for group in shape.groups]
    left = [group.num_left(one) for one, group in zip(kept, shape.groups, strict=True)]
    sizes = _Sizes(shape, left, kept)
    nonzero, weights, file_bytes = 0, 0, shape.header_bytes
    macs = shape.other_macs + sum(sizes.macs(product) for product in shape.products)
    for tensor in shape.tensors:
        size, num_nonzero = sizes.of(tensor)
        file_bytes += size * tensor.element_bytes * tensor.num_stored * tensor.count
        if tensor.kind != "buffer":
            nonzero += num_nonzero * tensor.count
        if tensor.kind == "weight":
            weights += num_nonzero * tensor.count
            if num_nonzero < size:
                with_mask = (size + 7) // 8 + 8 * tensor.num_dims
                file_bytes += (with_mask - (size - num_nonzero) * tensor.element_bytes) * tensor.count
        whole = sum(sizes.macs(product) for product in tensor.products)
        macs += whole * num_nonzero // max(1, size) * tensor.count
    return ShrunkCounts(nonzero, weights, macs, file_bytes)


class _Sizes:
    """The sizes of extents with so many units of each group left, of which `kept` are not zero."""

    def __init__(self, shape: NetworkShape, left: Sequence[int], kept: Sequence[int]) -> None:
        self._shape, self._left, self._kept = shape, left, kept
        self._known: dict[int, tuple[int, int, int]] = {}

    def of(self, tensor: TensorShape) -> tuple[int, int]:
        """Return the elements of a tensor, and how many of them are not zero."""
        size = num_nonzero = tensor.rest
        for number in tensor.extents:
            _, left, kept = self._extent(number)
            size, num_nonzero = size * left, num_nonzero * kept
        return size, num_nonzero

    def macs(self, product: Product) -> int:
        macs, whole = product.macs, 1
        for number in product.extents:
            dense, left, _ = self._extent(number)
            macs, whole = macs * left, whole * dense
        return macs // whole

    def _extent(self, number: int) -> tuple[int, int, int]:
        """Return an extent's size when dense, when shrunk, and what of that is not zero."""
        if number not in self._known:
            extent = self._shape.extents[number]
            dense = left = kept = extent.fixed
            for group, positions in extent.shares:
                units = self._shape.groups[group].units
                dense += positions
                left += positions * self._left[group] // units
                kept += positions * (self._kept if extent.is_zeroed else self._left)[group] // units
            self._known[number] = dense, left, kept
        return self._known[number]
