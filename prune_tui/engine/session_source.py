"""The data and the weights that a session names, from the catalog and from files."""

from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from pathlib import Path

from torch import nn

from prune_tui.catalog.datasets.images import Data, image_shape_of
from prune_tui.catalog.models import ImageShape
from prune_tui.catalog.tasks.task import Task
from prune_tui.core.run.events import Event, PretrainedTaken
from prune_tui.core.session.decisions import PRETRAINED, LoadDense
from prune_tui.core.session.session import Session
from prune_tui.engine.dataset import SessionDataset
from prune_tui.engine.decisions.load_dense import dense_weights, published_weights
from prune_tui.engine.model import SessionModel
from prune_tui.engine.network.network import Network, Weights


class SessionSource:
    """The model and the dataset of a session.

    `LoadDense` looks for a named checkpoint in `folder`, unless `weights` is given, which it then loads. The
    user's own code, if the session names any, runs only with `allow_code`.

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
        allow_code: bool = False,
    ) -> None:
        self._model = SessionModel(session, data_dir=data_dir, allow_code=allow_code)
        self._dataset = SessionDataset(session, data_dir=data_dir, allow_code=allow_code)
        self._folder, self._weights_file = folder, weights
        self._num_outputs: int | None = None
        self._image_shape: ImageShape | None = None

    def data(self) -> Generator[Event, None, Data]:
        """Read the dataset, fetching it where it is missing, and leave out what the session does.

        Raises:
            PruneTuiError: the model's code or weights, or the data, can't be found, fetched or read.
        """
        yield from self._model.prepare()
        data = yield from self._dataset.fed_to(self._model)
        self._num_outputs, self._image_shape = data.task.num_outputs, image_shape_of(data)
        return data

    def module(self, task: Task, seed: int) -> nn.Module:  # noqa: ARG002
        """Return the model with fresh weights: drawn from torch's random state, or published.

        Raises:
            PruneTuiError: it can't be built for these images, or the published weights do not fit.
        """
        return self._model.fresh(num_classes=self._num_outputs, image_shape=self._image_shape)

    def announced(self) -> Iterator[Event]:
        """Yield which published weights were taken, if any were."""
        if (published := self._model.published) is not None:
            head, num_published = self._model.head, published.num_classes
            yield PretrainedTaken(published.name, head, self._num_outputs or 0, num_published)

    def dense_weights(self, decision: LoadDense, network: Network, fresh: Callable[[], Weights]) -> Weights:
        """Read the weights that a decision names.

        Raises:
            PruneTuiError: there are none, or they are for another model.
        """
        if decision.weights == PRETRAINED:
            return published_weights(self._model, fresh(), self._dataset.entry.name)
        return dense_weights(
            decision,
            network,
            model=self._model.entry,
            num_classes=self._num_outputs or 0,
            dataset=self._dataset.entry.name,
            chosen=self._weights_file,
            folder=self._folder,
        )

    def recorded(self, session: Session) -> Session:
        """Return the session with the code that ran for it and the published weights that it took."""
        recorded = self._model.recorded(session)
        files = {file.path: file for file in (*recorded.code, *self._dataset.files)}
        return replace(recorded, code=tuple(files.values()))
