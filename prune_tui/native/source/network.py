"""Writes a program as one C source: its numbers, a function for each node, and the one that runs all."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from string import Template
from typing import Final

from prune_tui.native.layout import Layout, Place, layout_of
from prune_tui.native.program import Convolution, Node, Program, Shape
from prune_tui.native.source.constants import Constants
from prune_tui.native.source.convolution import convolution_source, scratch_size
from prune_tui.native.source.kernels import FULL, WAYS, Block, Site, Way, indented
from prune_tui.native.source.others import other_lines

_MOST_EMBEDDED: Final = 30_000
"""With more numbers the text takes long to compile, and they go into a file beside it."""

WEIGHTS_FILE: Final = "net.weights"


@dataclass(frozen=True, slots=True)
class Choice:
    """How many output channels share their taps in a batch, and for one example."""

    batch: Block = 1
    one: Block = 1

    def of(self, way: Way) -> Block:
        return self.batch if way == "batch" else self.one


@dataclass(frozen=True, slots=True)
class Source:
    """A network as C: the text, and the numbers of the file beside it; empty where the text holds them."""

    text: str
    weights: bytes


def source_of(
    program: Program,
    choices: Sequence[Choice | None],
    *,
    few: int = 3,
    embeds: bool | None = None,
    for_timing: bool = False,
) -> Source:
    """Write a program; `choices` has one for each node that is a convolution.

    Up to `few` sixteenths of a vector's examples are run one by one, more side by side; with sixteen, all are
    run one by one. `embeds` says whether the numbers are in the text; None where they are if they are not too
    many. `for_timing` adds a function that runs single nodes, both ways.
    """
    layout, constants = layout_of(program), Constants()
    ways: tuple[Way, ...] = WAYS if few < FULL or for_timing else ("one",)
    functions, calls = list[str](), {way: list[str]() for way in WAYS}
    scratch = 0
    for index, node in enumerate(program.nodes):
        if layout.is_alias(index, node.inputs):
            continue
        name = _function_name(node, index)
        if isinstance(node.operation, Convolution):
            site = _site(node, node.operation, name, layout, index)
            scratch = max(scratch, scratch_size(site))
        for way in ways:
            functions.append(_function(index, node, name, way, layout, constants, choices[index]))
            calls[way].append(f"{name}_{way}(m);")
    embeds = constants.size <= _MOST_EMBEDDED if embeds is None else embeds
    shape, output = program.input, program.shape_of(len(program.nodes))
    memory = layout.size + -(-scratch // 16) * 16
    text = _text(
        "net.c",
        input=_shape_text(shape),
        output=_shape_text(output),
        input_size=shape.size,
        output_size=output.size,
        size=layout.size,
        one_size=memory,
        few=few,
        side_by_side=int(len(ways) > 1),
        operations=_text("operations.c"),
        constants=constants.as_text() if embeds else constants.as_references(WEIGHTS_FILE, "net_weights"),
        functions="\n\n".join(functions),
        load_batch=_load(layout.places[0], "batch"),
        load_one=_load(layout.places[0], "one"),
        batch=indented(calls["batch"]),
        one=indented(calls["one"]),
        store_batch=_store(layout.places[-1], "count", "LANES"),
        store_one=_store(layout.places[-1], "1", "1"),
    )
    if for_timing:
        text += _text("timing.c", nodes=indented([f"{call[:-4]}," for way in WAYS for call in calls[way]]))
    return Source(text, b"" if embeds else constants.as_bytes())


def header_of(program: Program) -> str:
    """Return the header that goes with the source of a program."""
    output = program.shape_of(len(program.nodes))
    return _text(
        "net.h",
        input=_shape_text(program.input),
        output=_shape_text(output),
        input_size=program.input.size,
        output_size=output.size,
    )


def _function_name(node: Node, index: int) -> str:
    """Return a name that begins with a letter, and that no other node's names begin with."""
    name = node.name or type(node.operation).__name__.lower()
    return re.sub(r"\W+", "_", f"n{index}_{name}", flags=re.ASCII)


def _site(node: Node, convolution: Convolution, name: str, layout: Layout, index: int) -> Site:
    sources = [layout.places[value] for value in node.inputs]
    addend = sources[1] if len(sources) > 1 else None
    return Site(
        node,
        convolution,
        name,
        sources[0],
        layout.places[index + 1],
        addend,
    )


def _function(
    index: int, node: Node, name: str, way: Way, layout: Layout, constants: Constants, choice: Choice | None
) -> str:
    target, side = layout.places[index + 1], "LANES" if way == "batch" else "1"
    if isinstance(node.operation, Convolution):
        assert choice is not None, "every convolution has a choice"
        site = _site(node, node.operation, name, layout, index)
        return convolution_source(site, way, choice.of(way), constants, _halo(target, side))
    sources = [layout.places[value] for value in node.inputs]
    lines = other_lines(node, name, sources, target, side, constants)
    return f"static void {name}_{way}(float *restrict m)\n{{\n{indented([*_halo(target, side), *lines])}\n}}"


def _halo(place: Place, side: str) -> list[str]:
    """Return the statement that sets a value's halo to zero; none where it has no halo."""
    if place.is_bare:
        return []
    shape = place.shape
    sizes = f"{shape.channels}, {shape.rows}, {shape.columns}, {place.halo[0]}, {place.halo[1]}"
    return [f"zero_halo(m + (size_t){place.offset} * {side}, {sizes}, {side});"]


def _load(place: Place, way: Way) -> str:
    shape, side = place.shape, "LANES" if way == "batch" else "1"
    sizes = f"{shape.channels}, {shape.rows}, {shape.columns}, {place.pitch}, {place.plane}"
    inside = f"m + (size_t){place.offset + place.inside} * {side}"
    load = (
        f"load_batch({inside}, in, count, {sizes});"
        if way == "batch"
        else f"load_one({inside}, in, {sizes});"
    )
    return indented([*_halo(place, side), load])


def _store(place: Place, count: str, side: str) -> str:
    shape = place.shape
    sizes = f"{shape.channels}, {shape.rows}, {shape.columns}, {place.pitch}, {place.plane}"
    return indented(
        [f"store(out, m + (size_t){place.offset + place.inside} * {side}, {count}, {sizes}, {side});"]
    )


def _shape_text(shape: Shape) -> str:
    if shape.rows == shape.columns == 1:
        return f"{shape.channels} numbers"
    return f"{shape.channels} x {shape.rows} x {shape.columns} numbers (channels, rows, columns)"


def _text(file: str, **words: object) -> str:
    """Return a text of C with its words filled in."""
    return Template(files("prune_tui.native.source").joinpath(file).read_text("utf-8")).substitute(words)
