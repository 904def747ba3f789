"""Turns a network that torch.export takes into a program."""

import operator
from collections.abc import Mapping
from typing import Final

import torch
from torch import fx, nn
from torch._ops import OpOverload
from torch.export import ExportedProgram
from torch.export.graph_signature import InputKind, OutputKind
from torch.utils import _pytree as pytree

from prune_tui.catalog.batches import Tree, tensors_of
from prune_tui.catalog.tasks.task import output_at
from prune_tui.core.errors import ExportError
from prune_tui.native.exporting import first_line, quietly, traced
from prune_tui.native.operators import COMPUTING, RULES
from prune_tui.native.operators.calls import CAN_BE, Call, plain_name
from prune_tui.native.operators.draft import BATCH, Draft, Value, shape_of
from prune_tui.native.operators.moving import dropout
from prune_tui.native.program import Program

_ROOT: Final = "the network itself"


def program_of(module: nn.Module, inputs: Tree, *, output_key: str | int | None = None) -> Program:
    """Return what a network computes in evaluation mode, operation by operation.

    Only the form and the shapes of `inputs` count: one float tensor, alone or in a tuple or dict. Of several
    outputs, `output_key` names the one that is wanted, by key, field or position.

    Raises:
        ExportError: it can't be traced, takes or returns something else, or has an operation that no program
            has; the message names its layer.
        ModelError: it has no such output.
    """
    given = list(tensors_of(inputs))
    if len(given) != 1 or given[0].dim() < 2 or not given[0].is_floating_point():
        raise ExportError(
            f"this network takes {_words(given)}: only one tensor of floats can be written as C"
        )
    program = traced(module, inputs)
    output = _output(program, output_key)
    if not _is_functional(output):
        try:
            with quietly():
                program = program.run_decompositions({})
        except Exception as error:
            raise ExportError(f"this network can't be traced: {first_line(error)}") from error
        output = _output(program, output_key)
    draft = Draft(shape_of(given[0].shape))
    with torch.no_grad():
        result = _Follower(program, draft, Value(0, (BATCH, *given[0].shape[1:]))).run(output)
    if not isinstance(result, Value):
        raise ExportError("this network's output doesn't depend on its input: there is nothing to write as C")
    last = draft.placed(result, _ROOT)
    if last == 0:
        raise ExportError("this network gives back its input: there is nothing to write as C")
    return Program(draft.input, tuple(draft.nodes[:last]))


def _output(program: ExportedProgram, key: str | int | None) -> fx.Node:
    """Return the node that makes the output that is wanted."""
    nodes = {node.name: node for node in program.graph.nodes}
    specs = program.graph_signature.output_specs
    leaves = [
        nodes.get(spec.arg.name) if hasattr(spec.arg, "name") else None
        for spec in specs
        if spec.kind == OutputKind.USER_OUTPUT
    ]
    out_spec = program.call_spec.out_spec
    assert out_spec is not None
    outputs: object = pytree.tree_unflatten(leaves, out_spec)
    picked: object = outputs if key is None else output_at(outputs, key)
    if not isinstance(picked, fx.Node):
        raise ExportError(
            f"this network returns a {type(picked).__name__}: only one tensor can be written as C, name which"
        )
    return picked


def _is_functional(output: fx.Node) -> bool:
    """Whether the nodes that an output needs can be followed as they are, which spares torch many seconds.

    There are rules for views, and what is changed in place is known under no other name.
    """
    return all(_is_known(node) for node in _needed(output)) and all(
        _changes_nothing_else(node) for node in output.graph.nodes
    )


def _is_known(node: fx.Node) -> bool:
    if node.op != "call_function":
        return node.op == "placeholder"
    if isinstance(node.target, OpOverload):
        schema = node.target._schema
        is_view = schema.is_mutable or any(result.alias_info is not None for result in schema.returns)
        # What has no rule and makes new tensors would be refused anyway, or it is computed beforehand.
        return not is_view or plain_name(node.target) in RULES
    # Arithmetic with sizes, and one of several results.
    return getattr(node.target, "__module__", "") == operator.mul.__module__


def _changes_nothing_else(node: fx.Node) -> bool:
    if not isinstance(node.target, OpOverload) or not node.target._schema.is_mutable:
        return True
    if RULES.get(plain_name(node.target)) is dropout:
        return True
    changed = node.args[0]
    return (
        isinstance(changed, fx.Node)
        and len(changed.users) == 1
        and isinstance(changed.target, OpOverload)
        and plain_name(changed.target) in COMPUTING
    )


def _needed(output: fx.Node) -> set[fx.Node]:
    """Return the nodes that make an output, itself with them."""
    needed, left = set[fx.Node](), [output]
    while left:
        node = left.pop()
        if node not in needed:
            needed.add(node)
            left += node.all_input_nodes
    return needed


class _Follower:
    """Follows the graph back from an output: what each node makes, constants and values of the program."""

    def __init__(self, program: ExportedProgram, draft: Draft, value: Value) -> None:
        self._draft = draft
        self._made: dict[fx.Node, object] = {}
        nodes = {node.name: node for node in program.graph.nodes}
        tensors: Mapping[str, object] = {**program.state_dict, **program.constants}
        for spec in program.graph_signature.input_specs:
            if spec.kind == InputKind.USER_INPUT:
                is_tensor = isinstance(nodes[spec.arg.name].meta.get("val"), torch.Tensor)
                self._made[nodes[spec.arg.name]] = value if is_tensor else None
            else:
                assert spec.target is not None
                self._made[nodes[spec.arg.name]] = tensors[spec.target]

    def run(self, output: fx.Node) -> object:
        """Return what a node makes, after all that it needs."""
        needed = _needed(output)
        for node in output.graph.nodes:
            if node in needed and node not in self._made:
                self._made[node] = self._result(node)
        return self._made[output]

    def _value_of(self, leaf: object) -> object:
        return self._made[leaf] if isinstance(leaf, fx.Node) else leaf

    def _result(self, node: fx.Node) -> object:
        target, path = node.target, _path(node)
        given, named = pytree.tree_map(self._value_of, (node.args, node.kwargs))
        if target is operator.getitem:
            return _part(*given, path=path)
        depends = any(isinstance(leaf, Value) for leaf in pytree.tree_leaves((given, named)))
        if not depends and callable(target) and not _is_random(target):
            return target(*given, **named)
        rule = RULES.get(plain_name(target))
        if not depends or rule is None or not isinstance(target, OpOverload):
            raise ExportError(f"{path}: {plain_name(target)} can't be written as C: {CAN_BE}")
        if plain_name(target) in COMPUTING and any(map(_is_size, node.all_input_nodes)):
            raise ExportError(
                f"{path}: {plain_name(target)} can't be written as C: it takes the batch's size"
            )
        arguments = {argument.name: argument.default_value for argument in target._schema.arguments}
        arguments |= dict(zip(arguments, given, strict=False)) | named
        return rule(Call(target, path, arguments, _shapes(node), self._draft))


def _part(parts: object, position: object, *, path: str) -> object:
    """Return one of several results."""
    assert isinstance(parts, list | tuple)
    assert isinstance(position, int)
    if position >= len(parts):
        raise ExportError(f"{path}: where the largest elements are can't be written as C: {CAN_BE}")
    return parts[position]


def _is_size(node: fx.Node) -> bool:
    return isinstance(node.meta.get("val"), torch.SymInt | torch.SymFloat)


def _is_random(target: object) -> bool:
    return isinstance(target, OpOverload) and torch.Tag.nondeterministic_seeded in target.tags


def _path(node: fx.Node) -> str:
    """Return the path of the layer in which a node runs."""
    stack = node.meta.get("nn_module_stack")
    path = list(stack.values())[-1][0] if stack else ""
    # A layer that runs again is called `conv@1`.
    parts = [part.partition("@")[0] for part in str(path).split(".")]
    return ".".join(parts) or _ROOT


def _shapes(node: fx.Node) -> list[tuple[int, ...]]:
    """Return the shapes of a node's results, for a batch of `BATCH`."""
    made = node.meta.get("val")
    results = made if isinstance(made, list | tuple) else [made]
    return [tuple(_size(size) for size in each.shape) for each in results if isinstance(each, torch.Tensor)]


def _size(size: int | torch.SymInt) -> int:
    if isinstance(size, int):
        return size
    expression = size.node.expr
    return int(expression.subs(dict.fromkeys(expression.free_symbols, BATCH)))


def _words(given: list[torch.Tensor]) -> str:
    """Say what a network takes."""
    if len(given) != 1:
        return f"{len(given)} tensors"
    return f"a tensor of {str(given[0].dtype).removeprefix('torch.')} with {given[0].dim()} dimensions"
