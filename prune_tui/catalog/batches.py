"""What a network is fed: trees of tensors whose first dimension counts examples, and splits of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, Self, TypeAlias

import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence

Tree: TypeAlias = torch.Tensor | Sequence["Tree"] | Mapping[str, "Tree"]
"""A tensor, or tensors in tuples, lists and dicts; the first dimension of each counts examples."""

Indices: TypeAlias = torch.Tensor | slice
"""Which examples of a split: int64 [N], or a range."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some examples: what the network takes, and what its outputs are scored against."""

    inputs: Tree
    targets: Tree

    def __len__(self) -> int:
        return num_examples(self.targets)


class Split(Protocol):
    """The examples of one split, read batch by batch."""

    def __len__(self) -> int: ...

    @property
    def is_read_ahead(self) -> bool:
        """Whether a batch takes so long to read that the next one is read in another thread meanwhile."""

    @property
    def is_fixed(self) -> bool:
        """Whether an example is the same each time it is read; a user's own may be varied at random."""

    def batch(self, at: Indices) -> Batch:
        """Return these examples, as they are stored."""

    def subset(self, indices: torch.Tensor) -> Self:
        """Return a split of these examples, in this order."""

    def to(self, device: torch.device) -> Self:
        """Return the split on a device; one that is read from disk stays there."""


@dataclass(frozen=True, slots=True)
class TensorSplit:
    """A split in memory; images are uint8 [N, C, H, W], their labels int64 [N]."""

    inputs: Tree
    targets: Tree

    def __len__(self) -> int:
        return num_examples(self.targets)

    @property
    def is_read_ahead(self) -> bool:
        return False

    @property
    def is_fixed(self) -> bool:
        return True

    def batch(self, at: Indices) -> Batch:
        def chosen(part: torch.Tensor) -> torch.Tensor:
            return part[at.to(part.device) if isinstance(at, torch.Tensor) else at]

        return Batch(mapped(self.inputs, chosen), mapped(self.targets, chosen))

    def subset(self, indices: torch.Tensor) -> "TensorSplit":
        examples = self.batch(indices)
        return TensorSplit(examples.inputs, examples.targets)

    def to(self, device: torch.device) -> "TensorSplit":
        return TensorSplit(
            mapped(self.inputs, lambda part: part.to(device)),
            mapped(self.targets, lambda part: part.to(device)),
        )


def mapped(tree: Tree, function: Callable[[torch.Tensor], torch.Tensor]) -> Tree:
    """Return the tree with the function applied to each tensor; what is no tensor stays as it is."""
    if isinstance(tree, torch.Tensor):
        return function(tree)
    if isinstance(tree, PackedSequence):
        orders = (tree.sorted_indices, tree.unsorted_indices)
        moved = [None if order is None else function(order) for order in orders]
        # The sizes of its batches stay on the CPU, as torch wants them.
        packed: Tree = PackedSequence(function(tree.data), tree.batch_sizes, *moved)  # type: ignore[assignment]
        return packed
    if isinstance(tree, Mapping):
        return {key: mapped(part, function) for key, part in tree.items()}
    if isinstance(tree, tuple) and hasattr(tree, "_make"):
        named: Tree = tree._make(mapped(part, function) for part in tree)
        return named
    if isinstance(tree, list | tuple):
        return type(tree)(mapped(part, function) for part in tree)
    return tree


def taken(tree: Tree, count: int) -> Tree:
    """Return a batch of so many examples: the first ones, all over again where there are too few."""
    return mapped(tree, lambda leaf: leaf[torch.arange(count) % len(leaf)])


def tensors_of(tree: Tree) -> Iterator[torch.Tensor]:
    """Yield the tensors of a tree, in order."""
    if isinstance(tree, torch.Tensor):
        yield tree
    elif isinstance(tree, Mapping):
        for part in tree.values():
            yield from tensors_of(part)
    elif isinstance(tree, list | tuple):
        for part in tree:
            yield from tensors_of(part)


def num_examples(tree: Tree) -> int:
    """Return the size of the first dimension of a tree's first tensor; 0 if it has none."""
    first = next(tensors_of(tree), None)
    return 0 if first is None or not first.dim() else len(first)


def call(module: nn.Module, inputs: Tree) -> Tree:
    """Return what a module returns for a batch: a dict is given by name, a tuple or list by position."""
    if isinstance(inputs, torch.Tensor | PackedSequence):
        outputs: Tree = module(inputs)
    elif isinstance(inputs, Mapping):
        outputs = module(**inputs)
    else:
        outputs = module(*inputs)
    return outputs


def shapes_text(inputs: Tree) -> str:
    """Say in what shape a network gets its inputs: `3×32×32`."""
    if isinstance(inputs, torch.Tensor):
        return "×".join(str(size) for size in inputs.shape[1:]) or "1"
    parts = inputs.items() if isinstance(inputs, Mapping) else enumerate(inputs)
    return ", ".join(f"{key} {shapes_text(part)}" for key, part in parts)
