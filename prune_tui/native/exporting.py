"""Traces a network by torch.export for any batch size, and keeps what torch's exporters print to itself."""

import logging
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from inspect import signature
from threading import get_ident
from typing import TextIO, cast

import torch
from torch import nn
from torch.export import Dim, ExportedProgram

from prune_tui.catalog.batches import Tree, mapped, taken
from prune_tui.core.errors import ExportError


class _Muted:
    """A stream without what this thread writes: another may draw a screen or a bar meanwhile."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._thread = stream, get_ident()

    def write(self, text: str) -> int:
        return len(text) if get_ident() == self._thread else self._stream.write(text)

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)


@contextmanager
def quietly() -> Iterator[None]:
    """Drop what this thread prints, and what is warned and logged by Python code meanwhile."""
    before, streams = logging.root.manager.disable, (sys.stdout, sys.stderr)
    muted = [cast("TextIO", _Muted(stream)) for stream in streams]
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            sys.stdout, sys.stderr = muted
            yield
    finally:
        # An app that ended meanwhile has put its own back.
        sys.stdout, sys.stderr = (
            stream if now is mute else now
            for now, mute, stream in zip((sys.stdout, sys.stderr), muted, streams, strict=True)
        )
        logging.disable(before)


def traced(module: nn.Module, inputs: Tree) -> ExportedProgram:
    """Return the program of a module in evaluation mode, for any batch size.

    Only the form and the shapes of `inputs` count. The program holds neither examples nor paths of this
    machine, and takes inputs that are contiguous.

    Raises:
        ExportError: torch can't trace it.
    """
    # An example of one or no image would be taken for a constant.
    given = _arguments(mapped(taken(inputs, 2), torch.zeros_like))
    fast_path = torch.backends.mha.get_fastpath_enabled()
    try:
        copy = deepcopy(module).eval()
        plain: nn.Module = copy.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
        # The fast path of attention is one operator, which no other program knows.
        torch.backends.mha.set_fastpath_enabled(False)
        with quietly():
            program = torch.export.export(plain, *given, dynamic_shapes=_free_batch(plain, *given))
    except Exception as error:
        reason = first_line(error)
        raise ExportError(f"this network can't be traced for any batch size: {reason}") from error
    finally:
        torch.backends.mha.set_fastpath_enabled(fast_path)
    program.example_inputs = None
    for node in program.graph.nodes:
        node.meta.pop("stack_trace", None)
    return program


def first_line(error: Exception) -> str:
    """Return the line of an error's message that says why: the first, or the first of its list."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    listed = [line.removeprefix("- ") for line in lines if line.startswith("- ")]
    return [*listed, *lines, type(error).__name__][0][:300]


def _arguments(inputs: Tree) -> tuple[tuple[Tree, ...], dict[str, Tree]]:
    """Return the positional and the named arguments that `call` gives to a module."""
    if isinstance(inputs, torch.Tensor):
        return (inputs,), {}
    if isinstance(inputs, Mapping):
        return (), dict(inputs)
    return tuple(inputs), {}


def _free_batch(module: nn.Module, positional: tuple[Tree, ...], named: dict[str, Tree]) -> dict[str, object]:
    """Return which dimension of each parameter of `forward` is free: the first of every tensor."""
    batch = Dim("batch")
    given = signature(module.forward).bind(*positional, **named).arguments
    return {name: _free(tree, batch) for name, tree in given.items()}


def _free(tree: Tree, batch: Dim) -> object:
    if isinstance(tree, torch.Tensor):
        return {0: batch}
    if isinstance(tree, Mapping):
        return {key: _free(branch, batch) for key, branch in tree.items()}
    branches = [_free(branch, batch) for branch in tree]
    return branches if isinstance(tree, list) else tuple(branches)
