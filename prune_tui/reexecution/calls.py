"""How the calls of a forward pass are made while it is recorded: none changes a tensor in place."""

import weakref
from collections.abc import Callable
from functools import cache
from inspect import signature
from types import UnionType
from typing import Any

import torch

Call = Callable[..., Any]


class Replacements:
    """The tensors that calls would have changed in place, and those that replace them from then on.

    A tensor is forgotten once nothing else holds it: a replacement must not outlive what it stands for.
    """

    def __init__(self) -> None:
        self._newer: dict[int, tuple[weakref.ref[torch.Tensor], torch.Tensor]] = {}

    def replace(self, old: torch.Tensor, new: torch.Tensor) -> None:
        """Let `new` stand for `old`."""
        if new is not old:  # dropout in evaluation changes nothing
            key, newer = id(old), self._newer
            newer[key] = (weakref.ref(old, lambda _: newer.pop(key, None)), new)

    def clear(self) -> None:
        """Forget all."""
        self._newer.clear()

    def current(self, value: Any) -> Any:
        """Return the value with each replaced tensor exchanged for its newest replacement."""
        if not self._newer:
            return value
        if isinstance(value, torch.Tensor):
            while (found := self._newer.get(id(value))) is not None:
                value = found[1]
            return value
        if type(value) is dict:
            return {key: self.current(each) for key, each in value.items()}
        if type(value) in (list, tuple):
            return type(value)([self.current(each) for each in value])
        return value


def made_out_of_place(
    func: Call, args: tuple[Any, ...], kwargs: dict[str, Any], replacements: Replacements
) -> Any:
    """Make a call; if it would change its first argument, a new tensor replaces that from then on."""
    if not changes_in_place(func, args, kwargs):
        return func(*args, **kwargs)
    at = _place_of_inplace(func)
    if at is not None:
        if "inplace" in kwargs:
            kwargs = {**kwargs, "inplace": False}
        else:
            args = (*args[:at], False, *args[at + 1 :])
        result = func(*args, **kwargs)
    else:
        result = args[0].clone()
        func(result, *args[1:], **kwargs)
    replacements.replace(args[0], result)
    return result


def changes_in_place(func: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Return whether a call changes its first argument.

    Either its name says so, or it is a function of torch.nn.functional with `inplace`, by name or position.
    """
    if _changes_by_name(func):
        return True
    at = _place_of_inplace(func)
    return at is not None and bool(kwargs.get("inplace", args[at] if at < len(args) else False))


@cache
def _place_of_inplace(func: Call) -> int | None:
    try:
        names = list(signature(func).parameters)
    except (TypeError, ValueError):  # torch's own functions have no signature
        return None
    return names.index("inplace") if "inplace" in names else None


@cache
def _changes_by_name(func: Call) -> bool:
    name = getattr(func, "__name__", "")
    if name.startswith("__"):
        return name == "__setitem__" or (name.startswith("__i") and name not in _NOT_IN_PLACE)
    return name.endswith("_") and not name.endswith("__")


_NOT_IN_PLACE = ("__int__", "__index__", "__invert__", "__init__", "__instancecheck__")


def mapped_result(value: Any, kind: type | UnionType, function: Callable[[Any], Any]) -> Any:
    """Return a call's result with the function applied to each part of a kind, such as the tensors."""
    if isinstance(value, kind):
        return function(value)
    if isinstance(value, dict):
        return {key: mapped_result(each, kind, function) for key, each in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_make"):
        return value._make(mapped_result(each, kind, function) for each in value)
    if isinstance(value, list | tuple):
        return type(value)([mapped_result(each, kind, function) for each in value])
    return value
