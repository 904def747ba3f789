"""The data and the weights that a session names, from the catalog and from files."""

from collections.abc import Generator
from pathlib import Path

from torch import nn

from prune_tui.catalog.datasets import dataset_entry, load
from prune_tui.catalog.datasets.images import Data, subset
from prune_tui.catalog.models import model_entry
from prune_tui.catalog.tasks.task import Task
from prune_tui.core.run.events import Event
from prune_tui.core.session.decisions import LoadDense
from prune_tui.core.session.session import Session
from prune_tui.engine.decisions.load_dense import dense_weights
from prune_tui.engine.network.network import Network, Weights


class SessionSource:
    """The model and the dataset of a session.

    `LoadDense` looks for a named checkpoint in `folder`, unless `weights` is given, which it then loads.

    Raises:
        UnknownNameError: the catalog has no such model or dataset.
    """

    def __init__(
        self,
        session: Session,
        *,
        data_dir: Path | None,
        folder: Path | None = None,
        weights: Path | None = None,
    ) -> None:
        self._model = model_entry(session.model)
        self._dataset = dataset_entry(session.dataset)
        self._session, self._data_dir = session, data_dir
        self._folder, self._weights_file = folder, weights

    def data(self) -> Generator[Event, None, Data]:
        """Read the dataset, fetching it where it is missing, and leave out what the session does.

        Raises:
            DataError: the data can't be found, fetched or read.
        """
        session = self._session
        data = yield from load(
            self._dataset, data_dir=self._data_dir, image_shape=self._model.image_shape, seed=session.seed
        )
        return subset(
            data, num_train=session.num_train_images, num_test=session.num_test_images, seed=session.seed
        )

    def module(self, task: Task, seed: int) -> nn.Module:  # noqa: ARG002
        """Return the model with weights drawn from torch's random state."""
        return self._model.build(num_classes=task.num_outputs or 0)

    def dense_weights(self, decision: LoadDense, network: Network) -> Weights:
        """Read the weights that a decision names.

        Raises:
            PruneTuiError: there are none, or they are for another model.
        """
        return dense_weights(
            decision,
            network,
            model=self._model.name,
            dataset=self._dataset.name,
            chosen=self._weights_file,
            folder=self._folder,
        )
