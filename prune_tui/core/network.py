"""What is known of a network without its weights: its prunable layers, and its counts."""

from dataclasses import dataclass, replace
from typing import Self

from prune_tui.core.fields import Count, Data


@dataclass(frozen=True, slots=True)
class LayerInfo:
    """A prunable layer of the dense network, in the order it runs.

    `kind` is for people (`conv 5×5, 1→32`); `macs` counts one image; `units` are its neurons or filters and
    `inputs` what each of them reads. `locked_reason` says why units of this layer can't be removed, if so;
    `coupled_to` names the layer whose units go together with this one's (residual connections).
    """

    name: str
    kind: str
    parameters: int
    units: int
    macs: int
    locked_reason: str | None = None
    inputs: int = 0
    coupled_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkCounts(Data):
    """What a network has, counted.

    `parameters` and `nonzero` count every parameter. `macs` are the multiply-adds of convolutions and linear
    layers, batch 1, no bias; `nonzero_macs` those with a weight that is not zero. `file_bytes` is the size of
    its checkpoint.
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
        """Return the counts with the dense network's totals, against which a shrunk network's ratios are."""
        if dense is None:
            return self
        return replace(self, parameters=dense.parameters, macs=dense.macs)
