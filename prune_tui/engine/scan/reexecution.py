"""Replays a recorded forward pass, running again only what depends on parameters that have changed.

Pruning a layer changes nothing before it. One forward pass of a batch is recorded, call by call; a replay
follows which tensors the changed parameters reach, computes those anew, and hands out the recorded results
for all others. This holds for any eager model whose control flow does not depend on the values: residual
connections, attention and shared weights included. What a call would change in place, it gives anew.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from functools import cache
from inspect import signature
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

Call = Callable[..., Any]
Renewed = dict[int, tuple[torch.Tensor, torch.Tensor]]
"""By identity, a tensor that was to be changed in place, and the one that now stands for it."""

_MARK = "_prune_tui_replay"
"""The attribute that names the last replay in which a tensor depended on what has changed."""


class NotReplayableError(Exception):
    """A replay made other calls than the recording: the model's control flow depends on values."""


class Recording:
    """One forward pass of a batch: its calls, their results, and the outputs."""

    def __init__(self, module: nn.Module, batch: torch.Tensor) -> None:
        self._module, self._batch = module, batch
        self._calls: list[Call] = []
        self._results: list[Any] = []
        self._num_replays = 0
        with _Recorder(self._calls, self._results):
            self.outputs: torch.Tensor = module(batch)

    def replay(self, changed: Collection[nn.Parameter]) -> torch.Tensor:
        """Return the module's outputs for the recorded batch, of which only these parameters have changed.

        Raises:
            NotReplayableError: the module took another path than when it was recorded.
        """
        self._num_replays += 1
        replayer = _Replayer(self._calls, self._results, changed, self._num_replays)
        with replayer:
            outputs: torch.Tensor = self._module(self._batch)
        if replayer.position != len(self._calls):
            raise NotReplayableError
        return outputs

    @property
    def num_bytes(self) -> int:
        """The memory that the recorded results take."""
        storages = {
            tensor.untyped_storage().data_ptr(): tensor.untyped_storage().nbytes()
            for result in self._results
            for tensor in _tensors(result)
        }
        return sum(storages.values())


class _Recorder(TorchFunctionMode):
    """Notes every call and its result."""

    def __init__(self, calls: list[Call], results: list[Any]) -> None:
        super().__init__()
        self._calls, self._results = calls, results
        self._renewed: Renewed = {}

    def __torch_function__(
        self, func: Call, types: Iterable[type], args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        result = _performed(func, _now(args, self._renewed), _now(kwargs or {}, self._renewed), self._renewed)
        self._calls.append(func)
        self._results.append(result)
        return result


class _Replayer(TorchFunctionMode):
    """Performs the calls that depend on what has changed, and returns what was recorded for the others."""

    def __init__(
        self, calls: list[Call], results: list[Any], changed: Collection[nn.Parameter], number: int
    ) -> None:
        super().__init__()
        self.position = 0
        self._calls, self._results, self._number = calls, results, number
        self._changed = {id(parameter) for parameter in changed}
        self._renewed: Renewed = {}

    def __torch_function__(
        self, func: Call, types: Iterable[type], args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        position = self.position
        self.position += 1
        if position >= len(self._calls) or self._calls[position] != func:
            raise NotReplayableError
        args, kwargs = _now(args, self._renewed), _now(kwargs or {}, self._renewed)
        if not any(self._depends(tensor) for tensor in _tensors((args, kwargs))):
            recorded = self._results[position]
            if _changes_in_place(func, args, kwargs):
                _renew(args[0], recorded, self._renewed)
            return recorded
        result = _performed(func, args, kwargs, self._renewed)
        for tensor in _tensors(result):
            setattr(tensor, _MARK, self._number)
        return result

    def _depends(self, tensor: torch.Tensor) -> bool:
        return id(tensor) in self._changed or getattr(tensor, _MARK, 0) == self._number


def _performed(
    func: Call,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    renewed: Renewed,
) -> Any:
    """Perform a call; one that would change its first argument gives a new tensor, used from then on."""
    if _is_asked_to_change(func, args, kwargs):
        at = _place_of_inplace(func)
        assert at is not None
        if "inplace" in kwargs:
            kwargs = {**kwargs, "inplace": False}
        else:
            args = (*args[:at], False, *args[at + 1 :])
        result = func(*args, **kwargs)
    elif _changes_by_name(func):
        result = args[0].clone()
        func(result, *args[1:], **kwargs)
    else:
        return func(*args, **kwargs)
    _renew(args[0], result, renewed)
    return result


def _renew(old: torch.Tensor, new: torch.Tensor, renewed: Renewed) -> None:
    if new is not old:  # dropout in evaluation changes nothing
        renewed[id(old)] = (old, new)


def _changes_in_place(func: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    return _changes_by_name(func) or _is_asked_to_change(func, args, kwargs)


def _is_asked_to_change(func: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Say whether a function of torch.nn.functional is called with `inplace`, by name or by position."""
    at = _place_of_inplace(func)
    return at is not None and bool(kwargs.get("inplace", args[at] if at < len(args) else False))


@cache
def _place_of_inplace(func: Call) -> int | None:
    try:
        names = list(signature(func).parameters)
    except (TypeError, ValueError):  # torch's own functions have no signature
        return None
    return names.index("inplace") if "inplace" in names else None


def _changes_by_name(func: Call) -> bool:
    name = getattr(func, "__name__", "")
    if name.startswith("__"):
        return name == "__setitem__" or (name.startswith("__i") and name not in _NOT_IN_PLACE)
    return name.endswith("_") and not name.endswith("__")


_NOT_IN_PLACE = ("__int__", "__index__", "__invert__", "__init__", "__instancecheck__")


def _now(value: Any, renewed: Renewed) -> Any:
    """Put the newest copy in the place of each tensor that was changed in place."""
    if not renewed:
        return value
    if isinstance(value, torch.Tensor):
        while id(value) in renewed:
            value = renewed[id(value)][1]
        return value
    if isinstance(value, dict):
        return {key: _now(each, renewed) for key, each in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_now(each, renewed) for each in value)
    return value


def _tensors(value: Any) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _tensors(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _tensors(each)
