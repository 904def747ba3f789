"""Writes and opens files of `torch.export.save`, for any batch size."""

import io
from collections.abc import Callable
from typing import TypeAlias

import torch
from torch import nn

from prune_tui.catalog.batches import Tree, call
from prune_tui.native.exporting import quietly, traced

Runnable: TypeAlias = Callable[[Tree], Tree]
"""A network that can be run: from the inputs of a batch to its outputs."""

DESCRIPTION_FILE = "prune_tui.json"
"""The name of the description within the file; `torch.export.load(file, extra_files=…)` gives it."""


def to_torch_export(module: nn.Module, inputs: Tree, *, description: str) -> bytes:
    """Return the bytes of a file that `torch.export.load` reads.

    Raises:
        ExportError: torch can't trace the module.
    """
    program = traced(module, inputs)
    file = io.BytesIO()
    with quietly():
        torch.export.save(program, file, extra_files={DESCRIPTION_FILE: description})
    return file.getvalue()


def open_torch_export(content: bytes) -> Runnable:
    """Return the network in the bytes of a file of `torch.export.save`, ready to run."""
    with quietly():
        module = torch.export.load(io.BytesIO(content)).module()
    return lambda inputs: call(module, inputs)
