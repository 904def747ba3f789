"""The baselines that a pair can begin with, and how each is said."""

import os
from pathlib import Path
from typing import Final, Literal, assert_never

from prune_tui.catalog.datasets import DatasetEntry
from prune_tui.catalog.models import ModelEntry
from prune_tui.catalog.models.published import DEFAULT_WEIGHTS
from prune_tui.catalog.paths import is_folder

BaselineKind = Literal["file", "bundled", "as_built", "train"]
"""From a file of the user's, bundled, as the model is built (published, or the user's own), or trained."""

NUM_PUBLISHED_CLASSES: Final = 1000
"""The classes of ImageNet, which most published weights tell apart."""


def baselines(
    model: ModelEntry, dataset: DatasetEntry, *, weights: Path | None, is_pretrained: bool, is_bundled: bool
) -> tuple[BaselineKind, ...]:
    """Return the baselines that a pair can begin with, the one that is offered first.

    Published weights are taken as they are only by data of as many classes; where these are not known yet, a
    classifier that does not fit is told when it is loaded.
    """
    if weights is not None:
        return ("file",)
    num_classes = _num_classes(dataset)
    if is_pretrained and num_classes == NUM_PUBLISHED_CLASSES:
        return "as_built", "train"
    if model.has_own_weights or (is_pretrained and num_classes is None):
        return "train", "as_built"
    return ("bundled", "train") if is_bundled and not is_pretrained else ("train",)


def _num_classes(dataset: DatasetEntry) -> int | None:
    """Return how many classes data have; None if only opening them can tell."""
    if dataset.path is None:
        return dataset.num_classes
    train = dataset.path / "train"
    try:
        found = [each for each in os.scandir(train if is_folder(train) else dataset.path) if each.is_dir()]
    except (OSError, ValueError):
        return None
    return sum(not each.name.startswith(".") for each in found)


def baseline_texts(
    kind: BaselineKind,
    *,
    other: BaselineKind | None,
    model: ModelEntry,
    pretrained: str | None,
    weights: Path | None,
) -> tuple[str, str]:
    """Say where the baseline comes from: what stands before the number of epochs, and after it.

    `other` is what `T` switches to, if to anything; `pretrained` names published weights, if they are taken.
    """
    switch = f"   W {'fresh' if pretrained else 'published'} weights" if model.can_be_pretrained else ""
    switch += "" if other is None else f"   T {_SWITCH[other]}"
    published = "published weights" if pretrained == DEFAULT_WEIGHTS else f"published {pretrained}"
    match kind:
        case "file":
            return f"from {weights}", ""
        case "bundled":
            return "bundled, loads at once", switch
        case "as_built":
            return f"{published} as they are" if pretrained else "the weights that the code gives", switch
        case "train":
            start = f" from {published}" if pretrained else ""
            return "train for", f"epochs{start}{switch}"
        case _:
            assert_never(kind)


_SWITCH: Final[dict[BaselineKind, str]] = {
    "file": "",
    "bundled": "for the bundled one",
    "as_built": "for its weights as they are",
    "train": "to train one instead",
}
