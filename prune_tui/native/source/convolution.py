"""Writes a convolution: a kernel for each form of tile, and the loops that call them."""

from collections.abc import Sequence
from dataclasses import replace
from math import ceil
from typing import Final

import numpy as np

from prune_tui.native.program import Convolution, Floats, Ints
from prune_tui.native.source.constants import Constants
from prune_tui.native.source.kernels import (
    FULL,
    Block,
    Kernel,
    Names,
    Site,
    Vectors,
    Way,
    full_kernel,
    indented,
    kernel_text,
    vectors_of,
)
from prune_tui.native.source.taps import Steps, Taps, first_tap, taps_of
from prune_tui.native.source.tiles import MOST_ACCUMULATORS, MOST_WIDE_ACCUMULATORS, Tile, TileAt, tiles_of

_NEAR_BYTES: Final = 2**15
"""So much surely stays in the cache next to the processor while it is used."""

_FEWEST_TAPS: Final = 4
"""With fewer taps of an output in a portion, taking sums up again costs more than is gained."""

_PARALLEL_FROM: Final = 200_000
"""With fewer multiplications, threads take longer to begin than to end."""


def convolution_source(
    site: Site, way: Way, block: Block, constants: Constants, first: Sequence[str] = ()
) -> str:
    """Return the functions of a convolution; the last, of the site's name and the way, is the one to call.

    `first` are statements that it begins with.
    """
    usual = vectors_of(way, site.target.shape.columns)
    wide, narrow = (
        _written(site, way, block, Vectors(kind, 1, "") if block == FULL else usual, most, constants, first)
        for kind, most in (("v16", MOST_WIDE_ACCUMULATORS), ("v8", MOST_ACCUMULATORS))
    )
    return wide if wide == narrow else f"#if LANES == 16\n{wide}\n#else\n{narrow}\n#endif"


def _written(
    site: Site,
    way: Way,
    block: Block,
    vectors: Vectors,
    most: int,
    constants: Constants,
    first: Sequence[str],
) -> str:
    """Return the functions of a convolution by vectors of one kind, at most so many of them in registers."""
    steps, prologue = _steps(site, vectors)
    num_outputs = len(site.convolution.weight)
    whole = num_outputs // block * block if block < FULL else num_outputs
    parts = [(block, slice(0, whole)), (1, slice(whole, num_outputs))]
    functions, calls = list[str](), list[str]()
    for each, outputs in parts:
        if outputs.start < outputs.stop:
            written, called = _part(site, way, each, outputs, steps, vectors, most, constants)
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
    site: Site,
    way: Way,
    block: int,
    outputs: slice,
    steps: Steps,
    vectors: Vectors,
    most: int,
    constants: Constants,
) -> tuple[list[str], list[str]]:
    """Return the kernels for some output channels, and the statements that call them."""
    convolution = _padded(site.convolution, block)
    if len(convolution.weight) > outputs.stop:
        outputs = slice(outputs.start, len(convolution.weight) if block == FULL else outputs.stop)
    each = {1: 1, 4: 4, FULL: 1 if vectors.kind == "v16" else 2}[block]
    shape = site.target.shape
    tiles = tiles_of(shape, vectors.width, most // each)
    # Both kinds of tiles take the same portions, and so share their numbers.
    usual = tiles_of(shape, vectors.width, MOST_ACCUMULATORS // each)[0].tile
    num_portions = _num_portions(convolution, block, outputs, usual, vectors)
    taps = taps_of(convolution, block, outputs, num_portions)
    prefix = f"{site.name}_{block}" if block > 1 else f"{site.name}_tail" if outputs.start else site.name
    names = _names(prefix, way, taps, steps.offsets(taps, convolution), convolution.bias[outputs], constants)
    num_blocks = (len(taps.begins) - 1) // num_portions
    row_step = convolution.stride[0] * steps.pitch
    column_step = convolution.stride[1] if steps.parts == 1 and vectors.width == 1 else 1
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
                num_blocks=num_blocks,
                num_portions=num_portions,
            )
            functions.append(full_kernel(kernel) if block == FULL else kernel_text(kernel))
        calls += _calls(site, at, written[at.tile], row_step, column_step, vectors, num_portions)
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
    if block != FULL or not missing:
        return convolution
    weight = np.pad(convolution.weight, ((0, missing), (0, 0), (0, 0), (0, 0)))
    return replace(convolution, weight=weight, bias=np.pad(convolution.bias, (0, missing)))


def _names(prefix: str, way: Way, taps: Taps, offsets: Ints, bias: Floats, constants: Constants) -> Names:
    """Keep the arrays of a kernel, those that both ways share only once."""
    return Names(
        begins=constants.share(f"{prefix}_begin", f"{prefix}_{way}_begin", taps.begins),
        offsets=constants.share(f"{prefix}_offset", f"{prefix}_{way}_offset", offsets),
        values=constants.share(f"{prefix}_value", f"{prefix}_{way}_value", taps.values),
        bias=constants.add(f"{prefix}_bias", bias),
    )


def _calls(
    site: Site, at: TileAt, kernel: str, row_step: int, column_step: int, vectors: Vectors, num_portions: int
) -> list[str]:
    """Return the loop over a tile's rows, and over portions of the input channels."""
    target, addend, unit = site.target, site.addend, vectors.unit
    arguments = [
        f"x + ((size_t)r * {row_step} + {at.column * column_step}){unit}",
        f"y + ((size_t)r * {target.pitch} + {target.inside + at.column}){unit}",
    ]
    if addend:
        arguments.append(f"z + ((size_t)r * {addend.pitch} + {addend.inside + at.column}){unit}")
    loops = [f"for (int r = {at.first}; r < {at.end}; r += {at.tile.rows})"]
    if num_portions > 1:
        loops.append(f"    for (int portion = 0; portion < {num_portions}; portion++)")
        arguments.append("portion")
    return [*loops, f"{'    ' * len(loops)}{kernel}({', '.join(arguments)}, FROM, TO);"]


def _num_portions(convolution: Convolution, block: int, outputs: slice, tile: Tile, vectors: Vectors) -> int:
    """Return in how many portions the input channels are taken, so that what a tile reads stays near."""
    if block == FULL or convolution.groups > 1:
        return 1
    inputs, height, width = (int(size) for size in convolution.weight.shape[1:])
    (down, across), (lower, further) = convolution.stride, convolution.dilation
    rows = (tile.rows - 1) * down + (height - 1) * lower + 1
    columns = tile.columns[-1] // vectors.width * across + (width - 1) * further + 1
    lanes = FULL if vectors.unit else vectors.width
    near = inputs * rows * columns * lanes * 4 / _NEAR_BYTES
    taps = int(np.count_nonzero(convolution.weight[outputs])) / max(1, outputs.stop - outputs.start)
    return max(1, min(ceil(near), int(taps / _FEWEST_TAPS)))
