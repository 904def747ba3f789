"""A packed mask comes back to the bit, near its entropy, and no bytes unpack to more than a mask."""

import zlib
from math import log2
from tracemalloc import get_traced_memory, start, stop

import numpy as np
import pytest

from prune_tui.packing.deflating import Bytes, deflated
from prune_tui.packing.masks import PACKINGS, Bools, Packing, packed, unpacked


def drawn(size: int, kept: float, *, seed: int = 0) -> Bools:
    return np.random.default_rng(seed).random(size) < kept


def back(mask: Bools) -> Bools:
    packing, content = packed(mask)
    return unpacked(packing, content, num_weights=mask.size, num_kept=int(mask.sum()))


def entropy_bytes(mask: Bools) -> float:
    """The bytes that no code of masks with so many kept anywhere goes below on average."""
    share = mask.sum() / mask.size
    return float(-mask.size * (share * log2(share) + (1 - share) * log2(1 - share)) / 8)


MASKS: dict[str, Bools] = {
    "none": np.zeros(1000, np.bool_),
    "all": np.ones(1001, np.bool_),
    "empty": np.zeros(0, np.bool_),
    "one": np.ones(1, np.bool_),
    "last": np.arange(70_003) == 70_002,
    "far apart": np.isin(np.arange(20_000_000), (3, 19_999_999)),
    "rows": np.repeat(drawn(100, 0.5), 900),
    "columns": np.tile(drawn(900, 0.1), 100),
} | {f"{kept:g}": drawn(40_001, kept) for kept in (0.0005, 0.003, 0.02, 0.05, 0.2, 0.33, 0.5, 0.9)}


@pytest.mark.parametrize("name", MASKS)
def test_a_mask_comes_back_to_the_bit_in_no_more_bytes_than_its_bits(name: str) -> None:
    mask = MASKS[name]
    assert np.array_equal(back(mask), mask)
    assert packed(mask)[1].nbytes <= (mask.size + 7) // 8
    assert packed(mask)[1].tobytes() == packed(mask.copy())[1].tobytes()


@pytest.mark.parametrize("kept", [0.003, 0.005, 0.007, 0.01, 0.015, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5])
def test_weights_kept_anywhere_take_eight_percent_more_than_their_entropy_at_most(kept: float) -> None:
    mask = drawn(400_000, kept)
    assert packed(mask)[1].nbytes <= 1.08 * entropy_bytes(mask)


@pytest.mark.parametrize("name", ["rows", "columns"])
def test_weights_kept_in_lines_take_a_twentieth_of_that_at_most(name: str) -> None:
    assert packed(MASKS[name])[1].nbytes <= entropy_bytes(MASKS[name]) / 20


def test_each_way_is_used_where_it_is_smallest() -> None:
    used = {packed(mask)[0] for mask in (drawn(4000, 0.03), np.repeat(drawn(9, 0.5), 500), drawn(80, 0.5))}
    assert used == set(PACKINGS)


def as_array(content: bytes) -> Bytes:
    return np.frombuffer(content, np.uint8)


@pytest.mark.parametrize(
    ("packing", "content"),
    [
        ("mask", b""),
        ("mask", bytes(126)),
        ("bits", b""),
        ("bits", b"\xff" * 20),
        ("bits", deflated(bytes(124))),
        ("bits", deflated(bytes(126))),
        ("bits", deflated(bytes(125))[:-1]),
        ("steps", b""),
        ("steps", deflated(bytes([1, 0, 1]))),
        ("steps", deflated(bytes([1, 1]))),
        ("steps", deflated(bytes([255, 255, 255])) + deflated(bytes([3, 0, 1]))),
        ("steps", deflated(bytes([1, 1, 1])) * 5),
        ("steps", deflated(bytes([1, 1, 1]))[:-1]),
    ],
)
def test_what_is_no_mask_of_1000_weights_with_3_kept_is_refused(packing: Packing, content: bytes) -> None:
    with pytest.raises(ValueError, match=r"mask|values|bytes"):
        unpacked(packing, as_array(content), num_weights=1000, num_kept=3)


@pytest.mark.parametrize("packing", ["bits", "steps"])
def test_bytes_that_would_unpack_to_a_gigabyte_take_no_memory(packing: Packing) -> None:
    stream = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = b"".join(stream.compress(bytes(2**20)) for _ in range(1024)) + stream.flush()
    start()
    with pytest.raises(ValueError, match="another size"):
        unpacked(packing, as_array(bomb), num_weights=100_000, num_kept=10)
    assert get_traced_memory()[1] < 5 * len(bomb)
    stop()
