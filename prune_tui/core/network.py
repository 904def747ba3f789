"""A network without its weights: its prunable layers, and its counts."""

from dataclasses import dataclass, replace
from typing import Self

from prune_tui.core.fields import Count, Data


@dataclass(frozen=True, slots=True)
class LayerInfo:
    """A layer of the dense network, in the order it runs.

    `kind` is for people (`conv 5×5 1→32`). `macs` are for one image. `units` is the number of neurons or
    filters, `inputs` the number of neurons or channels that each of them reads. `locked_reason` says why
    units of this layer can't be removed; None if they can. `coupled_to` names the layer whose units are
    removed together with this one's (residual connections). `weights_locked_reason` says why not even single
    weights can be pruned, as those of an LSTM; None for convolutions and linear layers. `output_shape` is
    that of one example, without the batch; empty if it is not known. `channel_groups` is that of a grouped
    convolution, whose units read only the inputs of their own group.
    """

    name: str
    kind: str
    parameters: int
    units: int
    macs: int
    locked_reason: str | None = None
    inputs: int = 0
    coupled_to: str | None = None
    weights_locked_reason: str | None = None
    output_shape: tuple[int, ...] = ()
    channel_groups: int = 1

    @property
    def is_prunable(self) -> bool:
        """Whether its weights can be pruned; those of other layers only count."""
        return self.weights_locked_reason is None


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkCounts(Data):
    """The size of a network.

    `parameters` and `nonzero` count all parameters, biases included. `macs` are the multiply-adds of
    convolutions and linear layers for one image, without bias; `nonzero_macs` are those with a nonzero
    weight. `file_bytes` is the size of its checkpoint.
    """

    parameters: Count
    nonzero: Count
    macs: Count
    nonzero_macs: Count
    file_bytes: Count

    @property
    def compression_ratio(self) -> float:
        """All parameters / nonzero parameters (Blalock et al. 2020)."""
        return self.parameters / max(1, self.nonzero)

    @property
    def theoretical_speedup(self) -> float:
        """MACs / nonzero MACs."""
        return self.macs / max(1, self.nonzero_macs)

    def against(self, dense: "NetworkCounts | None") -> Self:
        """Return the counts with the dense network's totals, so that ratios are relative to it."""
        if dense is None:
            return self
        return replace(self, parameters=dense.parameters, macs=dense.macs)
