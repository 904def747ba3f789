"""Tries re-execution on the first images of a scan: whether it is exact to the bit, fits and is faster."""

import math
from collections.abc import Callable, Sequence
from time import perf_counter

from prune_tui.catalog.batches import Split, Tree, tensors_of
from prune_tui.catalog.said import said
from prune_tui.engine.device import wait_for
from prune_tui.engine.scan.evaluator import Evaluator
from prune_tui.reexecution import segments
from prune_tui.reexecution.recording import ControlFlowChangedError
from prune_tui.reexecution.segments import Layout, layout_of

NUM_COMPARED = 32
"""The images on which re-execution is checked against the full forward pass, for every group."""

NUM_COMPARED_LARGE = 2
"""The same where images are large: whole passes then take seconds."""

NUM_TIMED = 8
"""The groups, spread over the network, on which both are timed."""

NUM_TIMED_IMAGES = 128
"""The images on which they are, at most: as many as a scan's first batch has, so that curves show soon."""

NUM_ROUNDS = 3
"""How often whole passes must seem faster before they are taken."""

PATHS = "the model takes other paths when a layer is pruned"
NOISE = "its outputs differ from one pass to the next, and figures are noisy"
NO_GAIN = "re-execution is no faster for this model"


def try_recording(evaluator: Evaluator, split: Split, *, num_levels: int) -> tuple[int, str | None]:
    """Let the evaluator record and re-execute if that is exact and faster than whole passes.

    On the first images of the split, with each group pruned to its middle sparsity, the outputs must equal
    those of the full forward pass to the bit. Returns the largest batch size, and why not if not. Where only
    time speaks against it the batches are as large as with it: figures never depend on how fast it is.
    """
    if not evaluator.levels:
        return evaluator.batch_size, "there is nothing to scan"
    try:
        layout, reason = _tried(evaluator, split, num_levels)
    except ControlFlowChangedError:
        layout, reason = None, PATHS
    except Exception as error:  # noqa: BLE001 - a model may do anything that can't be recorded
        layout, reason = None, f"the model can't be recorded: {said(error)}"
    if reason is None:
        evaluator.layout = layout
    return (evaluator.batch_size if layout is None else layout.batch_size), reason


def _tried(evaluator: Evaluator, split: Split, num_levels: int) -> tuple[Layout | None, str | None]:
    """Return the layout, unless figures would differ, and what speaks against it."""
    num_traced = len(evaluator.load_batch(split, slice(0, segments.SMALLEST_BATCH_SIZE)))
    if not _are_equal(evaluator.plain_outputs(), evaluator.plain_outputs()):
        return None, NOISE
    layout = layout_of(
        evaluator.flow(), num_traced=num_traced, num_images=len(split), budget=segments.RECORDED_BYTES
    )
    if layout is None:
        return None, f"what one image leaves behind takes over {segments.RECORDED_BYTES / 2**20:.0f} MiB"
    is_large = layout.batch_size <= segments.SMALLEST_BATCH_SIZE
    num_compared = NUM_COMPARED_LARGE if is_large else NUM_COMPARED
    evaluator.load_batch(split, slice(0, min(num_compared, layout.batch_size)))
    if (differing := _differing(evaluator, layout)) is not None:
        return None, f"re-executing {differing} gives other outputs than a whole pass"
    evaluator.load_batch(split, slice(0, min(layout.batch_size, NUM_TIMED_IMAGES)))
    return layout, None if _pays(evaluator, layout, num_levels) else NO_GAIN


def _differing(evaluator: Evaluator, layout: Layout) -> str | None:
    """Compare re-execution with whole passes for every group; return the first that differs."""
    layers = list(evaluator.levels)
    for segment in layout.segments:
        evaluator.record(layout, layers[segment[0]])
        for layer in (layers[number] for number in segment):
            with evaluator.pruned(layer, _middle(evaluator, layer)):
                if not _are_equal(evaluator.rerun(layer), evaluator.plain_outputs()):
                    return layer
    return None


def _pays(evaluator: Evaluator, layout: Layout, num_levels: int) -> bool:
    """Time both on some of the groups; each segment costs a whole pass besides.

    The least times of several rounds count, so that a busy machine decides nothing.
    """
    chosen = _spread(list(evaluator.levels))
    reruns, plains = ([math.inf] * len(chosen) for _ in range(2))
    segments_share = (len(layout.segments) - 1) / (len(evaluator.levels) * num_levels)
    for _ in range(NUM_ROUNDS):
        for at, layer in enumerate(chosen):
            evaluator.record(layout, layer)
            with evaluator.pruned(layer, _middle(evaluator, layer)):
                reruns[at] = min(reruns[at], _seconds(evaluator, lambda: evaluator.rerun(layer)))  # noqa: B023
                plains[at] = min(plains[at], _seconds(evaluator, evaluator.plain_outputs))
        if sum(reruns) / sum(plains) + segments_share < 1:
            return True
    return False


def _spread(layers: Sequence[str]) -> list[str]:
    """Return so many of the layers, the first and the last included."""
    count = min(NUM_TIMED, len(layers))
    return [layers[round(at * (len(layers) - 1) / max(1, count - 1))] for at in range(count)]


def _seconds(evaluator: Evaluator, function: Callable[[], Tree]) -> float:
    wait_for(evaluator.device)
    began = perf_counter()
    function()
    wait_for(evaluator.device)
    return perf_counter() - began


def _middle(evaluator: Evaluator, layer: str) -> int:
    return int(max(level.max() for level in evaluator.levels[layer].values())) // 2


def _are_equal(one: Tree, other: Tree) -> bool:
    """Return whether two networks' outputs are the same to the bit; a NaN equals itself."""
    pairs = list(zip(tensors_of(one), tensors_of(other), strict=True))
    return all(
        ours.shape == theirs.shape and bool(((ours == theirs) | ((ours != ours) & (theirs != theirs))).all())
        for ours, theirs in pairs
    )
