"""How weights and units are distributed over a network's layers, binned so that no tensor need travel."""

from typing import Literal

import torch

from prune_tui.core.report import Distribution, Quantity
from prune_tui.core.run.events import NUM_BINS, DistributionsTaken, WeightsBinned
from prune_tui.engine.network.masks import keep_highest
from prune_tui.engine.network.network import Network

_TOP_SHARE = 10
"""One weight in ten of a layer, the largest, counts as large."""


@torch.no_grad()
def binned_weights(network: Network, *, stage: Literal["dense", "pruned"]) -> list[WeightsBinned]:
    """Bin |w| of each layer's kept weights, from 0 to the layer's largest."""
    binned = []
    for layer in network.layers:
        magnitudes = network.weight(layer.name).abs()
        mask = network.mask_of(layer.name)
        kept = magnitudes if mask is None else magnitudes[mask]
        kept = kept[kept.isfinite()]
        largest = float(kept.max()) if kept.numel() else 0.0
        counts = torch.histc(kept.float().cpu(), bins=NUM_BINS, min=0.0, max=largest or 1.0)
        binned.append(WeightsBinned(layer.name, stage, largest, tuple(int(n) for n in counts.tolist())))
    return binned


@torch.no_grad()
def take_distributions(network: Network, stage: Literal["dense", "pruned"]) -> DistributionsTaken:
    """Bin the kept weights' |w|, the units' L2 norms, and the share of each unit's weights that are large."""
    taken: list[Distribution] = []
    for layer in network.layers:
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
