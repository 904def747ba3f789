"""Deflates bytes by what suits them best, and inflates no more than there may be."""

import zlib
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Bytes: TypeAlias = NDArray[np.uint8]

_STRATEGIES: Final = (zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE, zlib.Z_FILTERED)
_LEVEL: Final = 6
_RAW_WINDOW: Final = -15
_MOST_MEMORY: Final = 9
_HARDLY: Final = 0.98


def byte_planes(array: NDArray[np.generic]) -> Bytes:
    """Return the first bytes of all numbers, then the second ones …, little-endian: [bytes, numbers].

    Bytes of one place are alike, such as the exponents of floats, so that they are packed best together.
    """
    width = array.dtype.itemsize
    little = np.ascontiguousarray(array.reshape(-1), array.dtype.newbyteorder("<"))
    return np.ascontiguousarray(little.view(np.uint8).reshape(-1, width).T)


def deflated(content: bytes, *, ends: bool = True) -> bytes:
    """Return the bytes as the smallest of several raw deflate streams.

    One that does not end can be followed by another, as if both were one.
    """
    return min((_deflated(content, strategy, ends) for strategy in _STRATEGIES), key=len)


def quickly_deflated(content: bytes, *, ends: bool = True) -> bytes:
    """Return the same, but only a Huffman code of bytes that it hardly shortens, such as mantissas."""
    coded = _deflated(content, zlib.Z_HUFFMAN_ONLY, ends)
    return coded if len(coded) > _HARDLY * len(content) else deflated(content, ends=ends)


def _deflated(content: bytes, strategy: int, ends: bool) -> bytes:
    stream = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW_WINDOW, _MOST_MEMORY, strategy)
    return stream.compress(content) + stream.flush(zlib.Z_FINISH if ends else zlib.Z_FULL_FLUSH)


def inflated(content: bytes, num_bytes: int) -> tuple[bytes, bytes]:
    """Return the so many bytes that the first raw deflate stream holds, and what follows it.

    Raises:
        ValueError: it is broken, or holds another number of bytes.
    """
    stream = zlib.decompressobj(_RAW_WINDOW)
    try:
        # One more than there may be, so that too much is found out without unpacking it.
        found = stream.decompress(content, num_bytes + 1)
    except zlib.error as error:
        raise ValueError(f"bytes that can't be unpacked: {error}") from None
    if len(found) != num_bytes or not stream.eof:
        raise ValueError("bytes that unpack to another size")
    return found, stream.unused_data
