"""Re-executes a recorded forward pass: only the calls that depend on changed parameters are run.

Pruning a layer changes nothing before it. One forward pass of a batch is recorded, call by call. A
re-execution tracks which tensors depend on the changed parameters, computes these, and returns the recorded
results for all others. This works for any eager model whose control flow does not depend on values, also
with residual connections, attention and shared weights. In-place calls are made out of place.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from prune_tui.catalog.batches import Tree, call, tensors_of
from prune_tui.reexecution.arena import Arena, Copied
from prune_tui.reexecution.calls import (
    Call,
    Replacements,
    changes_in_place,
    made_out_of_place,
    mapped_result,
)
from prune_tui.reexecution.dataflow import Dataflow

_MARK = "_prune_tui_rerun"
"""The attribute with the number of the last re-execution that computed a tensor."""

_DROPPED = -1
"""The mark of an empty tensor that stands for a result that was not kept."""


class ControlFlowChangedError(Exception):
    """A re-execution made other calls than the recording: the model's control flow depends on values."""


class Recording:
    """One forward pass of a batch: its calls, those of their results that are kept, and the outputs."""

    def __init__(
        self,
        module: nn.Module,
        inputs: Tree,
        *,
        flow: Dataflow | None = None,
        changes: range = range(0),
        arena: Arena | None = None,
        pick: Callable[[Tree], Tree] = lambda outputs: outputs,
    ) -> None:
        """Record a pass; with a `flow`, only what its `changes` need is kept, otherwise every result.

        What is kept is copied into the `arena`, which is cleared first. `pick` returns the outputs that are
        wanted.

        Raises:
            ControlFlowChangedError: the module made other calls than the flow has.
        """
        self._module, self._inputs, self._pick = module, inputs, pick
        self._calls: list[Call] = []
        self._results: list[Any] = []
        self._num_reruns = 0
        kept = None if flow is None else flow.kept(changes)
        state = (*module.parameters(), *module.buffers(), *tensors_of(inputs))
        self._before = {tensor.untyped_storage()._cdata for tensor in state}
        if arena is not None:
            arena.clear()

        def keep(result: torch.Tensor) -> torch.Tensor | Copied:
            if arena is None or result.untyped_storage()._cdata in self._before:
                return result
            return arena.copied(result)

        with _Recorder(self._calls, self._results, kept, keep):
            self.outputs = pick(call(module, inputs))

        def tensor_of(part: Copied | _Dropped) -> torch.Tensor:
            return _empty() if arena is None or isinstance(part, _Dropped) else arena.tensor_of(part)

        for position, result in enumerate(self._results):
            self._results[position] = mapped_result(result, Copied | _Dropped, tensor_of)
        if flow is not None and self._calls != flow.calls:
            raise ControlFlowChangedError
        self._kept = {
            tensor.untyped_storage()._cdata: tensor.untyped_storage().nbytes()
            for result in self._results
            for tensor in tensors_of(result)
        }

    def rerun(self, changed: Collection[nn.Parameter]) -> Tree:
        """Return the module's outputs for the recorded batch after changes to these parameters.

        Raises:
            ControlFlowChangedError: the module made other calls than when it was recorded, or takes a
                result that was not kept.
        """
        self._num_reruns += 1
        shared = self._before | self._kept.keys()
        reexecutor = _Reexecutor(self._calls, self._results, changed, self._num_reruns, shared)
        with reexecutor:
            outputs = self._pick(call(self._module, self._inputs))
        if reexecutor.position != len(self._calls) or _is_dropped(tensors_of(outputs)):
            raise ControlFlowChangedError
        return outputs

    @property
    def num_bytes(self) -> int:
        """The memory of the kept results, each storage counted once; not that of parameters and inputs."""
        return sum(size for storage, size in self._kept.items() if storage not in self._before)


class _Recorder(TorchFunctionMode):
    """Records every call, and the results to keep; an empty tensor stands for each of the others."""

    def __init__(
        self,
        calls: list[Call],
        results: list[Any],
        kept: Sequence[bool] | None,
        keep: Callable[[torch.Tensor], torch.Tensor | Copied],
    ) -> None:
        super().__init__()
        self._calls, self._results, self._kept, self._keep = calls, results, kept, keep
        self._replacements = Replacements()

    def __torch_function__(
        self, func: Call, types: Iterable[type], args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        args, kwargs = self._replacements.current(args), self._replacements.current(kwargs or {})
        result = made_out_of_place(func, args, kwargs, self._replacements)
        position = len(self._calls)
        self._calls.append(func)
        if self._kept is None or position >= len(self._kept) or self._kept[position]:
            self._results.append(mapped_result(result, torch.Tensor, self._keep))
        else:
            self._results.append(mapped_result(result, torch.Tensor, lambda _: _Dropped()))
        return result

    def __exit__(self, *exception: Any) -> None:
        super().__exit__(*exception)  # type: ignore[no-untyped-call]
        self._replacements.clear()


class _Reexecutor(TorchFunctionMode):
    """Runs the calls that depend on changed parameters, and returns the recorded results of all others."""

    def __init__(
        self,
        calls: list[Call],
        results: list[Any],
        changed: Collection[nn.Parameter],
        number: int,
        shared: set[int],
    ) -> None:
        super().__init__()
        self.position = 0
        self._calls, self._results, self._number, self._shared = calls, results, number, shared
        self._changed = {id(parameter) for parameter in changed}
        self._replacements = Replacements()

    def __torch_function__(
        self, func: Call, types: Iterable[type], args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        position = self.position
        self.position += 1
        if position >= len(self._calls) or self._calls[position] != func:
            raise ControlFlowChangedError
        args, kwargs = self._replacements.current(args), self._replacements.current(kwargs or {})
        if not self._depends(args) and not (kwargs and self._depends(kwargs)):
            recorded = self._results[position]
            if changes_in_place(func, args, kwargs):
                self._replacements.replace(args[0], recorded)
            return recorded
        if _is_dropped(tensors_of((args, kwargs))):
            raise ControlFlowChangedError
        if changes_in_place(func, args, kwargs) and self._is_own(args[0]):
            result = func(*args, **kwargs)
        else:
            result = made_out_of_place(func, args, kwargs, self._replacements)
        for tensor in tensors_of(result):
            setattr(tensor, _MARK, self._number)
        return result

    def __exit__(self, *exception: Any) -> None:
        super().__exit__(*exception)  # type: ignore[no-untyped-call]
        self._replacements.clear()

    def _depends(self, value: Any) -> bool:
        if isinstance(value, torch.Tensor):
            return getattr(value, _MARK, 0) == self._number or id(value) in self._changed
        if isinstance(value, dict):
            return any(self._depends(each) for each in value.values())
        if isinstance(value, list | tuple):
            return any(map(self._depends, value))
        return False

    def _is_own(self, value: Any) -> bool:
        """Return whether a tensor was computed by this re-execution, and shares no memory with others."""
        return (
            isinstance(value, torch.Tensor)
            and getattr(value, _MARK, 0) == self._number
            and value.untyped_storage()._cdata not in self._shared
        )


class _Dropped:
    """Stands for a result that is not kept, until the pass is over."""


def _empty() -> torch.Tensor:
    """Return an empty tensor that stands for a result that was not kept."""
    empty = torch.empty(0)
    setattr(empty, _MARK, _DROPPED)
    return empty


def _is_dropped(tensors: Iterable[torch.Tensor]) -> bool:
    return any(getattr(tensor, _MARK, 0) == _DROPPED for tensor in tensors)
