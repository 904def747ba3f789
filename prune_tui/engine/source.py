"""Where an engine gets its data and its weights from: the names in a session, or objects that are given."""

from collections.abc import Callable, Generator, Iterator
from typing import Protocol

from torch import nn

from prune_tui.catalog.datasets.images import Data
from prune_tui.catalog.tasks.task import Task
from prune_tui.core.run.events import Event
from prune_tui.core.session.decisions import LoadDense
from prune_tui.engine.network.network import Network, Weights


class Source(Protocol):
    """What an engine asks for when it opens, and when a decision begins with other weights."""

    def data(self) -> Generator[Event, None, Data]:
        """Read the data."""

    def module(self, task: Task, seed: int) -> nn.Module:
        """Return a module of its own with fresh weights; torch's random state is seeded for drawing them."""

    def announced(self) -> Iterator[Event]:
        """Yield what is to be said of the module built last."""

    def dense_weights(self, decision: LoadDense, network: Network, fresh: Callable[[], Weights]) -> Weights:
        """Return the weights that a decision loads as the dense baseline; `fresh` gives the fresh ones."""
