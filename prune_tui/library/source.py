"""The data and the weights of an engine that is given objects instead of names."""

from collections.abc import Callable, Generator, Iterator
from copy import deepcopy
from pathlib import Path

import torch
from torch import nn

from prune_tui.catalog.datasets.images import Data
from prune_tui.catalog.tasks.task import Task
from prune_tui.core.errors import CheckpointError, ModelError
from prune_tui.core.run.events import Event
from prune_tui.core.session.decisions import LoadDense
from prune_tui.engine.network.checkpoint_files import read_weights
from prune_tui.engine.network.checkpoints import decode
from prune_tui.engine.network.network import Network, Weights


class GivenSource:
    """A module, of which copies are opened, and its data.

    The weights of `fresh`, at first those of the module, are the fresh weights, whatever the seed. The dense
    baseline that is loaded next is in the file `weights`, or, where that is None, has the module's weights as
    they were opened.
    """

    def __init__(self, module: nn.Module, data: Data) -> None:
        self.given = self.fresh = module
        self.weights: Path | None = None
        self._data = data
        self._opened: Weights | None = None

    def data(self) -> Generator[Event, None, Data]:
        yield from ()
        return self._data

    def module(self, task: Task, seed: int) -> nn.Module:  # noqa: ARG002
        return copied(self.fresh)

    def opened_with(self, weights: Weights) -> None:
        """Keep the weights that the module was opened with."""
        self._opened = weights

    def announced(self) -> Iterator[Event]:
        yield from ()

    def dense_weights(
        self,
        decision: LoadDense,  # noqa: ARG002
        network: Network,
        fresh: Callable[[], Weights],  # noqa: ARG002
    ) -> Weights:
        """Return the weights of the file, or those that the module was opened with.

        Raises:
            CheckpointError: the file is missing, pruned or for another model.
        """
        if self.weights is None:
            assert self._opened is not None, "opened_with() first"
            return self._opened
        source = str(self.weights)
        weights, masks = decode(read_weights(self.weights), network.module.state_dict(), source=source)
        if masks:
            raise CheckpointError(f"{source}: a pruned checkpoint, a dense one is wanted")
        return weights


def copied(module: nn.Module) -> nn.Module:
    """Return a copy of a module.

    Raises:
        ModelError: it can't be copied.
    """
    # A tensor that was computed, as the weight of an older weight norm is, does not let itself be copied.
    computed = {
        id(value): value.detach().clone()
        for part in module.modules()
        for value in vars(part).values()
        if isinstance(value, torch.Tensor) and not value.is_leaf
    }
    try:
        return deepcopy(module, computed)
    except Exception as error:  # noqa: BLE001 - a user's module may raise anything
        text = " ".join(str(error).split())[:200]
        raise ModelError(f"the network can't be copied ({type(error).__name__}: {text})") from None
