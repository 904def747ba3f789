"""A made-up network of layers one after the other, with what it becomes when units are removed."""

from prune_tui.core.network import LayerInfo
from prune_tui.core.shrinking import Extent, NetworkShape, Product, TensorShape, UnitGroup


def chain(sizes: tuple[int, ...], positions: tuple[int, ...], *, step: int = 1) -> NetworkShape:
    """Layers one after the other: each weight has rows of its own group, and columns of the one before."""
    groups = tuple(UnitGroup(f"layer{at}", size, min(step, size)) for at, size in enumerate(sizes[1:-1]))
    rows = [Extent(0, ((at, group.units),), is_zeroed=True) for at, group in enumerate(groups)]
    columns = [Extent(0, ((at, group.units),)) for at, group in enumerate(groups)]
    tensors = []
    for at in range(len(sizes) - 1):
        own = (at,) if at < len(groups) else ()
        read = (len(groups) + at - 1,) if at else ()
        macs = sizes[at] * sizes[at + 1] * positions[at]
        rest = (1 if own else sizes[at + 1]) * (1 if read else sizes[at])
        tensors.append(TensorShape("weight", own + read, rest, 2, products=(Product(macs, own + read),)))
        tensors.append(TensorShape("parameter", own, 1 if own else sizes[at + 1], 1))
    return NetworkShape(groups, tuple(rows + columns), tuple(tensors))


def layers_of(sizes: tuple[int, ...], positions: tuple[int, ...]) -> list[LayerInfo]:
    last = len(sizes) - 2
    return [
        LayerInfo(
            f"layer{at}",
            "linear",
            sizes[at] * sizes[at + 1],
            sizes[at + 1],
            sizes[at] * sizes[at + 1] * positions[at],
            locked_reason="its units are the outputs" if at == last else None,
        )
        for at in range(last + 1)
    ]
