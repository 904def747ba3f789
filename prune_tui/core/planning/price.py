"""What a plan would cost and save, from the layers' counts alone; no network is run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, log2

from prune_tui.core.network import LayerInfo, NetworkCounts
from prune_tui.core.run.latency_table import LatencyTable
from prune_tui.core.shrinking import NetworkShape, ShrunkCounts, shrunk_counts
from prune_tui.core.terms import BLOCK_ROWS, Granularity

FLOAT_BYTES = 4

MASK_ENTRY_BYTES = 80
"""About what a mask's name, type, size and place take in a checkpoint's header."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Price(NetworkCounts):
    """The counts of a plan, the size of the dense file in bytes, and the predicted file and accuracy.

    `weights` and `nonzero_weights` are of the layers that can be pruned. `accuracy` is right after pruning;
    None where the scan can't predict it. `latency_ns` is that of one example, as predicted from measured
    kernels; None where none were measured, or where units are removed.
    """

    dense_bytes: int
    weights: int = 0
    nonzero_weights: int = 0
    accuracy: float | None = None
    latency_ns: int | None = None

    @property
    def sparsity(self) -> float:
        """Pruned weights / prunable weights."""
        return 1 - self.nonzero_weights / max(1, self.weights)


def num_pruned(parameters: int, sparsity: float) -> int:
    """Return how many of `parameters` weights (or units) a target sparsity prunes, to the nearest integer.

    One always remains, so that rounding never disconnects a small layer.
    """
    return min(parameters - 1, round(parameters * sparsity))


def num_weights_kept(layer: LayerInfo, sparsity: float, granularity: Granularity) -> int:
    """Return how many weights of a layer remain at a target sparsity: exactly, but for units.

    Of the blocks that are cut short, the same share goes as of whole ones, each to the nearest integer. So
    the count does not depend on which blocks go.
    """
    rows = BLOCK_ROWS.get(granularity)
    if rows is None or not layer.units:
        return layer.parameters - num_pruned(layer.parameters, sparsity)
    num_whole, rest = divmod(layer.units // layer.channel_groups, rows)
    columns = layer.channel_groups * (layer.parameters // layer.units)
    pruned = rows * num_pruned(num_whole * columns, sparsity) if num_whole else 0
    pruned += rest * num_pruned(columns, sparsity)
    return layer.parameters - pruned


def stored_bytes(parameters: int, nonzero: int) -> int:
    """Return the predicted bytes of a pruned layer in a checkpoint: its mask, and a float per nonzero.

    The mask is taken to be packed to its entropy, as if weights were kept anywhere (Shannon 1948), with its
    entry in the file's header.
    """
    density = nonzero / parameters
    bits = -sum(share * log2(share) for share in (density, 1 - density) if share > 0) * parameters
    return MASK_ENTRY_BYTES + ceil(bits / 8) + nonzero * FLOAT_BYTES


def price(
    layers: Sequence[LayerInfo],
    plan: Mapping[str, float],
    *,
    other_parameters: int,
    other_macs: int,
    granularity: Granularity = "weight",
    shape: NetworkShape | None = None,
    overhead_bytes: int = 0,
    kernels: LatencyTable | None = None,
) -> Price:
    """Return the counts of a plan, a sparsity by layer name; layers left out stay dense.

    Weights are counted exactly, also those of blocks. For `unit`, `shape` gives exactly what shrinking
    will leave. `file_bytes` is predicted, because a file packs masks by where their weights lie;
    `overhead_bytes` are those of a dense checkpoint beside its parameters.
    """
    if shape is not None:
        return price_of(shape, shrunk_counts(shape, kept_units(shape, plan)))
    nonzero = {
        layer.name: num_weights_kept(layer, plan.get(layer.name, 0.0), granularity) for layer in layers
    }
    total = other_parameters + sum(layer.parameters for layer in layers)
    return Price(
        parameters=total,
        nonzero=other_parameters + sum(nonzero.values()),
        macs=other_macs + sum(layer.macs for layer in layers),
        nonzero_macs=other_macs
        + sum(layer.macs * nonzero[layer.name] // layer.parameters for layer in layers),
        dense_bytes=overhead_bytes + total * FLOAT_BYTES,
        file_bytes=overhead_bytes
        + other_parameters * FLOAT_BYTES
        + sum(
            stored_bytes(layer.parameters, nonzero[layer.name])
            if plan.get(layer.name)
            else layer.parameters * FLOAT_BYTES
            for layer in layers
        ),
        weights=sum(layer.parameters for layer in layers if layer.is_prunable),
        nonzero_weights=sum(nonzero[layer.name] for layer in layers if layer.is_prunable),
        latency_ns=kernels.ns_of(nonzero) if kernels is not None else None,
    )


def kept_units(shape: NetworkShape, plan: Mapping[str, float]) -> dict[str, int]:
    """Return how many units of each group a plan keeps."""
    return {
        group.name: group.units - num_pruned(group.units, plan.get(group.name, 0.0)) for group in shape.groups
    }


def price_of(shape: NetworkShape, counts: ShrunkCounts) -> Price:
    """Return the price of a plan whose shrunk network has these counts."""
    dense = shape.dense
    return Price(
        parameters=dense.nonzero,
        nonzero=counts.nonzero,
        macs=dense.nonzero_macs,
        nonzero_macs=counts.nonzero_macs,
        dense_bytes=dense.file_bytes,
        file_bytes=counts.file_bytes,
        weights=dense.nonzero_weights,
        nonzero_weights=counts.nonzero_weights,
    )
