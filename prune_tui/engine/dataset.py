"""The dataset that a session names, with the user's own code, read as a model is fed with it."""

from collections.abc import Generator
from functools import partial
from pathlib import Path

from prune_tui.catalog.code.loading import OwnCode, load_code
from prune_tui.catalog.code.reference import code_reference
from prune_tui.catalog.datasets import DATA_FACTORY, dataset_entry, load
from prune_tui.catalog.datasets.images import Data, Scaling, image_shape_of
from prune_tui.catalog.models import ImageShape
from prune_tui.catalog.models.inputs import InputTransform
from prune_tui.core.run.events import DataProgress
from prune_tui.core.session.session import CodeFile, Session
from prune_tui.engine.model import SessionModel


class SessionDataset:
    """A session's dataset, of which as many examples are taken as the session says.

    Raises:
        UnknownNameError: the catalog has no such dataset.
    """

    def __init__(self, session: Session, *, data_dir: Path | None, allow_code: bool) -> None:
        self.entry = dataset_entry(session.dataset)
        self._session, self._data_dir, self._allow_code = session, data_dir, allow_code
        self._code: OwnCode | None = None

    @property
    def files(self) -> tuple[CodeFile, ...]:
        """The user's own files that have run."""
        return self._code.files if self._code is not None else ()

    def fed_to(self, model: SessionModel) -> Generator[DataProgress, None, Data]:
        """Read the data with images as a model, which is prepared, takes them.

        Raises:
            PruneTuiError: the data's code or the data can't be found, fetched or read, or the model takes no
                images of this size.
        """
        transform = model.transform
        data = yield from self.read(model.image_shape(self.entry.image_shape), transform)
        found = image_shape_of(data)
        if found is not None and found[0] != 3 and model.entry.can_be_pretrained:
            return (yield from self.read((3, *found[1:]), transform))
        return data

    def read(
        self, image_shape: ImageShape | None, transform: InputTransform | None = None
    ) -> Generator[DataProgress, None, Data]:
        """Read the data with images of this shape, prepared as published weights want them; None as they are.

        Raises:
            PruneTuiError: the data's code or the data can't be found, fetched or read.
        """
        session, reference = self._session, code_reference(self.entry.name)
        if reference is not None and self._code is None:
            self._code = load_code(
                reference, recorded=session.code, allow_code=self._allow_code, what=DATA_FACTORY
            )
        return (
            yield from load(
                self.entry,
                data_dir=self._data_dir,
                seed=session.seed,
                image_shape=image_shape,
                num_train=session.num_train_images,
                num_test=session.num_test_images,
                scaling=Scaling(transform.mean, transform.std) if transform is not None else None,
                factory=partial(self._code.call, {}) if self._code is not None else None,
            )
        )
