"""Networks are timed in turn on the same batch, so that a drift of the machine hits all alike."""

import torch
from torch import nn

from prune_tui.core.returning import Returning
from prune_tui.engine.measure.latency import time_forward


class Noting(nn.Module):
    """Notes the batch that it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[torch.Tensor] = []

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        self.batches.append(batch)
        assert torch.is_inference_mode_enabled()
        return batch


def test_every_network_has_its_turn_on_the_same_batch() -> None:
    modules = {"dense": Noting(), "pruned": Noting(), "shrunk": Noting()}
    batch = torch.zeros(2, 1)
    timing = Returning(time_forward(modules, batch, torch.device("cpu")))
    turns = list(timing)
    assert turns == list(modules) * (len(turns) // 3)
    assert len(turns) > 3
    assert all(given is batch for module in modules.values() for given in module.batches)
    assert timing.value.keys() == modules.keys()
    assert all(0 <= latency.p50 <= latency.p95 for latency in timing.value.values())
