"""Re-executes a recorded forward pass: only the calls that depend on changed parameters are run.

Pruning a layer changes nothing before it. One forward pass of a batch is recorded, call by call. A
re-execution tracks which tensors depend on the changed parameters, computes these, and returns the recorded
results for all others. This works for any eager model whose control flow does not depend on values, also
with residual connections, attention and shared weights. In-place calls are made out of place.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from functools import cache
from inspect import signature
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from prune_tui.catalog.batches import Tree, call

Call = Callable[..., Any]
Replacements = dict[int, tuple[torch.Tensor, torch.Tensor]]
"""By the id of a tensor that a call would change in place: that tensor, and the one that replaces it."""

_MARK = "_prune_tui_rerun"
"""The attribute with the number of the last re-execution that computed a tensor."""


class ControlFlowChangedError(Exception):
    """A re-execution made other calls than the recording: the model's control flow depends on values."""


class Recording:
    """One forward pass of a batch: its calls, their results, and the outputs."""

    def __init__(self, module: nn.Module, inputs: Tree) -> None:
        self._module, self._inputs = module, inputs
        self._calls: list[Call] = []
        self._results: list[Any] = []
        self._num_reruns = 0
        with _Recorder(self._calls, self._results):
            self.outputs = call(module, inputs)

    def rerun(self, changed: Collection[nn.Parameter]) -> Tree:
        """Return the module's outputs for the recorded batch after changes to these parameters.

        Raises:
            ControlFlowChangedError: the module made other calls than when it was recorded.
        """
        self._num_reruns += 1
        reexecutor = _Reexecutor(self._calls, self._results, changed, self._num_reruns)
        with reexecutor:
            outputs = call(self._module, self._inputs)
        if reexecutor.position != len(self._calls):
            raise ControlFlowChangedError
        return outputs

    @property
    def num_bytes(self) -> int:
        """The memory of the recorded results, each storage counted once."""
        storages = {
            tensor.untyped_storage().data_ptr(): tensor.untyped_storage().nbytes()
            for result in self._results
            for tensor in _tensors(result)
        }
        return sum(storages.values())


class _Recorder(TorchFunctionMode):
    """Records every call and its result."""

    def __init__(self, calls: list[Call], results: list[Any]) -> None:
        super().__init__()
        self._calls, self._results = calls, results
        self._replacements: Replacements = {}

    def __torch_function__(
        self, func: Call, types: Iterable[type], args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        result = _called(
            func,
            _current(args, self._replacements),
            _current(kwargs or {}, self._replacements),
            self._replacements,
        )
        self._calls.append(func)
        self._results.append(result)
        return result


class _Reexecutor(TorchFunctionMode):
    """Runs the calls that depend on changed parameters, and returns the recorded results of all others."""

    def __init__(
        self, calls: list[Call], results: list[Any], changed: Collection[nn.Parameter], number: int
    ) -> None:
        super().__init__()
        self.position = 0
        self._calls, self._results, self._number = calls, results, number
        self._changed = {id(parameter) for parameter in changed}
        self._replacements: Replacements = {}

    def __torch_function__(
        self, func: Call, types: Iterable[type], args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        position = self.position
        self.position += 1
        if position >= len(self._calls) or self._calls[position] != func:
            raise ControlFlowChangedError
        args, kwargs = _current(args, self._replacements), _current(kwargs or {}, self._replacements)
        if not any(self._depends(tensor) for tensor in _tensors((args, kwargs))):
            recorded = self._results[position]
            if _changes_in_place(func, args, kwargs):
                _replace(args[0], recorded, self._replacements)
            return recorded
        result = _called(func, args, kwargs, self._replacements)
        for tensor in _tensors(result):
            setattr(tensor, _MARK, self._number)
        return result

    def _depends(self, tensor: torch.Tensor) -> bool:
        return id(tensor) in self._changed or getattr(tensor, _MARK, 0) == self._number


def _called(
    func: Call,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    replacements: Replacements,
) -> Any:
    """Make a call; if it would change its first argument, a new tensor replaces that from then on."""
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
    _replace(args[0], result, replacements)
    return result


def _replace(old: torch.Tensor, new: torch.Tensor, replacements: Replacements) -> None:
    if new is not old:  # dropout in evaluation changes nothing
        replacements[id(old)] = (old, new)


def _changes_in_place(func: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    return _changes_by_name(func) or _is_asked_to_change(func, args, kwargs)


def _is_asked_to_change(func: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Return whether a function of torch.nn.functional is called with `inplace`, by name or by position."""
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


def _current(value: Any, replacements: Replacements) -> Any:
    """Return the value with each replaced tensor exchanged for its newest replacement."""
    if not replacements:
        return value
    if isinstance(value, torch.Tensor):
        while id(value) in replacements:
            value = replacements[id(value)][1]
        return value
    if isinstance(value, dict):
        return {key: _current(each, replacements) for key, each in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_current(each, replacements) for each in value)
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
