"""Tries whether units can be removed: the smaller network must compute what the masked one does."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import nn

from prune_tui.coupling.groups import Group
from prune_tui.coupling.labels import Ints
from prune_tui.coupling.removal import copied, masked, remove_units, sharing_copy
from prune_tui.coupling.tracing import PassFailedError, Slot, tensors_in

MAX_TRIALS = 100
_TOLERANCE = 1e-4
_CHANGES = "removing one of them changes the outputs"


def why_not(
    module: nn.Module, slots: Sequence[Slot], groups: Sequence[Group], run: Callable[[nn.Module], object]
) -> dict[int, str]:
    """Return why units of some groups can't be removed, by their place among the groups.

    One unit of each is removed, of all groups at once; where that fails, of each half, and so on. `run` calls
    a module with an example, of float64 if the module's parameters are. The values are made lively, so that
    no unit is without effect.

    Raises:
        PassFailedError: the network does not run even with none of its units removed.
    """
    lively, is_finer = _enlivened(module), False
    reasons: dict[int, str] = {}
    waiting = [list(range(len(groups)))] if groups else []
    for _ in range(MAX_TRIALS):
        if not waiting:
            return reasons
        places = waiting.pop()
        units = np.array([groups[place].units[len(groups[place].units) // 2] for place in places])
        reason = _tried(lively, slots, units, run)
        if reason == _CHANGES and not is_finer:
            # Deep networks can amplify rounding until outputs have nothing in common.
            lively, is_finer = _finer(lively, run), True
            reason = _tried(lively, slots, units, run)
        if reason is not None and len(places) == 1:
            reasons[places[0]] = reason
        elif reason is not None:
            middle = len(places) // 2
            waiting += [places[middle:], places[:middle]]
    return reasons | {
        place: "too many layers failed to find out about it" for some in waiting for place in some
    }


@torch.no_grad()
def _tried(
    module: nn.Module, slots: Sequence[Slot], units: Ints, run: Callable[[nn.Module], object]
) -> str | None:
    smaller = sharing_copy(module)
    remove_units(smaller, slots, units)
    devices = {parameter.device for parameter in module.parameters() if parameter.device.type == "cuda"}
    with torch.random.fork_rng(devices=list(devices)):
        torch.manual_seed(0)
        try:
            found = tensors_in(run(smaller))
        except PassFailedError:
            return "the network counts on their number"
        torch.manual_seed(0)
        with masked(module, slots, units):
            wanted = tensors_in(run(sharing_copy(module)))
    is_same = _agree(wanted, found, _TOLERANCE * coarseness(module))
    return None if is_same else _CHANGES


def _finer(module: nn.Module, run: Callable[[nn.Module], object]) -> nn.Module:
    """Return a copy that computes in float64; the module itself if it does not run like that."""
    tensors = [tensor for tensor in (*module.parameters(), *module.buffers()) if tensor.is_floating_point()]
    finer = copied(
        module,
        {
            id(tensor): nn.Parameter(tensor.double(), requires_grad=False)
            if isinstance(tensor, nn.Parameter)
            else tensor.double()
            for tensor in tensors
        },
    )
    try:
        run(sharing_copy(finer))
    except PassFailedError:
        return module
    return finer


def coarseness(module: nn.Module) -> float:
    """Return how many times as far apart a module's numbers are as those of float32, at least 1."""
    steps = [torch.finfo(p.dtype).eps for p in module.parameters() if p.is_floating_point()]
    return max([torch.finfo(torch.float32).eps, *steps]) / torch.finfo(torch.float32).eps


def _agree(wanted: Sequence[torch.Tensor], found: Sequence[torch.Tensor], tolerance: float) -> bool:
    if [tensor.shape for tensor in wanted] != [tensor.shape for tensor in found]:
        return False
    for one, other in zip(wanted, found, strict=True):
        if one.is_floating_point() and one.numel():
            difference = float((one - other).abs().max())
            if not difference <= tolerance * max(float(one.abs().max()), 1e-30):
                return False
    return True


@torch.no_grad()
def _enlivened(module: nn.Module) -> nn.Module:
    """Return a copy with fresh values everywhere: scales near 1, shifts that are not 0, no zero weights."""
    fresh: dict[int, torch.Tensor] = {}
    for name, tensor in [*module.named_parameters(), *module.named_buffers()]:
        is_parameter = isinstance(tensor, nn.Parameter)
        if not tensor.is_floating_point() or not tensor.numel():
            continue
        if not is_parameter and not name.endswith(("running_mean", "running_var")):
            continue
        if tensor.numel() > max(tensor.shape, default=1):
            value = _repeating(_NOISE, tensor) * tensor[0].numel() ** -0.5
        elif name.endswith(("bias", "running_mean")):
            value = _repeating(_CHANCES, tensor) - 0.5
        else:
            value = _repeating(_CHANCES, tensor) + 0.5
        fresh[id(tensor)] = nn.Parameter(value, requires_grad=False) if is_parameter else value
    return copied(module, fresh)


# Drawing a number for each weight would take longer than all the rest; a prime length keeps rows apart.
_NOISE = torch.randn(99_991, generator=torch.Generator().manual_seed(0))
_CHANCES = torch.rand(9_973, generator=torch.Generator().manual_seed(1))


def _repeating(values: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """Return these values over and over, with the shape, type and place of a tensor."""
    size = like.numel()
    return values.repeat(-(-size // len(values)))[:size].reshape(like.shape).to(like)
