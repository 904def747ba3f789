"""The numbers of a network: as C text within the source, or as bytes in a file that the source includes."""

from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from prune_tui.native.program import Floats, Ints

_ALIGNED: Final = 64
_TYPES: Final = {"float32": "float", "uint16": "uint16_t", "uint32": "uint32_t"}
_LINE_LENGTH: Final = 110


def indices(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the integers, none of them negative, in 16 bits each if they fit, else in 32."""
    return array.astype(np.uint16) if array.max(initial=0) < 2**16 else array.astype(np.uint32)


@dataclass(slots=True)
class Constants:
    """The arrays of a source by name."""

    arrays: dict[str, npt.NDArray[Any]] = field(default_factory=dict)

    def add(self, name: str, array: Floats | Ints) -> str:
        """Keep an array under a name, and return the name; integers get as many bits as they need."""
        self.arrays[name] = array.ravel() if array.dtype == np.float32 else indices(array.ravel())
        return name

    def share(self, common: str, own: str, array: Floats | Ints) -> str:
        """Keep an array under the common name, or its own where another one has that; return the name."""
        kept = self.arrays.get(common)
        is_free = kept is None or np.array_equal(kept, array.ravel())
        return self.add(common if is_free else own, array)

    @property
    def size(self) -> int:
        """How many numbers there are."""
        return sum(array.size for array in self.arrays.values())

    def as_text(self) -> str:
        """Return the declarations of the arrays with their numbers."""
        return "\n".join(_declaration(name, array) for name, array in self.arrays.items())

    def as_bytes(self) -> bytes:
        """Return the arrays one after the other, each at a multiple of 64 bytes."""
        return b"".join(
            array.tobytes() + b"\0" * (-array.nbytes % _ALIGNED) for array in self.arrays.values()
        )

    def as_references(self, file: str, symbol: str) -> str:
        """Return declarations that find the arrays in a file, which the assembler includes."""
        if not self.arrays:
            return ""
        lines, start = [_INCLUDED.format(file=file, symbol=symbol)], 0
        for name, array in self.arrays.items():
            kind = _TYPES[array.dtype.name]
            lines.append(f"#define {name} ((const {kind} *)(const void *)({symbol} + {start}))")
            start += array.nbytes + -array.nbytes % _ALIGNED
        return "\n".join(lines)


_INCLUDED = """\
#ifdef __APPLE__
__asm__(".const_data\\n.p2align 6\\n_{symbol}:\\n.incbin \\"{file}\\"\\n.text\\n");
#else
__asm__(".section .rodata\\n.balign 64\\n{symbol}:\\n.incbin \\"{file}\\"\\n.text\\n");
#endif
extern const unsigned char {symbol}[] __attribute__((visibility("hidden")));"""


def _declaration(name: str, array: npt.NDArray[Any]) -> str:
    words = (
        [_float(number) for number in array.tolist()]
        if array.dtype == np.float32
        else ([str(number) for number in array.tolist()])
    )
    lines, line = list[str](), "   "
    for word in words or ["0"]:
        if len(line) + len(word) + 2 > _LINE_LENGTH:
            lines.append(line)
            line = "   "
        line += f" {word},"
    body = "\n".join([*lines, line])
    return f"static const {_TYPES[array.dtype.name]} {name}[] = {{\n{body}\n}};"


def number(value: float) -> str:
    """Return a float constant of C that is this number exactly."""
    return _float(value)


def _float(value: float) -> str:
    if not isfinite(value):
        return "NAN" if value != value else "INFINITY" if value > 0 else "-INFINITY"
    if value == int(value) and abs(value) < 1e6:
        return f"{value:.1f}f"
    return f"{value.hex()}f"
