"""Runs a network, whose failures become one line: its forward pass may be a user's own code."""

from torch import nn

from prune_tui.catalog.batches import Tree, call, shapes_text
from prune_tui.catalog.said import said
from prune_tui.core.errors import ModelError, PruneTuiError


def run(module: nn.Module, inputs: Tree) -> Tree:
    """Return what a module returns for a batch.

    Raises:
        ModelError: it raises an error, which the message names with its place.
    """
    try:
        return call(module, inputs)
    except PruneTuiError:
        raise
    except Exception as error:
        raise ModelError(
            f"the network does not run on inputs of {shapes_text(inputs)}: {said(error)}"
        ) from error
