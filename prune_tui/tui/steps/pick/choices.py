"""What is chosen in step 1, apart from what is typed in its fields, and what there is to choose from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prune_tui.catalog.baselines import BUNDLED_MODEL
from prune_tui.catalog.datasets import DATASETS, IMAGEFOLDER, DatasetEntry, dataset_entry
from prune_tui.catalog.models import MODELS, ModelEntry, model_entry
from prune_tui.catalog.models.published import DEFAULT_WEIGHTS
from prune_tui.tui.options import Options
from prune_tui.tui.steps.pick.baseline import BaselineKind, baselines
from prune_tui.tui.steps.pick.entries import ANOTHER_MODEL, OWN_DATA
from prune_tui.tui.steps.pick.picked import Picked, suggested_dataset

if TYPE_CHECKING:
    from prune_tui.core.session.decisions import Decision
    from prune_tui.core.session.session import Session


class Choices:
    """The rows under the cursors, the rows that were named beside the catalog's, and the baseline.

    `is_bundled` says whether a baseline of the chosen pair is bundled.
    """

    def __init__(self, options: Options) -> None:
        model = model_entry(options.model or BUNDLED_MODEL)
        dataset = dataset_entry(options.dataset) if options.dataset else suggested_dataset(model)
        self._options = options
        self._models, self._datasets = {**MODELS, model.name: model}, {**DATASETS, dataset.name: dataset}
        self.model, self.dataset = model, dataset
        self._dataset_by_hand = options.dataset is not None
        self._pretrained = options.pretrained
        self._kind: BaselineKind | None = None

    @property
    def models(self) -> tuple[ModelEntry, ...]:
        """The rows of models; the last asks for another."""
        return (*self._models.values(), ANOTHER_MODEL)

    @property
    def datasets(self) -> tuple[DatasetEntry, ...]:
        """The rows of datasets; the last two ask for one's own."""
        return (*self._datasets.values(), IMAGEFOLDER, OWN_DATA)

    @property
    def has_named_models(self) -> bool:
        """Whether there are models beside the catalog's."""
        return len(self._models) > len(MODELS)

    def go_to_model(self, name: str) -> None:
        """Choose a row of the models; the dataset follows it, until one was chosen by hand."""
        self.model = self._models.get(name, ANOTHER_MODEL)
        if not self._dataset_by_hand:
            self.dataset = suggested_dataset(self.model)

    def go_to_dataset(self, name: str) -> None:
        """Choose a row of the datasets."""
        self.dataset = next(entry for entry in self.datasets if entry.name == name)
        self._dataset_by_hand = True

    def name_model(self, name: str) -> None:
        """Choose a model by its name; it has a row from now on."""
        entry = model_entry(name)
        self._models[entry.name] = entry
        self.go_to_model(entry.name)

    def name_dataset(self, name: str) -> None:
        """Choose a dataset by its name; it has a row from now on."""
        entry = dataset_entry(name)
        self._datasets[entry.name] = entry
        self.go_to_dataset(entry.name)

    def adopt(self, session: Session, baseline: Decision) -> None:
        """Choose what a session was begun with, and its baseline."""
        from prune_tui.core.session.decisions import PRETRAINED, LoadDense, TrainDense

        self.name_dataset(session.dataset)
        self.name_model(session.model)
        self._pretrained = session.pretrained or self._options.pretrained
        is_as_built = isinstance(baseline, LoadDense) and baseline.weights == PRETRAINED
        self._kind = "train" if isinstance(baseline, TrainDense) else "as_built" if is_as_built else None

    @property
    def pretrained(self) -> str | None:
        """The published weights to begin with, where the model has such."""
        return self._pretrained if self.model.can_be_pretrained else None

    def toggle_pretrained(self) -> None:
        """Begin with published weights, or with fresh ones."""
        self._pretrained = None if self._pretrained else self._options.pretrained or DEFAULT_WEIGHTS

    def baselines(self, *, is_bundled: bool) -> tuple[BaselineKind, ...]:
        """Return what the baseline can be: what it is first, then what `next_baseline` makes it."""
        offered = baselines(
            self.model,
            self.dataset,
            weights=self._options.weights,
            is_pretrained=self.pretrained is not None,
            is_bundled=is_bundled,
        )
        at = offered.index(self._kind) if self._kind in offered else 0
        return offered[at:] + offered[:at]

    def next_baseline(self, *, is_bundled: bool) -> None:
        """Take the next baseline of those that the pair can begin with."""
        offered = self.baselines(is_bundled=is_bundled)
        self._kind = offered[1 % len(offered)]

    def picked(self, *, name: str, seed: str, num_epochs: str, images: str, is_bundled: bool) -> Picked:
        """Return all choices, with what is typed in the fields."""
        options, model = self._options, self.model
        return Picked(
            model,
            self.dataset,
            name,
            seed,
            num_epochs,
            self.baselines(is_bundled=is_bundled)[0],
            options.weights,
            options.device,
            pretrained=self.pretrained,
            image_size=options.image_size if model.image_shape is None else None,
            images=images,
        )
