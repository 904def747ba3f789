"""Runs linear layers as sparse matrices, which multiply only nonzero weights."""

import warnings
from collections.abc import Collection
from copy import deepcopy

import torch
from torch import nn

_BATCH_ROWS = 256
"""Images multiplied at once; with more, the columns of the outputs no longer fit the cache."""


class SparseLinear(nn.Module):
    """A linear layer whose weight is a compressed sparse row (CSR) matrix; for inference only."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch warns that CSR is in beta
            weight = linear.weight.detach().contiguous().to_sparse_csr()
            self.weight = torch.sparse_csr_tensor(  # 32-bit indices: half the memory to read
                weight.crow_indices().int(), weight.col_indices().int(), weight.values(), weight.shape
            )
        self.bias = None if linear.bias is None else linear.bias.detach()

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Inputs [N, in] → [N, out]."""
        parts = [torch.sparse.mm(self.weight, part.t()).t() for part in torch.split(inputs, _BATCH_ROWS)]
        outputs = parts[0] if len(parts) == 1 else torch.cat(parts)
        return outputs if self.bias is None else outputs + self.bias


def sparse_twin(module: nn.Module, layers: Collection[str]) -> nn.Module | None:
    """Return a copy whose linear layers among `layers` run as sparse matrices; None if none is linear.

    Convolutions stay dense: torch has no sparse convolution.
    """
    linear = [name for name in layers if isinstance(module.get_submodule(name), nn.Linear)]
    if not linear:
        return None
    twin = deepcopy(module).eval()
    for name in linear:
        parent, _, own = name.rpartition(".")
        layer = twin.get_submodule(name)
        assert isinstance(layer, nn.Linear)
        setattr(twin.get_submodule(parent), own, SparseLinear(layer))
    return twin
