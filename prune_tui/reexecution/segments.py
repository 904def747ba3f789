"""How much of a forward pass is recorded at a time: batches, and runs of layers, that fit into a budget."""

from collections.abc import Sequence
from dataclasses import dataclass

from prune_tui.reexecution.dataflow import Dataflow

LARGEST_BATCH_SIZE = 512
SMALLEST_BATCH_SIZE = 8
"""Larger models are recorded in several segments before their batches get smaller than this."""

RECORDED_BYTES = 256 * 2**20
"""The most memory for recorded results."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The segments of a scan, each a run of its changes, and the most memory that recording one takes.

    A segment's layers are scanned from one recording, which has only what these layers need.
    """

    flow: Dataflow
    batch_size: int
    segments: tuple[range, ...]
    recorded_bytes: int

    def segment_of(self, change: int) -> range:
        return next(segment for segment in self.segments if change in segment)


def layout_of(flow: Dataflow, *, num_traced: int, num_images: int, budget: int) -> Layout | None:
    """Return the layout for the flow of `num_traced` images; None if one image alone is too much.

    The largest batch is one whose results would fit if all were recorded; a batch of 8 or fewer images is
    recorded in segments.
    """
    needed = flow.needed_storages()
    most = int(budget * num_traced / max(1, flow.total_bytes))
    size = min(LARGEST_BATCH_SIZE, most)
    sizes = [size] if size >= SMALLEST_BATCH_SIZE else [8, 4, 2, 1]
    for size in sizes:
        share = max(1, min(size, num_images)) / num_traced
        segments = _filled(needed, flow.storage_bytes, budget / share)
        if segments is not None:
            largest = max((_bytes_of(needed, flow.storage_bytes, each) for each in segments), default=0)
            return Layout(flow, size, tuple(segments), round(largest * share))
    return None


def _filled(
    needed: Sequence[frozenset[int]], storage_bytes: Sequence[int], capacity: float
) -> list[range] | None:
    """Put each change into the segment before it while that fits; None if one alone does not."""
    segments: list[range] = []
    held, start = set[int](), 0
    for number, storages in enumerate(needed):
        together = held | storages
        if sum(storage_bytes[each] for each in together) > capacity:
            if sum(storage_bytes[each] for each in storages) > capacity:
                return None
            segments.append(range(start, number))
            start, together = number, set(storages)
        held = together
    return [*segments, range(start, len(needed))]


def _bytes_of(needed: Sequence[frozenset[int]], storage_bytes: Sequence[int], segment: range) -> int:
    held = frozenset[int]().union(*(needed[number] for number in segment))
    return sum(storage_bytes[each] for each in held)
