"""Packs masks into few bytes without loss, and unpacks them again, however hostile the bytes.

A mask is packed in the smallest of three ways: its bits as they are, its bits deflated, or the distances from
each kept position to the next, deflated. Distances are what a Huffman code packs best where the kept weights
lie anywhere (Han et al. 2016); bits where they lie in rows, columns or blocks.
"""

from typing import Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from prune_tui.packing.deflating import Bytes, byte_planes, deflated, inflated

Packing = Literal["mask", "bits", "steps"]
"""How a mask is packed: plain bits, deflated bits, or deflated distances."""

PACKINGS: Final[tuple[Packing, ...]] = ("mask", "bits", "steps")

Bools: TypeAlias = NDArray[np.bool_]

_MOST_PLANES: Final = 4

_SPARSE: Final = 1 / 3
"""Distances of masks that keep more than this are hardly ever smaller than their bits."""


def packed(mask: Bools) -> tuple[Packing, Bytes]:
    """Return how a mask, [weights], is packed smallest, and its bytes. The same mask gives the same bytes."""
    bits = np.packbits(mask)
    smallest: tuple[Packing, bytes] = "mask", bits.tobytes()
    deflated_bits = deflated(bits.tobytes())
    if len(deflated_bits) < len(smallest[1]):
        smallest = "bits", deflated_bits
    if mask.sum() <= mask.size * _SPARSE:
        steps = b"".join(deflated(plane.tobytes()) for plane in byte_planes(steps_of(mask)))
        if len(steps) < len(smallest[1]):
            smallest = "steps", steps
    return smallest[0], np.frombuffer(smallest[1], np.uint8)


def unpacked(packing: Packing, content: Bytes, *, num_weights: int, num_kept: int) -> Bools:
    """Return the mask in packed bytes, [weights]; no more memory is taken than that of such a mask.

    Raises:
        ValueError: they are not the bytes of a mask with so many weights and so many kept.
    """
    if num_kept > num_weights:
        raise ValueError(f"{num_kept} values for {num_weights} weights")
    if packing == "steps":
        return _mask_of_steps(content.tobytes(), num_weights=num_weights, num_kept=num_kept)
    num_bytes = (num_weights + 7) // 8
    bits = (
        content if packing == "mask" else np.frombuffer(inflated(content.tobytes(), num_bytes)[0], np.uint8)
    )
    if bits.size != num_bytes:
        raise ValueError(f"a mask of {bits.size} bytes for {num_weights} weights")
    mask = np.unpackbits(bits, count=num_weights).astype(np.bool_)
    if int(mask.sum()) != num_kept:
        raise ValueError(f"{num_kept} values that do not fit its mask")
    return mask


def steps_of(mask: Bools) -> NDArray[np.unsignedinteger]:
    """Return the distance of each kept position from the one before, in the narrowest type that holds it."""
    steps = np.diff(np.flatnonzero(mask), prepend=-1)
    return steps.astype(np.min_scalar_type(steps.max(initial=0)))


def _mask_of_steps(content: bytes, *, num_weights: int, num_kept: int) -> Bools:
    steps, num_planes = np.zeros(num_kept, np.int64), 0
    while content:
        if num_planes == _MOST_PLANES:
            raise ValueError("a mask of another size")
        plane, content = inflated(content, num_kept)
        steps += np.frombuffer(plane, np.uint8).astype(np.int64) << 8 * num_planes
        num_planes += 1
    at = np.cumsum(steps) - 1
    if steps.min(initial=1) < 1 or at.max(initial=0) >= num_weights:
        raise ValueError("a mask whose positions lie outside of its weights")
    mask = np.zeros(num_weights, np.bool_)
    mask[at] = True
    return mask
