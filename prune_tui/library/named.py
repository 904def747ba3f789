"""The catalog's models, datasets and trained baselines, by name."""

import os
from collections.abc import Generator
from pathlib import Path
from typing import Final

from torch import nn

from prune_tui.catalog.baselines import bundled_baseline
from prune_tui.catalog.datasets.images import Data, image_shape_of
from prune_tui.catalog.models import ImageShape
from prune_tui.catalog.models.inputs import DEFAULT_SIZE
from prune_tui.core.errors import CheckpointError, DataError
from prune_tui.core.returning import Returning
from prune_tui.core.run.events import DataProgress
from prune_tui.core.run.view import View
from prune_tui.core.session.session import Session
from prune_tui.engine.dataset import SessionDataset
from prune_tui.engine.device import seed_fresh_weights
from prune_tui.engine.model import SessionModel
from prune_tui.engine.network.checkpoint_files import read_weights
from prune_tui.engine.network.checkpoints import decode
from prune_tui.library.effects import undisturbed
from prune_tui.library.progress import Shown, shown

NUM_CLASSES: Final = 10
"""The outputs of a model that is built without data."""


def model(
    name: str,
    data: Data | None = None,
    *,
    weights: str | os.PathLike[str] | None = None,
    pretrained: str | None = None,
    image_size: int | None = None,
    seed: int = 0,
    data_dir: str | os.PathLike[str] | None = None,
    progress: Shown = True,
) -> nn.Module:
    """Return a model by name, with the fresh weights that a session of this seed begins with.

    Code of your own, `net.py:factory`, is run: to name it in your script is to allow it.

    Args:
        name: as `prune-tui list models` shows it, or `net.py:factory`.
        data: what `dataset` returned, for as many outputs as it has classes, and the size of its images; None
            is 10 classes, and the model's own size, or that of its weights, or 224×224.
        weights: a dense state dict or checkpoint of the model, saved as safetensors.
        pretrained: the name of published weights, or `default`.
        image_size: the side in pixels of the images that it is built for; None follows from the data.
        seed: draws the fresh weights.
        data_dir: where published weights are kept; None takes $PRUNE_TUI_DATA, or the user's cache folder.
        progress: of fetching published weights.

    Raises:
        PruneTuiError: there is no such model, or it can't be built.
        CheckpointError: the file is missing, pruned or for another model.
    """
    session = Session(
        name="library", seed=seed, model=name, dataset="", pretrained=pretrained, image_size=image_size
    )
    named = SessionModel(session, data_dir=_folder(data_dir), allow_code=True)
    with undisturbed(), shown(progress) as show:
        for event in named.prepare():
            show(event, View())
        found = None if data is None else image_shape_of(data)
        if data is None or image_size is not None:
            found = named.image_shape(found) or (3, DEFAULT_SIZE, DEFAULT_SIZE)
        seed_fresh_weights(seed)
        module = named.fresh(
            num_classes=NUM_CLASSES if data is None else data.task.num_outputs, image_shape=found
        )
    if weights is not None:
        path = Path(weights)
        state, masks = decode(read_weights(path), module.state_dict(), source=str(path))
        if masks:
            raise CheckpointError(f"{path}: a pruned checkpoint, a dense one is wanted")
        module.load_state_dict(state)
    return module


def dataset(
    name: str,
    *,
    model: str | None = None,
    pretrained: str | None = None,
    image_size: int | None = None,
    image_shape: ImageShape | None = None,
    seed: int = 0,
    num_train_images: int | None = None,
    num_test_images: int | None = None,
    data_dir: str | os.PathLike[str] | None = None,
    progress: Shown = True,
) -> Data:
    """Return a dataset by name, fetched where it is missing.

    Code of your own, `data.py:function`, is run: to name it in your script is to allow it.

    Args:
        name: as `prune-tui list datasets` shows it, `imagefolder:PATH`, or `data.py:function`.
        model: the name of a model: images get the shape that it takes.
        pretrained: the name of the model's published weights, or `default`: images are prepared for them.
        image_size: the side in pixels of the images that the model is fed; None follows from it or the data.
        image_shape: (channels, height, width) instead, for a model without a name; None with neither leaves
            images as they are.
        seed: draws the splits that are not there, and the examples if not all are taken.
        num_train_images: how many to take, the validation split included; None takes all.
        num_test_images: how many to take; None takes all.
        data_dir: where datasets are; None takes $PRUNE_TUI_DATA, or the user's cache folder.
        progress: of fetching and reading.

    Raises:
        UnknownNameError: there is no such dataset or model.
        DataError: it is damaged, or can't be fetched or read.
    """
    if model is None and (pretrained is not None or image_size is not None):
        raise DataError("pretrained and image_size are of a model: give `model`, or `image_shape` alone")
    session = Session(
        name="library",
        seed=seed,
        model=model or "",
        dataset=name,
        pretrained=pretrained,
        image_size=image_size,
        num_train_images=num_train_images,
        num_test_images=num_test_images,
    )
    named = SessionDataset(session, data_dir=_folder(data_dir), allow_code=True)
    with undisturbed(), shown(progress) as show:
        reading = Returning(_read(named, session, image_shape, _folder(data_dir)))
        for event in reading:
            show(event, View())
    return reading.value


def _read(
    named: SessionDataset, session: Session, image_shape: ImageShape | None, data_dir: Path | None
) -> Generator[DataProgress, None, Data]:
    if image_shape is not None or not session.model:
        return (yield from named.read(image_shape or named.entry.image_shape))
    model = SessionModel(session, data_dir=data_dir, allow_code=True)
    yield from model.prepare()
    return (yield from named.fed_to(model))


def _folder(data_dir: str | os.PathLike[str] | None) -> Path | None:
    return None if data_dir is None else Path(data_dir)


def baseline(model: str, dataset: str) -> Path:
    """Return the file of a bundled baseline: the weights of a model trained on a dataset.

    Raises:
        CheckpointError: none of this model on this dataset is bundled.
    """
    path = bundled_baseline(model, dataset)
    if path is None:
        raise CheckpointError(f"no baseline of {model} on {dataset} is bundled: train one instead")
    return path
