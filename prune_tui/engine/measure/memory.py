"""How much memory a network takes for each example, when it is evaluated and when it is trained."""

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.autograd.graph import saved_tensors_hooks
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.weak import WeakIdKeyDictionary

from prune_tui.catalog.batches import Tree, call, num_examples, tensors_of

LEAST_TRAINING_BYTES = 2 * 2**30

PHYSICAL_SHARE = 4
"""Activations may take one part in four of the machine's memory while training."""

FREE_GPU_SHARE = 0.6


@dataclass(frozen=True, slots=True)
class ActivationBytes:
    """The bytes of an example: the most at a time in evaluation, and what training keeps; 0: unknown."""

    evaluating: int = 0
    training: int = 0


def activation_bytes(module: nn.Module, inputs: Tree) -> ActivationBytes:
    """Measure a module in evaluation mode on a few examples.

    Buffers may change if the module changes them. What a kernel needs for itself is not seen.
    """
    count = max(1, num_examples(inputs))
    own = {tensor.untyped_storage()._cdata for tensor in (*module.parameters(), *tensors_of(inputs))}
    evaluating = training = 0
    module.eval()
    with suppress(Exception):  # what can't be followed has no known need
        live = _Live()
        with torch.no_grad(), live:
            call(module, inputs)
        evaluating = live.most
    with suppress(Exception):  # such as a module that can't be differentiated
        saved: dict[int, int] = {}

        def note(tensor: torch.Tensor) -> torch.Tensor:
            storage = tensor.untyped_storage()
            if storage._cdata not in own:
                saved[storage._cdata] = storage.nbytes()
            return tensor

        with torch.enable_grad(), saved_tensors_hooks(note, lambda tensor: tensor):
            outputs = call(module, inputs)
        training = sum(saved.values()) + evaluating
        del outputs
    return ActivationBytes(evaluating // count, training // count)


def training_budget(device: torch.device) -> int:
    """Return how many bytes activations may take while training on a device."""
    if device.type == "cuda":
        return int(FREE_GPU_SHARE * torch.cuda.mem_get_info(device)[0])
    physical = 0
    with suppress(AttributeError, ValueError, OSError):  # Windows has no sysconf
        physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(LEAST_TRAINING_BYTES, physical // PHYSICAL_SHARE)


class _Live(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts the bytes of the results that are alive, and the most of them at a time."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.most = 0
        self._alive = WeakIdKeyDictionary()

    def __torch_dispatch__(
        self, func: Any, types: Iterable[type], args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        given = {
            leaf.untyped_storage()._cdata
            for leaf in tree_leaves((args, kwargs))
            if isinstance(leaf, torch.Tensor)
        }
        for leaf in tree_leaves(result):
            if isinstance(leaf, torch.Tensor):
                storage = leaf.untyped_storage()
                if storage._cdata not in given:
                    self._alive[storage] = storage.nbytes()
        self.most = max(self.most, sum(self._alive.values()))  # type: ignore[no-untyped-call]
        return result
