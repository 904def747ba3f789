"""Counts a network: its parameters, its MACs and the bytes of its checkpoint."""

import torch

from prune_tui.core.network import NetworkCounts
from prune_tui.core.report import LayerFigures
from prune_tui.core.run.events import Counted
from prune_tui.engine.context import Clock
from prune_tui.engine.network.checkpoints import encoded_bytes
from prune_tui.engine.network.network import Network


def layer_figures(network: Network) -> tuple[LayerFigures, ...]:
    """Return the nonzero weights of each layer that can be pruned."""
    prunable = network.prunable
    counts = torch.stack([network.weight(layer.name).count_nonzero() for layer in prunable]).tolist()
    return tuple(
        LayerFigures(
            name=layer.name,
            parameters=layer.parameters,
            nonzero=nonzero,
            sparsity=1 - nonzero / layer.parameters,
        )
        for layer, nonzero in zip(prunable, counts, strict=True)
    )


def counted(network: Network, clock: Clock, *, with_shapes: bool = False) -> Counted:
    """Return the counts of a network as it is now; `with_shapes` for a shrunk one (`checkpoints.encode`)."""
    layers = layer_figures(network)
    prunable = sum(layer.parameters for layer in layers)
    zero_macs = sum(
        info.macs - info.macs * layer.nonzero // layer.parameters
        for info, layer in zip(network.prunable, layers, strict=True)
    )
    module = network.module
    counts = NetworkCounts(
        parameters=sum(parameter.numel() for parameter in module.parameters()),
        nonzero=sum(int(parameter.count_nonzero()) for parameter in module.parameters()),
        macs=network.total_macs,
        nonzero_macs=network.total_macs - zero_macs,
        file_bytes=encoded_bytes(module.state_dict(), network.masks, with_shapes=with_shapes),
    )
    return Counted(
        counts=counts,
        layers=layers,
        sparsity=1 - sum(layer.nonzero for layer in layers) / prunable,
        seconds=clock(),
    )
