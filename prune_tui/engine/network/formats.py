"""Picks the memory format in which a module runs."""

import torch
from torch import nn

from prune_tui.catalog.batches import Tree, call


def in_best_format(module: nn.Module, inputs: Tree) -> nn.Module:
    """Return the module with its images' channels last, which is faster, where it runs like that.

    A forward pass with `x.view(len(x), -1)` needs them contiguous; such a module is left so.
    """
    if any(isinstance(part, nn.Conv3d) for part in module.modules()) or not any(
        isinstance(part, nn.Conv2d) for part in module.modules()
    ):
        return module
    module = module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    was_training = module.training
    try:
        with torch.no_grad():
            call(module.eval(), inputs)
    except Exception:  # noqa: BLE001 - a user's forward may raise anything
        module = module.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    finally:
        module.train(was_training)
    return module
