"""What is picked or suggested: why it can't be begun with, or the session and the baseline that it makes."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, assert_never

from prune_tui.catalog.baselines import BUNDLED_DATASET
from prune_tui.catalog.datasets import DATASETS, IMAGEFOLDER, DatasetEntry
from prune_tui.catalog.models import ModelEntry, file_stem
from prune_tui.catalog.paths import is_folder
from prune_tui.catalog.recipes import training_recipe
from prune_tui.core.session.names import NAME_PATTERN
from prune_tui.core.session.recipe import epochs
from prune_tui.core.terms import Device
from prune_tui.core.typed_numbers import whole_number
from prune_tui.tui.steps.pick.baseline import BaselineKind
from prune_tui.tui.steps.pick.entries import ANOTHER_MODEL, OWN_DATA, why_missing

if TYPE_CHECKING:
    from prune_tui.core.session.decisions import Decision
    from prune_tui.core.session.recipe import Training
    from prune_tui.core.session.session import Session


@dataclass(frozen=True, slots=True)
class Picked:
    """The choices of step 1; `name`, `seed`, `num_epochs` and `images` are as typed, right or wrong.

    `weights` is the file of a baseline that comes from one. `pretrained` names the published weights that the
    model is built with. `images` is the most that train, and the most that test; empty takes all.
    """

    model: ModelEntry
    dataset: DatasetEntry
    name: str
    seed: str
    num_epochs: str
    kind: BaselineKind
    weights: Path | None
    device: Device
    pretrained: str | None = None
    image_size: int | None = None
    images: str = ""

    @property
    def trains(self) -> bool:
        """Whether the baseline is to be trained."""
        return self.kind == "train"

    @property
    def num_images(self) -> int | None:
        """The most images that train, and that test; None takes all."""
        return whole_number(self.images) or None

    @property
    def next_text(self) -> str:
        """What beginning does, in words."""
        num_epochs = whole_number(self.num_epochs)
        how_long = epochs(num_epochs) if num_epochs is not None else "some epochs"
        first = "take its weights as they are" if self.kind == "as_built" else "load the baseline"
        if self.trains:
            first = f"train a baseline for {how_long}"
        images = self.dataset.path.name if self.dataset.path is not None else self.dataset.name
        return f"{first}, then scan {self.model.name.rpartition('/')[2]} on {images.rpartition('/')[2]}"

    def problem(self) -> str:
        """Say what is wrong, and what would be right; nothing if all is well."""
        model, dataset = self.model, self.dataset
        if model is ANOTHER_MODEL:
            return "say which model: enter on another…"
        if dataset is IMAGEFOLDER:
            return "type where your images are: enter on imagefolder…"
        if dataset is OWN_DATA:
            return "say which function returns your data: enter on your own…"
        if dataset.path is not None and not is_folder(dataset.path):
            return f"there is no folder {dataset.path}"
        if missing := why_missing(model.name) or why_missing(dataset.name):
            return missing
        if self.trains and not whole_number(self.num_epochs):
            return "the number of epochs is a whole number from 1"
        if not re.fullmatch(NAME_PATTERN, self.name):
            return "a session's name is letters, digits, . _ - and begins with a letter or digit"
        if not 0 <= _number(self.seed, otherwise=-1) < 2**32:
            return "the seed is a whole number from 0 to 4,294,967,295"
        if self.images.strip() and not whole_number(self.images):
            return "the number of images is a whole number from 1, or empty for all"
        return ""

    def session(self) -> Session:
        """Return the session to begin."""
        from prune_tui.core.session.session import Session

        return Session(
            name=self.name,
            seed=_number(self.seed, otherwise=0),
            model=self.model.name,
            dataset=self.dataset.name,
            device=self.device,
            pretrained=self.pretrained,
            image_size=self.image_size,
            num_train_images=self.num_images,
            num_test_images=self.num_images,
        )

    def baseline(self) -> Decision:
        """Return its first decision."""
        from prune_tui.core.session.decisions import PRETRAINED, LoadDense
        from prune_tui.core.workflow.baselines import baseline_to_train

        match self.kind:
            case "file":
                return LoadDense(weights="dense.safetensors")
            case "bundled":
                return LoadDense()
            case "as_built":
                return LoadDense(weights=PRETRAINED)
            case "train":
                recipe = replace(self.recipe, num_epochs=whole_number(self.num_epochs) or 1)
                return baseline_to_train(recipe)
            case _:
                assert_never(self.kind)

    @property
    def recipe(self) -> Training:
        """How a baseline would be trained, with as many epochs as are suggested."""
        return training_recipe(
            self.model,
            self.dataset,
            num_images=self.num_images,
            is_pretrained=self.pretrained is not None,
        )


def suggested_name(model: ModelEntry, dataset: DatasetEntry) -> str:
    """Return a name for a session of this pair, which may be taken."""
    if model is ANOTHER_MODEL or dataset is OWN_DATA:
        return "session"
    images = dataset.path.name if dataset.path else dataset.name
    if dataset.code is not None:
        images = Path(images.partition(":")[0]).stem
    return re.sub(r"[^A-Za-z0-9._-]+", "-", f"{file_stem(model.name)}-{images}")[:60].rstrip("-.")


def suggested_dataset(model: ModelEntry) -> DatasetEntry:
    """Return the bundled dataset, or the first whose images have the model's shape, if its own do not."""
    bundled = DATASETS[BUNDLED_DATASET]
    fitting = (entry for entry in (bundled, *DATASETS.values()) if entry.image_shape == model.image_shape)
    return next(fitting, bundled)


def _number(text: str, *, otherwise: int) -> int:
    number = whole_number(text)
    return otherwise if number is None else number
