"""Histograms of the weights and units of a network's layers."""

from typing import Literal

import torch

from prune_tui.core.report import Distribution, Quantity
from prune_tui.core.run.events import NUM_BINS, DistributionsTaken, WeightsBinned
from prune_tui.engine.network.masks import keep_highest
from prune_tui.engine.network.network import Network

_TOP_SHARE = 10
"""The largest tenth of a layer's weights counts as large."""


@torch.no_grad()
def binned_weights(network: Network, *, stage: Literal["dense", "pruned"]) -> list[WeightsBinned]:
    """Return a histogram of |w| of each layer's remaining weights, from 0 to the layer's largest."""
    binned = []
    for layer in network.prunable:
        magnitudes = network.weight(layer.name).abs()
        mask = network.mask_of(layer.name)
        remaining = magnitudes if mask is None else magnitudes[mask]
        finite = remaining[remaining.isfinite()]
        largest = float(finite.max()) if finite.numel() else 0.0
        counts = torch.histc(finite.float().cpu(), bins=NUM_BINS, min=0.0, max=largest or 1.0)
        binned.append(WeightsBinned(layer.name, stage, largest, tuple(int(n) for n in counts.tolist())))
    return binned


@torch.no_grad()
def take_distributions(network: Network, stage: Literal["dense", "pruned"]) -> DistributionsTaken:
    """Return histograms of |w|, of the units' L2 norms and of each unit's share of large weights."""
    taken: list[Distribution] = []
    for layer in network.prunable:
        magnitudes = network.weight(layer.name).abs()
        mask = network.mask_of(layer.name)
        large = keep_highest(magnitudes, max(1, magnitudes.numel() // _TOP_SHARE))
        values: dict[Quantity, torch.Tensor] = {
            "weights": magnitudes if mask is None else magnitudes[mask],
            "unit_norms": magnitudes.flatten(1).norm(dim=1),
            "top_share": large.flatten(1).float().mean(dim=1),
        }
        taken += [_binned(layer.name, stage, measure, tensor) for measure, tensor in values.items()]
    return DistributionsTaken(stage, tuple(taken))


def _binned(
    layer: str, stage: Literal["dense", "pruned"], measure: Quantity, values: torch.Tensor
) -> Distribution:
    finite = values[values.isfinite()].float().cpu()
    largest = float(finite.max()) if finite.numel() else 0.0
    counts = torch.histc(finite, bins=NUM_BINS, min=0.0, max=largest or 1.0)
    return Distribution(
        layer=layer,
        stage=stage,
        measure=measure,
        largest=round(largest, 6),
        counts=tuple(int(count) for count in counts.tolist()),
    )
