"""What exporting asks of a tree of tensors: its leaves by name, and how far two are apart."""

from collections.abc import Iterator, Mapping

import torch

from prune_tui.catalog.batches import Tree


def named_leaves(tree: Tree, root: str) -> Iterator[tuple[str, torch.Tensor]]:
    """Yield the tensors in order, each with its name: `root`, a key of a dict, or `root_0`, `root_1` …"""
    if isinstance(tree, torch.Tensor):
        yield root, tree
    elif isinstance(tree, Mapping):
        for key, branch in tree.items():
            yield from named_leaves(branch, str(key))
    else:
        for position, branch in enumerate(tree):
            yield from named_leaves(branch, f"{root}_{position}")


def relative_difference(reference: Tree, outputs: Tree) -> float:
    """Return the largest difference of an output, relative to the largest of its tensor.

    Tensors are compared in order, whatever their names. Infinite where a shape or the number of tensors
    differs; NaN where a number is NaN.
    """
    wanted, given = (
        [leaf.double() for _, leaf in named_leaves(tree, "output")] for tree in (reference, outputs)
    )
    if [leaf.shape for leaf in wanted] != [leaf.shape for leaf in given]:
        return float("inf")
    each = [
        (one - other).abs().max() / one.abs().max().clamp_min(1e-30)
        for one, other in zip(wanted, given, strict=True)
    ]
    return float(torch.stack(each).max())
