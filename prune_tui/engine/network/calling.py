"""Calls a module with the inputs of a batch, whatever their form."""

from collections.abc import Mapping

import torch
from torch import nn

from prune_tui.catalog.datasets.batches import Tree


def call(module: nn.Module, inputs: Tree) -> Tree:
    """Return what a module returns for a batch: a dict is given by name, a tuple or list by position."""
    if isinstance(inputs, torch.Tensor):
        outputs: Tree = module(inputs)
    elif isinstance(inputs, Mapping):
        outputs = module(**inputs)
    else:
        outputs = module(*inputs)
    return outputs
