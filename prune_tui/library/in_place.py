"""Which workbench belongs to a module that is pruned in place, and how the two are kept alike."""

from collections.abc import Mapping
from typing import Final
from weakref import WeakKeyDictionary

import torch
from torch import nn

from prune_tui.core.errors import DecisionError, ModelError
from prune_tui.engine.network.network import Masks
from prune_tui.engine.opening import unwrapped
from prune_tui.library.data import AnyData
from prune_tui.library.workbench import Workbench

_BENCHES: Final[WeakKeyDictionary[nn.Module, Workbench]] = WeakKeyDictionary()
"""By the module itself, for as long as it lives: nothing is added to it, and its class stays."""


def keep_bench(model: nn.Module, bench: Workbench) -> None:
    """Remember the bench of a module."""
    _BENCHES[unwrapped(model)] = bench


def known_bench(model: nn.Module) -> Workbench | None:
    """Return the bench of a module; None if it was neither scanned nor pruned."""
    return _BENCHES.get(unwrapped(model))


def bench_of(model: nn.Module, data: AnyData | None) -> Workbench:
    """Return the bench of a module, with the weights that the module has now, and these data if given.

    A module that was changed elsewhere and is not pruned gets a new bench.

    Raises:
        DecisionError: it has no bench and there are no data; or a pruned weight of it is no longer zero.
        ModelError: the module has other weights than those that were opened.
    """
    bench = known_bench(model)
    if bench is None:
        if data is None:
            raise DecisionError("the network was not scanned here, so its data are not known: give data")
        bench = Workbench(unwrapped(model), data)
    elif data is not None and data is not bench.given:
        bench.use(data)
    current = _checked_weights(model, bench)
    if not _are_equal(bench, current):
        masks = bench.state.network.masks
        if masks:
            _demand_zeros(current, masks)
            bench.state.adopt(dict(current))
        else:
            bench = Workbench(
                unwrapped(model),
                bench.given,
                seed=bench.seed,
                device=bench.device,
                num_threads=bench.num_threads,
                progress=bench.progress,
            )
    keep_bench(model, bench)
    return bench


@torch.no_grad()
def write_weights(bench: Workbench, model: nn.Module) -> None:
    """Put the bench's weights and buffers into the module, in place."""
    current = _checked_weights(model, bench)
    for name, tensor in bench.module.state_dict().items():
        current[name].copy_(tensor)


def masks(model: nn.Module) -> Masks:
    """Return the masks of a module that was pruned in place, by parameter name: True where it is kept.

    Parameters left out are dense; empty if the module was not pruned.
    """
    bench, module = known_bench(model), unwrapped(model)
    if bench is None:
        return {}
    found = bench.state.network.masks.items()
    return {name: mask.to(module.get_parameter(name).device, copy=True) for name, mask in found}


@torch.no_grad()
def hold_masks(model: nn.Module) -> None:
    """Set every pruned weight of a module to zero: call it after each optimizer step of your own loop.

    Raises:
        DecisionError: the module was not pruned here.
    """
    bench, module = known_bench(model), unwrapped(model)
    if bench is None or not bench.state.network.masks:
        raise DecisionError("the network has no masks: prune it first")
    for name, mask in bench.state.network.masks.items():
        parameter = module.get_parameter(name).data
        parameter.masked_fill_(~mask.to(parameter.device), 0.0)


def _checked_weights(model: nn.Module, bench: Workbench) -> Mapping[str, torch.Tensor]:
    """Return the module's weights and buffers, after checking that they are named as the bench's.

    Raises:
        ModelError: they are not.
    """
    current, opened = unwrapped(model).state_dict(), bench.module.state_dict()
    for name, tensor in current.items():
        if nn.parameter.is_lazy(tensor):
            raise ModelError(f"{name} has no shape yet: run the network once on an example, then prune it")
    differing = sorted(current.keys() ^ opened.keys())
    differing += [name for name in opened if name in current and current[name].shape != opened[name].shape]
    if differing:
        raise ModelError(
            f"zeros can't be put into {differing[0]}: make its weights plain first (remove parametrisations, "
            "weight norms and torch.nn.utils.prune masks)"
        )
    return current


def _are_equal(bench: Workbench, current: Mapping[str, torch.Tensor]) -> bool:
    opened = bench.module.state_dict()
    return all(torch.equal(tensor.to(current[name]), current[name]) for name, tensor in opened.items())


def _demand_zeros(current: Mapping[str, torch.Tensor], masks: Masks) -> None:
    for name, mask in masks.items():
        weights = current[name]
        count = int(weights[~mask.to(weights.device)].count_nonzero())
        if count:
            raise DecisionError(
                f"{count:,} pruned weights of {name} are no longer zero: call hold_masks(model) after each "
                "optimizer step, and now once"
            )
