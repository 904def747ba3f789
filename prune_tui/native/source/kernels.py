"""Writes the inner loops of a convolution: a tile of outputs, held in registers, over the taps of a block."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from prune_tui.native.layout import Place
from prune_tui.native.program import Convolution, Node
from prune_tui.native.source.activations import activated, activating

Block: TypeAlias = Literal[1, 4, 16]
"""How many output channels share their taps: 1 stores no zero; 16 is for one example, and fills a vector."""

Way: TypeAlias = Literal["batch", "one"]
"""As many examples side by side as a vector holds, or one alone."""

WAYS: Final[tuple[Way, ...]] = ("batch", "one")

_CHAINS: Final = 6
"""So many sums that don't wait for each other keep the processor busy."""


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


@dataclass(frozen=True, slots=True)
class Names:
    """The names of a kernel's arrays."""

    begins: str
    offsets: str
    values: str
    bias: str


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
    num_blocks: int
    num_portions: int

    @property
    def opening(self) -> str:
        """The beginning of its function: from one block of output channels to before another."""
        z = ", const float *restrict z" if self.addends else ""
        portion = ", int portion" if self.num_portions > 1 else ""
        return (
            f"static void {self.name}(const float *restrict x, float *restrict y{z}{portion}, "
            "int from, int to)\n{\n"
            "    for (int o = from; o < to; o++) {"
        )

    def moved(self, name: str, place: Place, channel: str) -> str:
        return f"{name} + (size_t)({channel}) * {place.plane}{self.vectors.unit}"


def kernel_text(kernel: Kernel) -> str:
    """Return a kernel whose vectors are outputs of one channel."""
    vectors, names, block, site = kernel.vectors, kernel.names, kernel.block, kernel.site
    count = len(kernel.inputs)
    num_chains = max(1, min(4, _CHAINS // (count * block)))
    chains = "abcd"[:num_chains]
    is_vector, in_portions = vectors.kind != "float", kernel.num_portions > 1
    zero = "{0}" if is_vector else "0.0f"
    lines, resumed, finished = list[str](), list[str](), list[str]()
    for b in range(block):
        channel = f"{kernel.first_output} + o * {block} + {b}"
        lines.append(f"float *const q{b} = {kernel.moved('y', site.target, channel)};")
        if site.addend:
            finished.append(f"const float *const s{b} = {kernel.moved('z', site.addend, channel)};")
        bias = f"{names.bias}[o * {block} + {b}]"
        for k in range(count):
            start = f"EACH({vectors.kind}, {bias})" if is_vector else bias
            lines += [
                f"{vectors.kind} {chain}{b}_{k} = {start if chain == 'a' else zero};" for chain in chains
            ]
            total, place = f"a{b}_{k}", vectors.at(f"q{b}", kernel.outputs[k])
            resumed.append(f"{total} = AT({vectors.kind}, {place});")
            if site.addend:
                finished.append(f"{total} += AT({vectors.kind}, {vectors.at(f's{b}', kernel.addends[k])});")
            finished += activating(site.node.then, total, vectors.kind)
    if in_portions:
        lines += ["if (portion > 0) {", *("    " + line for line in resumed), "}"]
    lines += _over_taps(kernel, chains, _taps)
    every = [(b, k) for b in range(block) for k in range(count)]
    lines += [f"a{b}_{k} += {chain}{b}_{k};" for b, k in every for chain in chains[1:]]
    if in_portions and finished:
        last = f"if (portion == {kernel.num_portions - 1}) {{"
        finished = [last, *("    " + line for line in finished), "}"]
    lines += finished
    for b, k in every:
        lines.append(f"PUT({vectors.kind}, {vectors.at(f'q{b}', kernel.outputs[k])}, a{b}_{k});")
    return kernel.opening + "\n" + indented(lines, 2) + "\n    }\n}"


def _over_taps(kernel: Kernel, chains: str, taps: Callable[[Kernel, str, str], list[str]]) -> list[str]:
    """Return the loop over the taps of a block; several chains take turns."""
    place = f"portion * {kernel.num_blocks} + o" if kernel.num_portions > 1 else "o"
    begins = kernel.names.begins
    lines = [f"size_t n = {begins}[{place}];", f"const size_t end = {begins}[{place} + 1];"]
    if len(chains) > 1:
        lines.append(f"for (; n + {len(chains)} <= end; n += {len(chains)}) {{")
        for step, chain in enumerate(chains):
            lines += ["    {", *("        " + line for line in taps(kernel, chain, f"n + {step}")), "    }"]
        lines.append("}")
    # Behind another loop, gcc takes `n < end` for a loop that may run on and on, and warns.
    rest = "for (size_t left = end - n; left; left--, n++) {" if len(chains) > 1 else "for (; n < end; n++) {"
    return [*lines, rest, *("    " + line for line in taps(kernel, "a", "n")), "}"]


def _taps(kernel: Kernel, chain: str, index: str) -> list[str]:
    """Return the statements that add one tap, times the weights of a block, to a chain's sums."""
    names, vectors, block = kernel.names, kernel.vectors, kernel.block
    lines = [f"const float *const p = x + (size_t){names.offsets}[{index}]{vectors.unit};"]
    lines += [f"const float w{b} = {names.values}[({index}) * {block} + {b}];" for b in range(block)]
    for k, distance in enumerate(kernel.inputs):
        lines.append(f"const {vectors.kind} t{k} = AT({vectors.kind}, {vectors.at('p', distance)});")
        lines += [f"{chain}{b}_{k} += w{b} * t{k};" for b in range(block)]
    return lines


FULL: Final = 16
"""The block whose outputs lie side by side in a vector."""


def full_kernel(kernel: Kernel) -> str:
    """Return a kernel for one example whose vectors are sixteen output channels at one position.

    The kernel's vectors are of the kind `v16`, or of `v8`: then there are two for each position.
    """
    names, site, count, kind = kernel.names, kernel.site, len(kernel.inputs), kernel.vectors.kind
    width = int(kind[1:])
    parts = range(FULL // width)
    chains = "abcd"[: max(1, min(4, _CHAINS // (len(parts) * count)))]
    lines = []
    for k in range(count):
        for part in parts:
            bias = f"AT({kind}, {names.bias} + o * {FULL} + {width * part})"
            lines += [f"{kind} {chain}{part}_{k} = {bias if chain == 'a' else '{0}'};" for chain in chains]
    lines += _over_taps(kernel, chains, _full_taps)
    lines.append(f"float t[{count}][{FULL}];")
    for k in range(count):
        for part in parts:
            total = " + ".join(f"{chain}{part}_{k}" for chain in chains)
            lines.append(f"PUT({kind}, t[{k}] + {width * part}, {total});")
    channel = f"o * {FULL} + l"
    lines.append(f"for (int l = 0; l < {FULL} && {channel} < {site.target.shape.channels}; l++) {{")
    lines.append(f"    float *const q = {kernel.moved('y', site.target, channel)};")
    if site.addend:
        lines.append(f"    const float *const s = {kernel.moved('z', site.addend, channel)};")
    for k, distance in enumerate(kernel.outputs):
        value = f"t[{k}][l] + s[{kernel.addends[k]}]" if site.addend else f"t[{k}][l]"
        lines.append(f"    q[{distance}] = {activated(site.node.then, value)};")
    lines.append("}")
    return kernel.opening + "\n" + indented(lines, 2) + "\n    }\n}"


def _full_taps(kernel: Kernel, chain: str, index: str) -> list[str]:
    """Return the statements that add one tap of every position, times sixteen weights, to a chain's sums."""
    kind, width = kernel.vectors.kind, int(kernel.vectors.kind[1:])
    lines = [
        f"const float *const p = x + {kernel.names.offsets}[{index}];",
        f"const float *const w = {kernel.names.values} + ({index}) * {FULL};",
    ]
    for part in range(FULL // width):
        lines.append(f"const {kind} w{part} = AT({kind}, w + {width * part});")
        lines += [
            f"{chain}{part}_{k} += p[{distance}] * w{part};" for k, distance in enumerate(kernel.inputs)
        ]
    return lines


def indented(lines: Sequence[str], depth: int = 1) -> str:
    """Return the lines as one text, further in."""
    return "\n".join("    " * depth + line for line in lines)
