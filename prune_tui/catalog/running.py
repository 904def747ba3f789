"""Runs a network forwards and backwards, whose failures become one line: it may be a user's own code."""

from collections.abc import Iterator
from contextlib import contextmanager

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


@contextmanager
def differentiated() -> Iterator[None]:
    """Turn what gradients fail at, such as a value that is needed and was changed in place, into one line.

    Raises:
        ModelError: the loss of the network has no gradients.
    """
    try:
        yield
    except RuntimeError as error:
        raise ModelError(f"the network has no gradients, so it can't be trained: {said(error)}") from error
