"""Makes a program shorter without changing what it computes: what can be part of another node becomes it."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Final, TypeAlias

import numpy as np

from prune_tui.native.program import (
    Activation,
    AdaptiveMean,
    Affine,
    Convolution,
    Elementwise,
    Floats,
    Node,
    Pair,
    Pooling,
    Program,
    Reshape,
    Selection,
    Shape,
)

_CAN_ACTIVATE: Final = (Convolution, Affine, Pooling, AdaptiveMean, Elementwise)

Alone: TypeAlias = Callable[[int], Node | None]
"""The node that makes a value; None if something else uses it, too, or it is the input."""


def fused(program: Program) -> Program:
    """Return a program that computes the same, up to rounding, in fewer nodes."""
    for change in (
        without_idle_nodes,
        with_affines_in_convolutions,
        with_affines_before_convolutions,
        with_padding_in_convolutions,
        with_sums_in_convolutions,
        with_activations_before_reshapes,
        with_activations,
    ):
        program = change(program)
    return program


def without_idle_nodes(program: Program) -> Program:
    """Leave out what changes nothing, and what nothing uses."""
    instead = [0]
    for number, node in enumerate(program.nodes, 1):
        instead.append(instead[node.inputs[0]] if _is_idle(program, node) else number)
    nodes = [replace(node, inputs=tuple(instead[value] for value in node.inputs)) for node in program.nodes]
    return _of_used(Program(program.input, tuple(nodes[: instead[-1]])))


def with_affines_in_convolutions(program: Program) -> Program:
    """Put an affine function (a batch norm) into the convolution or the affine function before it."""

    def folded(node: Node, alone: Alone) -> Node:
        before = alone(node.inputs[0])
        if not isinstance(node.operation, Affine) or before is None or before.then is not None:
            return node
        operation = before.operation
        if isinstance(operation, Convolution) and len(before.inputs) == 1:
            made: Convolution | Affine = _scaled(operation, node.operation)
        elif isinstance(operation, Affine):
            made = _after(node.operation, operation)
        else:
            return node
        return replace(before, operation=made, then=node.then)

    return _folded(program, folded)


def with_affines_before_convolutions(program: Program) -> Program:
    """Put an affine function into the convolution after it, where its padding gets no shift."""

    def folded(node: Node, alone: Alone) -> Node:
        before = alone(node.inputs[0])
        if not isinstance(node.operation, Convolution) or before is None or before.then is not None:
            return node
        affine = before.operation
        if not isinstance(affine, Affine) or (node.operation.padding != (0, 0) and affine.shift.any()):
            return node
        operation = _of_scaled(node.operation, affine)
        return replace(node, operation=operation, inputs=(before.inputs[0], *node.inputs[1:]))

    return _folded(program, folded)


def with_padding_in_convolutions(program: Program) -> Program:
    """Let a convolution pad by itself where zeros are put around its input, as many on both sides."""

    def folded(node: Node, alone: Alone) -> Node:
        before, operation = alone(node.inputs[0]), node.operation
        if not isinstance(operation, Convolution) or before is None or before.then is not None:
            return node
        around = _zeros_around(program, before)
        if around is None:
            return node
        padding = (operation.padding[0] + around[0], operation.padding[1] + around[1])
        inputs = (before.inputs[0], *node.inputs[1:])
        return replace(node, operation=replace(operation, padding=padding), inputs=inputs)

    return _folded(program, folded)


def with_sums_in_convolutions(program: Program) -> Program:
    """Let a convolution add what its result is added to, and run where the sum did."""

    def folded(node: Node, alone: Alone) -> Node:
        if node.operation != Elementwise("add"):
            return node
        # The later of two convolutions: its input is needed there anyway.
        for value in sorted(node.inputs, reverse=True):
            before, (other,) = alone(value), [each for each in node.inputs if each != value] or (value,)
            if (
                before is not None
                and isinstance(before.operation, Convolution)
                and before.then is None
                and len(before.inputs) == 1
                and before.shape == program.shape_of(other) == node.shape
            ):
                return replace(before, inputs=(before.inputs[0], other), then=node.then)
        return node

    return _folded(program, folded)


def with_activations_before_reshapes(program: Program) -> Program:
    """Let an activation come before the reshape that it follows, next to what computes."""
    uses, nodes = _uses(program), list(program.nodes)
    for number, node in enumerate(nodes, 1):
        value = node.inputs[0]
        if isinstance(node.operation, Activation) and value and uses[value] == 1:
            before = nodes[value - 1]
            if isinstance(before.operation, Reshape) and before.then is None:
                shape = program.shape_of(before.inputs[0])
                nodes[value - 1] = replace(node, inputs=before.inputs, shape=shape, then=None)
                nodes[number - 1] = replace(before, inputs=(value,), then=node.then)
    return Program(program.input, tuple(nodes))


def with_activations(program: Program) -> Program:
    """Let what computes a value apply the activation that follows."""

    def folded(node: Node, alone: Alone) -> Node:
        before = alone(node.inputs[0])
        if (
            isinstance(node.operation, Activation)
            and node.then is None
            and before is not None
            and before.then is None
            and isinstance(before.operation, _CAN_ACTIVATE)
        ):
            return replace(before, then=node.operation)
        return node

    return _folded(program, folded)


def _folded(program: Program, fold: Callable[[Node, Alone], Node]) -> Program:
    """Put in each node's place what becomes of it and of the nodes before it, which nothing else uses."""
    uses, nodes = _uses(program), list[Node]()

    def alone(value: int) -> Node | None:
        return nodes[value - 1] if value and uses[value] == 1 else None

    for node in program.nodes:
        nodes.append(fold(node, alone))
    return _of_used(Program(program.input, tuple(nodes)))


def _uses(program: Program) -> Counter[int]:
    """Return how often each value is used; the output is used once by who runs the program."""
    return Counter([len(program.nodes), *(value for node in program.nodes for value in node.inputs)])


def _of_used(program: Program) -> Program:
    """Leave out the nodes that the output does not need."""
    needed = {len(program.nodes)}
    for number in range(len(program.nodes), 0, -1):
        if number in needed:
            needed.update(program.nodes[number - 1].inputs)
    left = sorted(needed | {0})
    new = {number: place for place, number in enumerate(left)}
    nodes = [program.nodes[number - 1] for number in left[1:]]
    return Program(
        program.input,
        tuple(replace(node, inputs=tuple(new[value] for value in node.inputs)) for node in nodes),
    )


def _is_idle(program: Program, node: Node) -> bool:
    if node.then is not None or node.shape != program.shape_of(node.inputs[0]):
        return False
    match node.operation:
        case Reshape():
            return True
        case Selection(channels, 0, 1, 0, 1):
            return np.array_equal(channels, np.arange(node.shape.channels))
    return False


def _zeros_around(program: Program, node: Node) -> Pair | None:
    """Return how many zeros a selection puts on both sides of rows and columns, if it does nothing else."""
    source = program.shape_of(node.inputs[0])
    match node.operation:
        case Selection(channels, row, 1, column, 1) if row <= 0 and column <= 0:
            padded = Shape(source.channels, source.rows - 2 * row, source.columns - 2 * column)
            if node.shape == padded and np.array_equal(channels, np.arange(source.channels)):
                return -row, -column
    return None


def _scaled(convolution: Convolution, affine: Affine) -> Convolution:
    """Return the convolution whose result is scaled and shifted."""
    weight = convolution.weight.astype(np.float64) * affine.scale[:, None, None, None]
    bias = convolution.bias.astype(np.float64) * affine.scale + affine.shift
    return replace(convolution, weight=_floats(weight), bias=_floats(bias))


def _of_scaled(convolution: Convolution, affine: Affine) -> Convolution:
    """Return the convolution of what is scaled and shifted first."""
    weight = convolution.weight.astype(np.float64)
    num_out, num_in = weight.shape[:2]
    # Output channel o takes the input channels of its group.
    group = np.arange(num_out) // (num_out // convolution.groups)
    channels = group[:, None] * num_in + np.arange(num_in)
    bias = convolution.bias + (weight.sum(axis=(2, 3)) * affine.shift[channels]).sum(axis=1)
    return replace(
        convolution,
        weight=_floats(weight * affine.scale[channels][:, :, None, None]),
        bias=_floats(bias),
    )


def _after(second: Affine, first: Affine) -> Affine:
    return Affine(
        _floats(first.scale.astype(np.float64) * second.scale),
        _floats(first.shift.astype(np.float64) * second.scale + second.shift),
    )


def _floats(array: np.ndarray) -> Floats:
    return array.astype(np.float32)
