"""Puts back the buffers that a module's forward pass changes, so that every pass starts from the same."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


class Buffers:
    """A module's buffers as they are now; the first pass shows which of them passes change."""

    def __init__(self, module: nn.Module) -> None:
        self._module, self._is_known = module, False
        self._before = {name: (buffer, buffer.clone()) for name, buffer in module.named_buffers()}

    @contextmanager
    def put_back(self) -> Iterator[None]:
        """Put the buffers back after a pass, those that were replaced too."""
        try:
            yield
        finally:
            if not self._is_known:
                self._keep_only_changed()
            for name, (buffer, value) in self._before.items():
                parent, _, own = name.rpartition(".")
                setattr(self._module.get_submodule(parent), own, buffer)
                buffer.copy_(value)

    def _keep_only_changed(self) -> None:
        now = dict(self._module.named_buffers())
        self._is_known = True
        self._before = {
            name: (buffer, value)
            for name, (buffer, value) in self._before.items()
            if now.get(name) is not buffer or not torch.equal(buffer, value)
        }
