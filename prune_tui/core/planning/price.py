"""What a plan would give, from the scan's curves and the layers' counts alone: no network is run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from prune_tui.core.network import LayerInfo, NetworkCounts

FLOAT_BYTES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Price(NetworkCounts):
    """What a plan costs and saves: its counts beside the dense file's bytes.

    `accuracy` is the predicted one, right after pruning; None where the scan does not reach.
    """

    dense_bytes: int
    accuracy: float | None = None


def num_pruned(parameters: int, sparsity: float) -> int:
    """Return how many of `parameters` weights (or units) a target sparsity prunes: the nearest whole number.

    One is always kept, so that no rounding cuts a small layer through.
    """
    return min(parameters - 1, round(parameters * sparsity))


def stored_bytes(parameters: int, nonzero: int) -> int:
    """Return the bytes of a pruned layer's weights as saved: a bit for each weight, a float for each kept."""
    return (parameters + 7) // 8 + nonzero * FLOAT_BYTES


def price(
    layers: Sequence[LayerInfo],
    plan: Mapping[str, float],
    *,
    other_parameters: int,
    other_macs: int,
) -> Price:
    """Price a plan: a sparsity for each layer name; layers left out stay dense.

    Counts of weights are exact for granularity `weight`; `file_bytes` leaves out the header of the file.
    """
    kept = {
        layer.name: layer.parameters - num_pruned(layer.parameters, plan.get(layer.name, 0.0))
        for layer in layers
    }
    total = other_parameters + sum(layer.parameters for layer in layers)
    return Price(
        parameters=total,
        nonzero=other_parameters + sum(kept.values()),
        macs=other_macs + sum(layer.macs for layer in layers),
        nonzero_macs=other_macs + sum(layer.macs * kept[layer.name] // layer.parameters for layer in layers),
        dense_bytes=total * FLOAT_BYTES,
        file_bytes=other_parameters * FLOAT_BYTES
        + sum(
            stored_bytes(layer.parameters, kept[layer.name])
            if plan.get(layer.name)
            else layer.parameters * FLOAT_BYTES
            for layer in layers
        ),
    )
