"""Knowledge distillation: the dense network as a teacher."""

from collections.abc import Generator

import torch
from torch import nn

from prune_tui.catalog.batches import Tree
from prune_tui.core.run.events import BatchEvaluated
from prune_tui.engine.context import Clock
from prune_tui.engine.data import DeviceData


class Teacher:
    """A network whose outputs for the training examples are looked up in a table, or computed.

    They are looked up where each example is the same in every epoch, and has one row of outputs.
    """

    def __init__(self, module: nn.Module, data: DeviceData) -> None:
        self._module, self._data = module.eval(), data
        self._table: torch.Tensor | None = None

    def tabulate(self, clock: Clock) -> Generator[BatchEvaluated, None, None]:
        """Compute the outputs for all training examples once, if they can be looked up."""
        data, rows = self._data, list[torch.Tensor]()
        if self._table is not None or not data.train.is_fixed:
            return
        parts = data.parts(len(data.train))
        for number, batch in enumerate(data.batches(data.train, parts), start=1):
            with torch.inference_mode():
                outputs = self.outputs(batch.inputs)
            if not isinstance(outputs, torch.Tensor) or outputs.dim() != 2:
                return
            rows.append(outputs)
            yield BatchEvaluated(number, len(parts), clock())
        self._table = torch.cat(rows).clone()

    def looked_up(self, chosen: torch.Tensor) -> torch.Tensor | None:
        """Return the outputs for the training examples at these indices; None if there is no table."""
        return None if self._table is None else self._table[chosen.to(self._table.device)]

    @torch.no_grad()
    def outputs(self, inputs: Tree) -> Tree:
        """Return the outputs for these inputs."""
        return self._data.outputs(self._module, inputs)
