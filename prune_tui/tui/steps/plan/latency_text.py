"""What the plan says of latencies that are predicted from measured kernels."""

from collections.abc import Mapping, Sequence

from prune_tui.core.planning.groups import PruningGroup
from prune_tui.core.planning.price import num_weights_kept
from prune_tui.core.run.latency_table import NS_PER_MS, LatencyTable
from prune_tui.reports.numbers import percent_text


def ms_text(ns: int) -> str:
    """Write a predicted time with two digits: `0.42 ms`, `13 ms`."""
    ms = ns / NS_PER_MS
    return f"{ms:.2g} ms" if ms < 10 else f"{ms:,.0f} ms"


def timing_note(done: float) -> str:
    """Say how far the measuring of kernels is."""
    return f"measuring what each layer takes in C: {percent_text(done, 0)} …   K stops it"


def share_text(
    groups: Sequence[PruningGroup], sparsities: Mapping[str, float], table: LatencyTable, total_ns: int
) -> str:
    """Say what the layers of some groups take, and of how much; empty where no kernel is theirs."""
    found = [
        known.ns_at(num_weights_kept(layer, sparsities.get(layer.name, 0.0), group.granularity))
        for group in groups
        for layer in group.layers
        if (known := table.layer(layer.name)) is not None
    ]
    if not found:
        return ""
    return f"≈{ms_text(sum(found))} of the plan's ≈{ms_text(total_ns)} (C, batch 1)"
