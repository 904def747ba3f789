"""Writes a network as a compact file: gzip over a line of JSON, and the planes of its arrays' bytes.

The JSON has a record for each tensor: its `names`, its `shape`, and the arrays that follow for it, in this
order, each as a type of numpy and a number of elements. `steps` are the distances between places that are not
zero, `bits` a bit for each place; with neither, every place has a value. `values` are those of the places in
order or, with `codes`, a codebook that the codes are positions in. All bytes of one significance come
together, the lowest first, and are deflated by themselves where that is smaller.
"""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from prune_tui.packing.deflating import byte_planes, deflated, quickly_deflated
from prune_tui.packing.masks import steps_of

Layout = Literal["dense", "bitmask", "deltas"]
"""Where a tensor's values are: everywhere, or where a bit or a distance says."""

_HEADER: Final = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
"""That of a gzip file without a name or a time (RFC 1952)."""

_END: Final = b"\x03\x00"
"""An empty last block of a deflate stream (RFC 1951)."""

_MOST_SHARED: Final = 2**12 + 1
"""No codebook is larger: that of 12 bits, and zero."""

_SHORT: Final = 2**14
"""Planes of so many bytes may have one Huffman code rather than one each."""

_WIDEST: Final = 8
"""The most bytes of a number that is compared by its bits."""

Array = NDArray[np.generic]


@dataclass(frozen=True, slots=True)
class Packed:
    """A tensor's arrays by name, in the order in which they are stored, and their deflated bytes.

    `plain` are the bytes before they are deflated.
    """

    shape: tuple[int, ...]
    arrays: Mapping[str, Array]
    plain: bytes
    deflated: bytes

    @property
    def layout(self) -> Layout:
        return "deltas" if "steps" in self.arrays else "bitmask" if "bits" in self.arrays else "dense"

    @property
    def num_shared(self) -> int:
        """The number of values in its codebook; 0 without one."""
        return self.arrays["values"].size if "codes" in self.arrays else 0


def packed(array: Array) -> Packed:
    """Return a tensor in the smallest of all layouts, with or without a codebook; no bit of it is lost."""
    flat = np.ascontiguousarray(array).reshape(-1)
    is_there: NDArray[np.bool_] = np.any(byte_planes(flat), axis=0)  # a zero with a sign is a value
    places: list[dict[str, Array]] = [{}, {"bits": np.packbits(is_there)}, {"steps": steps_of(is_there)}]
    found = []
    for layout in places if not is_there.all() else places[:1]:
        where, values = _deflated(layout), _smallest_values(flat[is_there] if layout else flat)
        found.append(
            Packed(
                array.shape,
                {**layout, **values.arrays},
                where.plain + values.plain,
                where.deflated + values.deflated,
            )
        )
    return min(found, key=lambda one: len(one.deflated))


def compact_file(tensors: Mapping[tuple[str, ...], Packed], *, description: str) -> bytes:
    """Return the bytes of a compact file of tensors, given by all the names that each has.

    `description` is JSON. The same tensors give the same bytes.
    """
    records = [
        {"names": names, "shape": one.shape}
        | {name: [_type(array), array.size] for name, array in one.arrays.items()}
        for names, one in tensors.items()
    ]
    head = {"prune_tui": json.loads(description), "tensors": records}
    line = json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    plain = b"".join((line, *(one.plain for one in tensors.values())))
    body = b"".join((deflated(line, ends=False), *(one.deflated for one in tensors.values())))
    checks = zlib.crc32(plain).to_bytes(4, "little") + (len(plain) % 2**32).to_bytes(4, "little")
    return _HEADER + body + _END + checks


@dataclass(frozen=True, slots=True)
class _Deflated:
    """Arrays by name, and their bytes, as they are and deflated."""

    arrays: Mapping[str, Array]
    plain: bytes
    deflated: bytes


def _smallest_values(values: Array) -> _Deflated:
    """Return values as they are, or as a codebook and the positions in it, whichever is smaller."""
    plain = _deflated({"values": values})
    if values.dtype.itemsize > _WIDEST:
        return plain
    # Compared by their bits, so that NaN and the sign of zero come back.
    bits = values.view(f"u{values.dtype.itemsize}")
    if np.unique(bits[: 2 * _MOST_SHARED]).size > _MOST_SHARED:
        return plain
    known, codes = np.unique(bits, return_inverse=True)
    if known.size > _MOST_SHARED or known.size >= values.size:
        return plain
    narrow = codes.astype(np.min_scalar_type(known.size - 1))
    coded = _deflated({"values": known.view(values.dtype), "codes": narrow})
    return min(plain, coded, key=lambda one: len(one.deflated))


def _deflated(arrays: Mapping[str, Array]) -> _Deflated:
    planes = [byte_planes(array) for array in arrays.values()]
    return _Deflated(arrays, b"".join(each.tobytes() for each in planes), b"".join(map(_smallest, planes)))


def _smallest(planes: NDArray[np.uint8]) -> bytes:
    """Return planes deflated each by itself or, where they are short, together, if that is smaller."""
    each = b"".join(quickly_deflated(plane.tobytes(), ends=False) for plane in planes)
    if len(planes) == 1 or planes.size > _SHORT:
        return each
    return min(each, deflated(planes.tobytes(), ends=False), key=len)


def _type(array: Array) -> str:
    return array.dtype.newbyteorder("<").str
