"""What a plan would cost and save, from the layers' counts alone; no network is run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from prune_tui.core.network import LayerInfo, NetworkCounts

FLOAT_BYTES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Price(NetworkCounts):
    """The counts of a plan, the size of the dense file in bytes, and the predicted accuracy.

    `accuracy` is right after pruning; None where the scan can't predict it.
    """

    dense_bytes: int
    accuracy: float | None = None


def num_pruned(parameters: int, sparsity: float) -> int:
    """Return how many of `parameters` weights (or units) a target sparsity prunes, to the nearest integer.

    One always remains, so that rounding never disconnects a small layer.
    """
    return min(parameters - 1, round(parameters * sparsity))


def stored_bytes(parameters: int, nonzero: int) -> int:
    """Return the bytes of a pruned layer's weights in a checkpoint: a bit per weight, a float per nonzero."""
    return (parameters + 7) // 8 + nonzero * FLOAT_BYTES


def price(
    layers: Sequence[LayerInfo],
    plan: Mapping[str, float],
    *,
    other_parameters: int,
    other_macs: int,
) -> Price:
    """Return the counts of a plan, a sparsity by layer name; layers left out stay dense.

    Weights are counted exactly for granularity `weight`. `file_bytes` leaves out the header of the file.
    """
    nonzero = {
        layer.name: layer.parameters - num_pruned(layer.parameters, plan.get(layer.name, 0.0))
        for layer in layers
    }
    total = other_parameters + sum(layer.parameters for layer in layers)
    return Price(
        parameters=total,
        nonzero=other_parameters + sum(nonzero.values()),
        macs=other_macs + sum(layer.macs for layer in layers),
        nonzero_macs=other_macs
        + sum(layer.macs * nonzero[layer.name] // layer.parameters for layer in layers),
        dense_bytes=total * FLOAT_BYTES,
        file_bytes=other_parameters * FLOAT_BYTES
        + sum(
            stored_bytes(layer.parameters, nonzero[layer.name])
            if plan.get(layer.name)
            else layer.parameters * FLOAT_BYTES
            for layer in layers
        ),
    )
