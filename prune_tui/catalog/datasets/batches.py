"""What a network is fed: trees of tensors whose first dimension counts examples."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import torch

Tree: TypeAlias = "torch.Tensor | Sequence[Tree] | Mapping[str, Tree]"
"""A tensor, or tensors in tuples, lists and dicts; the first dimension of each counts examples."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some examples: what the network takes, and what its outputs are scored against."""

    inputs: Tree
    targets: Tree
