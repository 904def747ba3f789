"""Writes a convolution: a kernel for each form of tile, and the loops that call them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

import numpy as np

from prune_tui.native.layout import Place
from prune_tui.native.program import Convolution, Floats, Ints, Node
from prune_tui.native.source.activations import activated, activating
from prune_tui.native.source.constants import Constants
from prune_tui.native.source.taps import Steps, Taps, first_tap, taps_of
from prune_tui.native.source.tiles import MOST_ACCUMULATORS, Tile, TileAt, tiles_of

Block: TypeAlias = Literal[1, 4, 16]
"""How many output channels share their taps: 1 stores no zero; 16 is for one example, and fills a vector."""

Way: TypeAlias = Literal["batch", "one"]
"""As many examples side by side as a vector holds, or one alone."""

WAYS: Final[tuple[Way, ...]] = ("batch", "one")

_FULL: Final = 16
_CHAINS: Final = 6
"""So many sums that don't wait for each other keep the processor busy."""
_PARALLEL_FROM: Final = 200_000
"""With fewer multiplications, threads take longer to begin than to end."""


@dataclass(frozen=True, slots=True)
class Vectors:
    """What a kernel computes at once: its C type, how many columns it spans, and the unit of distances."""

    kind: str
    width: int
    unit: str

    def at(self, name: str, distance: int) -> str:
        return f"{name} + {distance}{self.unit}" if distance else name


BATCH: Final = Vectors("batch", 1, " * LANES")


def vectors_of(way: Way, columns: int) -> Vectors:
    """Return the vectors for an output with so many columns."""
    if way == "batch":
        return BATCH
    width = next((width for width in (8, 4) if columns >= width), 1)
    return Vectors(f"v{width}" if width > 1 else "float", width, "")


@dataclass(frozen=True, slots=True)
class Site:
    """A convolution in its network: the node, its function's name, and where its values lie.

    `addend` is the place of what is added to the result; None where there is nothing.
    """

    node: Node
    convolution: Convolution
    name: str
    source: Place
    target: Place
    addend: Place | None


def convolution_source(
    site: Site, way: Way, block: Block, constants: Constants, first: Sequence[str] = ()
) -> str:
    """Return the functions of a convolution; the last, of the site's name and the way, is the one to call.

    `first` are statements that it begins with.
    """
    vectors = vectors_of(way, site.target.shape.columns)
    steps, prologue = _steps(site, vectors)
    num_outputs = len(site.convolution.weight)
    whole = num_outputs // block * block if block < _FULL else num_outputs
    parts = [(block, slice(0, whole)), (1, slice(whole, num_outputs))]
    functions, calls = list[str](), list[str]()
    for each, outputs in parts:
        if outputs.start < outputs.stop:
            written, called = _part(site, way, each, outputs, steps, vectors, constants)
            functions += written
            calls += called
    pointers = [
        f"const float *x = m{_moved(site.source.offset, vectors)};",
        f"float *const y = m{_moved(site.target.offset, vectors)};",
    ]
    if site.addend:
        pointers.append(f"const float *const z = m{_moved(site.addend.offset, vectors)};")
    body = [*first, *pointers, *prologue, *calls]
    functions.append(f"static void {site.name}_{way}(float *m)\n{{\n" + indented(body) + "\n}")
    return "\n\n".join(functions)


def _moved(distance: int, vectors: Vectors) -> str:
    return f" + (size_t){distance}{vectors.unit}" if distance else ""


def _steps(site: Site, vectors: Vectors) -> tuple[Steps, list[str]]:
    """Return how the input lies when the kernels read it, and statements that bring it there."""
    convolution, source = site.convolution, site.source
    stride = convolution.stride[1]
    if vectors.width == 1 or stride == 1:
        return Steps(source.plane, source.pitch), [f"x += {first_tap(source, convolution)}{vectors.unit};"]
    shape, (top, left) = source.shape, convolution.padding
    rows, part = _parted(site)
    pitch = part * stride
    lines = [
        "float *const parted = m + SCRATCH;",
        f"part_columns(parted, x + {source.inside}, {shape.channels}, {shape.rows}, {shape.columns}, "
        f"{source.pitch}, {source.plane}, {rows}, {top}, {left}, {stride}, {part});",
        "x = parted;",
    ]
    return Steps(rows * pitch, pitch, stride, part), lines


def _parted(site: Site) -> tuple[int, int]:
    """Return how many rows of the input are read, padding included, and how many columns a part has."""
    convolution, shape = site.convolution, site.target.shape
    kernel_rows, kernel_columns = convolution.weight.shape[2:]
    rows = (shape.rows - 1) * convolution.stride[0] + (kernel_rows - 1) * convolution.dilation[0] + 1
    return rows, shape.columns + (kernel_columns - 1) * convolution.dilation[1] // convolution.stride[1]


def scratch_size(site: Site) -> int:
    """Return how many elements a convolution needs beside its values, for one example."""
    if site.convolution.stride[1] == 1 or vectors_of("one", site.target.shape.columns).width == 1:
        return 0
    rows, part = _parted(site)
    return site.source.shape.channels * rows * part * site.convolution.stride[1]


def _part(
    site: Site, way: Way, block: int, outputs: slice, steps: Steps, vectors: Vectors, constants: Constants
) -> tuple[list[str], list[str]]:
    """Return the kernels for some output channels, and the statements that call them."""
    convolution = _padded(site.convolution, block)
    if len(convolution.weight) > outputs.stop:
        outputs = slice(outputs.start, len(convolution.weight) if block == _FULL else outputs.stop)
    taps = taps_of(convolution, block, outputs)
    prefix = f"{site.name}_{block}" if block > 1 else f"{site.name}_tail" if outputs.start else site.name
    names = _names(prefix, way, taps, steps.offsets(taps, convolution), convolution.bias[outputs], constants)
    num_blocks = len(taps.begins) - 1
    most = MOST_ACCUMULATORS // {1: 1, 4: 4, _FULL: 2}[block]
    shape = site.target.shape
    tiles = tiles_of(shape, 1 if block == _FULL else vectors.width, most)
    row_step = convolution.stride[0] * steps.pitch
    column_step = convolution.stride[1] if steps.parts == 1 and (vectors.width == 1 or block == _FULL) else 1
    functions, calls, written = list[str](), list[str](), dict[Tile, str]()
    is_parallel = way == "one" and len(taps.channels) * block * shape.rows * shape.columns >= _PARALLEL_FROM
    for at in tiles:
        if at.tile not in written:
            written[at.tile] = f"{prefix}_{way}_{len(written)}"
            kernel = Kernel(
                name=written[at.tile],
                site=site,
                block=block,
                first_output=outputs.start,
                vectors=vectors,
                inputs=at.tile.places(row_step, column_step),
                outputs=at.tile.places(site.target.pitch, 1),
                addends=at.tile.places(site.addend.pitch, 1) if site.addend else (),
                names=names,
            )
            functions.append(_full_kernel(kernel) if block == _FULL else _kernel(kernel))
        calls += _calls(site, at, written[at.tile], row_step, column_step, vectors)
    if is_parallel:
        calls = [
            "PARALLEL",
            f"for (int o = 0; o < {num_blocks}; o++) {{",
            *_each_block(calls, "o", "o + 1"),
            "}",
        ]
    else:
        calls = _each_block(calls, "0", str(num_blocks))
    return functions, calls


def _each_block(calls: Sequence[str], first: str, end: str) -> list[str]:
    return [line.replace("FROM", first).replace("TO", end) for line in calls]


def _padded(convolution: Convolution, block: int) -> Convolution:
    """Return the convolution with output channels of zeros, for whole blocks of sixteen."""
    missing = -len(convolution.weight) % block
    if block != _FULL or not missing:
        return convolution
    weight = np.concatenate(
        [convolution.weight, np.zeros_like(convolution.weight[:1]).repeat(missing, axis=0)]
    )
    return replace(convolution, weight=weight, bias=np.pad(convolution.bias, (0, missing)))


@dataclass(frozen=True, slots=True)
class Names:
    """The names of a kernel's arrays."""

    begins: str
    offsets: str
    values: str
    bias: str


def _names(prefix: str, way: Way, taps: Taps, offsets: Ints, bias: Floats, constants: Constants) -> Names:
    """Keep the arrays of a kernel, those that both ways share only once."""
    return Names(
        begins=constants.add(f"{prefix}_begin", taps.begins),
        offsets=constants.share(f"{prefix}_offset", f"{prefix}_{way}_offset", offsets),
        values=constants.add(f"{prefix}_value", taps.values),
        bias=constants.add(f"{prefix}_bias", bias),
    )


def _calls(
    site: Site, at: TileAt, kernel: str, row_step: int, column_step: int, vectors: Vectors
) -> list[str]:
    """Return the loop over a tile's rows."""
    target, addend, unit = site.target, site.addend, vectors.unit
    arguments = [
        f"x + ((size_t)r * {row_step} + {at.column * column_step}){unit}",
        f"y + ((size_t)r * {target.pitch} + {target.inside + at.column}){unit}",
    ]
    if addend:
        arguments.append(f"z + ((size_t)r * {addend.pitch} + {addend.inside + at.column}){unit}")
    return [
        f"for (int r = {at.first}; r < {at.end}; r += {at.tile.rows})",
        f"    {kernel}({', '.join(arguments)}, FROM, TO);",
    ]


@dataclass(frozen=True, slots=True)
class Kernel:
    """One kernel: its function's name, the distances of the vectors of its tile, and its arrays."""

    name: str
    site: Site
    block: int
    first_output: int
    vectors: Vectors
    inputs: Sequence[int]
    outputs: Sequence[int]
    addends: Sequence[int]
    names: Names

    @property
    def opening(self) -> str:
        """The beginning of its function: from one block of output channels to before another."""
        z = ", const float *restrict z" if self.addends else ""
        return (
            f"static void {self.name}(const float *restrict x, float *restrict y{z}, int from, int to)\n{{\n"
            "    for (int o = from; o < to; o++) {"
        )

    def moved(self, name: str, place: Place, channel: str) -> str:
        return f"{name} + (size_t)({channel}) * {place.plane}{self.vectors.unit}"


def _kernel(kernel: Kernel) -> str:
    """Return a kernel whose vectors are outputs of one channel."""
    vectors, names, block, site = kernel.vectors, kernel.names, kernel.block, kernel.site
    count = len(kernel.inputs)
    num_chains = max(1, min(4, _CHAINS // (count * block)))
    chains = "abcd"[:num_chains]
    lines = []
    for b in range(block):
        for k in range(count):
            start = (
                f"EACH({vectors.kind}, {names.bias}[o * {block} + {b}])"
                if vectors.kind != "float"
                else (f"{names.bias}[o * {block} + {b}]")
            )
            zero = "{0}" if vectors.kind != "float" else "0.0f"
            lines += [
                f"{vectors.kind} {chain}{b}_{k} = {start if chain == 'a' else zero};" for chain in chains
            ]
    lines.append(f"size_t n = {names.begins}[o];")
    lines.append(f"const size_t end = {names.begins}[o + 1];")
    if num_chains > 1:
        lines.append(f"for (; n + {num_chains} <= end; n += {num_chains}) {{")
        for step, chain in enumerate(chains):
            lines += ["    {", *("        " + line for line in _taps(kernel, chain, f"n + {step}")), "    }"]
        lines.append("}")
    lines += ["for (; n < end; n++) {", *("    " + line for line in _taps(kernel, "a", "n")), "}"]
    for b in range(block):
        channel = f"{kernel.first_output} + o * {block} + {b}"
        lines.append(f"float *const q{b} = {kernel.moved('y', site.target, channel)};")
        if site.addend:
            lines.append(f"const float *const s{b} = {kernel.moved('z', site.addend, channel)};")
        for k in range(count):
            total = f"a{b}_{k}"
            lines += [f"{total} += {chain}{b}_{k};" for chain in chains[1:]]
            if site.addend:
                lines.append(f"{total} += AT({vectors.kind}, {vectors.at(f's{b}', kernel.addends[k])});")
            lines += activating(site.node.then, total, vectors.kind)
            lines.append(f"PUT({vectors.kind}, {vectors.at(f'q{b}', kernel.outputs[k])}, {total});")
    return kernel.opening + "\n" + indented(lines, 2) + "\n    }\n}"


def _taps(kernel: Kernel, chain: str, index: str) -> list[str]:
    """Return the statements that add one tap, times the weights of a block, to a chain's sums."""
    names, vectors, block = kernel.names, kernel.vectors, kernel.block
    lines = [f"const float *const p = x + (size_t){names.offsets}[{index}]{vectors.unit};"]
    lines += [f"const float w{b} = {names.values}[({index}) * {block} + {b}];" for b in range(block)]
    for k, distance in enumerate(kernel.inputs):
        lines.append(f"const {vectors.kind} t{k} = AT({vectors.kind}, {vectors.at('p', distance)});")
        lines += [f"{chain}{b}_{k} += w{b} * t{k};" for b in range(block)]
    return lines


def _full_kernel(kernel: Kernel) -> str:
    """Return a kernel for one example whose vectors are sixteen output channels at one position."""
    names, site, count = kernel.names, kernel.site, len(kernel.inputs)
    chains = "abcd"[: max(1, min(4, _CHAINS // (2 * count)))]
    lines = []
    for k in range(count):
        for half in range(2):
            bias = f"AT(v8, {names.bias} + o * {_FULL} + {8 * half})"
            lines += [f"v8 {chain}{half}_{k} = {bias if chain == 'a' else '{0}'};" for chain in chains]
    lines += [f"size_t n = {names.begins}[o];", f"const size_t end = {names.begins}[o + 1];"]

    def taps(chain: str, index: str) -> list[str]:
        each = [
            f"const float *const p = x + {names.offsets}[{index}];",
            f"const float *const w = {names.values} + ({index}) * {_FULL};",
        ]
        for k, distance in enumerate(kernel.inputs):
            each += [f"{chain}{half}_{k} += p[{distance}] * AT(v8, w + {8 * half});" for half in range(2)]
        return each

    if len(chains) > 1:
        lines.append(f"for (; n + {len(chains)} <= end; n += {len(chains)}) {{")
        for step, chain in enumerate(chains):
            lines += ["    {", *("        " + line for line in taps(chain, f"n + {step}")), "    }"]
        lines.append("}")
    lines += ["for (; n < end; n++) {", *("    " + line for line in taps("a", "n")), "}"]
    num_outputs = site.target.shape.channels
    lines.append(f"const int left = {num_outputs} - o * {_FULL};")
    for k in range(count):
        for half in range(2):
            total = f"a{half}_{k}"
            lines += [f"{total} += {chain}{half}_{k};" for chain in chains[1:]]
            lines += [] if site.addend else activating(site.node.then, total, "v8")
            lines.append(f"for (int l = 0; l < 8 && l + {8 * half} < left; l++) {{")
            channel = f"o * {_FULL} + {8 * half} + l"
            value = f"{total}[l]"
            if site.addend:
                value = activated(
                    site.node.then,
                    f"{value} + z[(size_t)({channel}) * {site.addend.plane} + {kernel.addends[k]}]",
                )
            lines.append(f"    y[(size_t)({channel}) * {site.target.plane} + {kernel.outputs[k]}] = {value};")
            lines.append("}")
    return kernel.opening + "\n" + indented(lines, 2) + "\n    }\n}"


def indented(lines: Sequence[str], depth: int = 1) -> str:
    """Return the lines as one text, further in."""
    return "\n".join("    " * depth + line for line in lines)
