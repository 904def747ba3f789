"""Follows units through one pass of a module, operation by operation, whatever its inputs and outputs are."""

from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass

import torch
from torch import nn
from torch._ops import OpOverload
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.weak import WeakIdKeyDictionary

from prune_tui.coupling.call import Call, Known, Rule, no_axes, plain_name
from prune_tui.coupling.labels import Axes, Ints, Ledger
from prune_tui.coupling.parameters import RECURRENT, Role, named_axes
from prune_tui.coupling.rules import RULES
from prune_tui.coupling.rules.pointwise import pointwise
from prune_tui.coupling.rules.products import product_of


@dataclass(frozen=True, slots=True)
class Slot:
    """A dimension of a parameter or buffer, with the unit of each position, [size].

    `reads` says whether these are columns that read the units.
    """

    name: str
    dim: int
    role: Role
    units: Ints
    reads: bool


@dataclass(frozen=True, slots=True)
class Product:
    """Multiply-adds of one operation in the whole pass, by the weight of this name, if that is one's.

    They are proportional to each of the `dims`, given by the unit of each position, [size].
    """

    weight: str | None
    macs: int
    dims: tuple[Ints, ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """What one pass showed: where each unit is, and which can't be removed and why.

    `used` are the weights in the order they ran; `batch_norms` maps a weight to the batch norm whose scale or
    running mean is named, if that comes right after; `products` are in the order they ran.
    """

    slots: tuple[Slot, ...]
    reasons: Mapping[int, str]
    used: tuple[str, ...]
    batch_norms: Mapping[str, str]
    products: tuple[Product, ...] = ()


class PassFailedError(Exception):
    """A module raised something when it was copied or called."""


def traced(module: nn.Module, inputs: object, run: Callable[[], object]) -> Trace:
    """Follow the units of a module in evaluation mode while `run` calls it with `inputs`."""
    ledger = Ledger()
    mode = _Following(ledger)
    named = named_axes(module, ledger)
    for name, (tensor, axes, _roles) in named.items():
        mode.known[tensor] = Known(axes, is_weight=True, source=name)
    for tensor in tensors_in(inputs):
        mode.known[tensor] = Known(no_axes(tensor))
    with torch.no_grad(), _plain_attention(), mode:
        outputs = run()
    for tensor in tensors_in(outputs):
        for axis in mode.look_up(tensor).axes:
            ledger.pin(axis, "its units are the outputs")
    units, reads = ledger.units(), ledger.contracted()
    slots = tuple(
        Slot(name, dim, role, units[axis.atoms], bool(reads[axis.atoms].any()))
        for name, (_tensor, axes, roles) in named.items()
        for dim, (axis, role) in enumerate(zip(axes, roles, strict=True))
        if axis is not None
    )
    products = tuple(
        Product(weight, macs, tuple(units[axis.atoms] for axis in axes if axis is not None))
        for weight, macs, axes in mode.products
    )
    return Trace(slots, ledger.reasons(units), tuple(mode.used), mode.batch_norms, products)


def tensors_in(tree: object) -> list[torch.Tensor]:
    """Return the tensors in nested tuples, lists, dicts, dataclasses and other objects, each object once."""
    found: list[torch.Tensor] = []
    seen: set[int] = set()
    waiting = [tree]
    while waiting:
        item = waiting.pop()
        match item:
            case torch.Tensor():
                found.append(item)
            case None | bool() | int() | float() | str() | bytes():
                pass
            case _ if id(item) in seen:
                pass
            case Mapping():
                waiting += reversed(list(item.values()))
            case Sequence() | set():
                waiting += reversed(list(item))
            case _ if is_dataclass(item):
                waiting += [getattr(item, field.name) for field in reversed(fields(item))]
            case _ if hasattr(item, "__dict__"):
                waiting += reversed(list(vars(item).values()))
            case _:
                pass
        seen.add(id(item))
    return found


class _Following(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Applies the rule of each operation that runs; what has none pins all units that it meets."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.known: MutableMapping[torch.Tensor, Known] = WeakIdKeyDictionary()
        self.used: dict[str, None] = {}
        self.batch_norms: dict[str, str] = {}
        self.products: list[tuple[str | None, int, Axes]] = []
        self._ledger = ledger

    def look_up(self, tensor: torch.Tensor) -> Known:
        return self.known[tensor] if tensor in self.known else Known(no_axes(tensor))

    def __torch_dispatch__(
        self,
        func: OpOverload,
        types: Sequence[type],
        args: Sequence[object] = (),
        kwargs: Mapping[str, object] | None = None,
    ) -> object:
        before = args[0].stride() if args and isinstance(args[0], torch.Tensor) else ()
        result: object = func(*args, **(kwargs or {}))
        schema = func._schema.arguments
        given = {argument.name: value for argument, value in zip(schema, args, strict=False)}
        defaults = {argument.name: argument.default_value for argument in schema}
        arguments = {**defaults, **given, **(kwargs or {})}
        self._note(Call(func, arguments, tensors_in(result), before, self._ledger, self.look_up))
        return result

    def _note(self, call: Call) -> None:
        inputs = [self.look_up(tensor) for tensor in call.inputs]
        self.used |= {each.source: None for each in inputs if each.is_weight and each.source is not None}
        product = product_of(call)
        self.products += [product] if product is not None else []
        rule = _rule_for(call.operation)
        axes: Sequence[Axes] = ()
        if any(axis is not None for each in inputs for axis in each.axes):
            axes = self._applied(call, rule)
        source = self._source(call)
        is_weight = all(each.is_weight for each in inputs)
        for place, output in enumerate(call.outputs):
            own = axes[place] if place < len(axes) else ()
            fitting = len(own) == output.dim() and all(
                axis is None or len(axis) == size for axis, size in zip(own, output.shape, strict=True)
            )
            assert fitting or not own, call.name
            self.known[output] = Known(own if own else no_axes(output), is_weight, source)

    def _applied(self, call: Call, rule: Rule | None) -> Sequence[Axes]:
        if rule is not None:
            try:
                return rule(call)
            except (AssertionError, IndexError, KeyError, StopIteration, TypeError, ValueError):
                pass  # a form of the operation that its rule does not know
        for tensor in call.inputs:
            for axis in self.look_up(tensor).axes:
                self._ledger.pin(axis, _reason_for(call))
        return ()

    def _source(self, call: Call) -> str | None:
        """Return the weight that an operation views, or whose product it is; note the batch norms after."""
        if call.name in ("t", "transpose", "view", "_unsafe_view", "detach", "alias", "_to_copy"):
            return self.look_up(call.inputs[0]).source
        if call.name in ("convolution", "addmm", "mm", "linear"):
            weight = self.look_up(call.tensor("mat2" if "mat2" in call.arguments else "weight"))
            return weight.source if weight.is_weight else None
        if "batch_norm" in call.name:
            before = self.look_up(call.tensor("input"))
            own = next((name for name in ("weight", "running_mean") if call.has(name)), None)
            norm = self.look_up(call.tensor(own)).source if own else None
            if before.source is not None and not before.is_weight and norm is not None:
                self.batch_norms.setdefault(before.source, norm)
        return None


def _rule_for(operation: OpOverload) -> Rule | None:
    rule = RULES.get(plain_name(operation))
    return pointwise if rule is None and torch.Tag.pointwise in operation.tags else rule


def _reason_for(call: Call) -> str:
    if "attention" in call.name:
        return "its units belong to attention heads"
    if any(kind in call.name for kind in ("rnn", "lstm", "gru")):
        return RECURRENT
    return f"its units meet an operation that can't be traced ({call.name})"


@contextmanager
def _plain_attention() -> Iterator[None]:
    """Let attention run as its single operations, not as the one fused operation of evaluation mode."""
    was_fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(was_fast)
