"""What is picked or suggested: why it can't be begun with, or the session and the baseline that it makes."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from prune_tui.catalog.baselines import BUNDLED_DATASET
from prune_tui.catalog.datasets import DATASETS, IMAGEFOLDER, DatasetEntry
from prune_tui.catalog.models import ModelEntry, file_stem
from prune_tui.catalog.paths import is_folder
from prune_tui.catalog.recipes import training_recipe
from prune_tui.core.session.names import NAME_PATTERN
from prune_tui.core.session.recipe import epochs
from prune_tui.core.terms import Device
from prune_tui.core.typed_numbers import whole_number

if TYPE_CHECKING:
    from prune_tui.core.session.decisions import Decision
    from prune_tui.core.session.session import Session


@dataclass(frozen=True, slots=True)
class Picked:
    """The choices of step 1; `name`, `seed` and `num_epochs` are as typed, right or wrong.

    `trains` says whether the baseline is to be trained; else it is `weights`, or the bundled one if None.
    `num_images` is the most that train, and the most that test.
    """

    model: ModelEntry
    dataset: DatasetEntry
    name: str
    seed: str
    num_epochs: str
    trains: bool
    weights: Path | None
    device: Device
    pretrained: str | None = None
    image_size: int | None = None
    num_images: int | None = None

    @property
    def next_text(self) -> str:
        """What beginning does, in words."""
        num_epochs = whole_number(self.num_epochs)
        how_long = epochs(num_epochs) if num_epochs is not None else "some epochs"
        first = f"train a baseline for {how_long}" if self.trains else "load the baseline"
        return f"{first}, then scan {self.model.name} on {self.dataset.name}"

    def problem(self) -> str:
        """Say what is wrong, and what would be right; nothing if all is well."""
        dataset = self.dataset
        if dataset is IMAGEFOLDER:
            return "type where your images are: enter on imagefolder…"
        if dataset.path is not None and not is_folder(dataset.path):
            return f"there is no folder {dataset.path}"
        if self.trains and not whole_number(self.num_epochs):
            return "the number of epochs is a whole number from 1"
        if not re.fullmatch(NAME_PATTERN, self.name):
            return "a session's name is letters, digits, . _ - and begins with a letter or digit"
        if not 0 <= _number(self.seed, otherwise=-1) < 2**32:
            return "the seed is a whole number from 0 to 4,294,967,295"
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
        from prune_tui.core.session.decisions import LoadDense
        from prune_tui.core.workflow.baselines import baseline_to_train

        if self.weights is not None:
            return LoadDense(weights="dense.safetensors")
        if not self.trains:
            return LoadDense()
        recipe = training_recipe(
            self.model,
            self.dataset,
            num_images=self.num_images,
            is_pretrained=self.pretrained is not None,
        )
        return baseline_to_train(replace(recipe, num_epochs=whole_number(self.num_epochs) or 1))


def suggested_name(model: ModelEntry, dataset: DatasetEntry) -> str:
    """Return a name for a session of this pair, which may be taken."""
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
