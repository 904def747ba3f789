"""The model that a session names, with its own code and published weights, to be built as often as needed."""

from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import assert_never

from torch import nn

from prune_tui.catalog.code.loading import OwnCode, load_code, packaged_code
from prune_tui.catalog.code.reference import code_reference
from prune_tui.catalog.models import FACTORY, ImageShape, model_entry
from prune_tui.catalog.models.building import build, build_own
from prune_tui.catalog.models.inputs import InputTransform, image_shape_for
from prune_tui.catalog.models.published import PublishedWeights
from prune_tui.catalog.plugins import plugins
from prune_tui.catalog.weights.files import Tensors
from prune_tui.catalog.weights.published import fetched, fit
from prune_tui.core.errors import ModelError
from prune_tui.core.run.events import DataProgress
from prune_tui.core.session.session import CodeFile, Session


class SessionModel:
    """A session's model; `prepare` must have been consumed before it is built.

    `head` names the layers that published weights left fresh in the network built last.
    """

    def __init__(self, session: Session, *, data_dir: Path | None, allow_code: bool) -> None:
        self.entry = model_entry(session.model)
        self.published: PublishedWeights | None = None
        self.head: tuple[str, ...] = ()
        self._session, self._data_dir, self._allow_code = session, data_dir, allow_code
        self._code: OwnCode | None = None
        self._tensors: Tensors | None = None

    def prepare(self) -> Generator[DataProgress, None, None]:
        """Load the user's own code, and fetch the published weights, as the session wants them.

        Raises:
            PruneTuiError: the code may not run or fails, or there are no such weights here.
        """
        entry, weights = self.entry, self._session.pretrained
        match entry.source:
            case "code":
                reference = code_reference(entry.builder)
                assert reference is not None
                recorded = self._session.code
                self._code = load_code(
                    reference, recorded=recorded, allow_code=self._allow_code, what=FACTORY
                )
            case "package":
                self._code = packaged_code(plugins("models")[entry.name])
            case "torchvision":
                from prune_tui.catalog.models import torchvision_models

                torchvision_models.demand_known(entry.builder)
                if weights is not None:
                    self.published = torchvision_models.published(entry.builder, weights)
            case "timm":
                from prune_tui.catalog.models import timm_models

                timm_models.demand_known(entry.builder)
                if weights is not None:
                    self.published = timm_models.published(entry.builder, weights)
            case "catalog":
                pass
            case _:
                assert_never(entry.source)
        if self.published is not None:
            self._tensors = yield from fetched(self.published, self._data_dir)
        elif weights is not None:
            raise ModelError(f"there are no published weights of {entry.name}: leave --pretrained out")

    @property
    def files(self) -> tuple[CodeFile, ...]:
        """The user's own files that have run."""
        return self._code.files if self._code is not None else ()

    @property
    def transform(self) -> InputTransform | None:
        """What images the published weights were trained on; None without such."""
        return self.published.transform if self.published is not None else None

    def image_shape(self, dataset_shape: ImageShape | None) -> ImageShape | None:
        """Return the shape of the images that are fed; None if only the dataset can tell.

        Raises:
            ModelError: the model takes no other size than its own.
        """
        return image_shape_for(
            self.entry, dataset_shape, transform=self.transform, image_size=self._session.image_size
        )

    def fresh(self, *, num_classes: int | None, image_shape: ImageShape | None) -> nn.Module:
        """Return the network with its fresh weights: drawn from torch's global random state, or published.

        `num_classes` and `image_shape` are None where the data do not say how many outputs are wanted, and
        where they are no images. The user's own network is then left to itself.

        Raises:
            PruneTuiError: it can't be built for these data, or the published weights do not fit.
        """
        if self._code is not None:
            return build_own(self._code, num_classes=num_classes)
        if num_classes is None:
            raise ModelError(
                f"{self.entry.name} is built for a number of outputs, which the data do not say: give "
                "`num_classes` with them"
            )
        if image_shape is None:
            if self.entry.image_shape is None:
                raise ModelError(f"{self.entry.name} takes images, and the data are none: take another model")
            image_shape = self.entry.image_shape
        published, tensors = self.published, self._tensors
        if published is None or tensors is None:
            return build(self.entry, num_classes=num_classes, image_shape=image_shape)
        if self.entry.source == "timm":
            from prune_tui.catalog.models import timm_models

            module = timm_models.build(
                self.entry.builder,
                num_classes=num_classes,
                image_shape=image_shape,
                weights=published.name,
                tensors=tensors,
            )
            is_other = num_classes != published.num_classes
            self.head = timm_models.head_of(module) if is_other else ()
            return module
        from prune_tui.catalog.models.torchvision_models import renamed

        module = build(self.entry, num_classes=num_classes, image_shape=image_shape, is_pretrained=True)
        self.head = fit(
            module,
            renamed(module, tensors),
            num_published_classes=published.num_classes,
            source=f"{self.entry.name} {published.name}",
        )
        return module

    def recorded(self, session: Session) -> Session:
        """Return the session with the code that ran and the name of the weights that were taken."""
        weights = self.published.name if self.published is not None else None
        files = {file.path: file for file in (*session.code, *self.files)}
        return replace(session, code=tuple(files.values()), pretrained=weights or session.pretrained)
