"""The catalog's models, datasets and trained baselines, by name."""

import os
from pathlib import Path
from typing import Final

import torch
from torch import nn

from prune_tui.catalog.baselines import bundled_baseline
from prune_tui.catalog.datasets import dataset_entry, load
from prune_tui.catalog.datasets.images import Data, subset
from prune_tui.catalog.models import ImageShape
from prune_tui.core.errors import CheckpointError, DataError, ModelError
from prune_tui.core.returning import Returning
from prune_tui.core.run.view import View
from prune_tui.core.session.session import Session
from prune_tui.engine.device import seed_fresh_weights
from prune_tui.engine.model import SessionModel
from prune_tui.engine.network.checkpoint_files import read_weights
from prune_tui.engine.network.checkpoints import decode
from prune_tui.library.effects import undisturbed
from prune_tui.library.progress import Shown, shown

NO_SHAPE: Final = (0, 0, 0)
"""What a model is built for whose data are no images."""


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
            is 10 classes.
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
    num_classes = 10 if data is None else data.task.num_outputs
    if num_classes is None:
        raise ModelError(f"{name} puts out classes, and the data's {data and data.task.name} has none")
    session = Session(
        name="library", seed=seed, model=name, dataset="", pretrained=pretrained, image_size=image_size
    )
    folder = None if data_dir is None else Path(data_dir)
    named = SessionModel(session, data_dir=folder, allow_code=True)
    with undisturbed(), shown(progress) as show:
        for event in named.prepare():
            show(event, View())
        seed_fresh_weights(seed)
        module = named.fresh(
            num_classes=num_classes, image_shape=named.image_shape(_image_shape(data)) or NO_SHAPE
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
    image_shape: ImageShape | None = None,
    seed: int = 0,
    num_train_images: int | None = None,
    num_test_images: int | None = None,
    data_dir: str | os.PathLike[str] | None = None,
    progress: Shown = True,
) -> Data:
    """Return a dataset of the catalog, fetched where it is missing.

    Args:
        name: as `prune-tui list datasets` shows it, or `imagefolder:PATH`.
        image_shape: (channels, height, width) to which a folder of images is scaled; others have their own.
        seed: draws the validation split, and the images if not all are taken.
        num_train_images: how many to take, the validation split included; None takes all.
        num_test_images: how many to take; None takes all.
        data_dir: where datasets are; None takes $PRUNE_TUI_DATA, or the user's cache folder.
        progress: of fetching and reading.

    Raises:
        UnknownNameError: there is no such dataset.
        DataError: it is damaged, or can't be fetched or read.
    """
    entry = dataset_entry(name)
    shape = image_shape or entry.image_shape
    if shape is None:
        raise DataError(f"{name} has images of any size: give image_shape=(channels, height, width)")
    folder = None if data_dir is None else Path(data_dir)
    reading = Returning(load(entry, data_dir=folder, image_shape=shape, seed=seed))
    with shown(progress) as show:
        for event in reading:
            show(event, View())
    return subset(reading.value, num_train=num_train_images, num_test=num_test_images, seed=seed)


def _image_shape(data: Data | None) -> ImageShape | None:
    """Return the shape of the images in the data; None if they are others."""
    inputs = None if data is None else data.validation.batch(slice(0, 1)).inputs
    if not isinstance(inputs, torch.Tensor) or inputs.dim() != 4:
        return None
    _, channels, height, width = inputs.shape
    return channels, height, width


def baseline(model: str, dataset: str) -> Path:
    """Return the file of a bundled baseline: the weights of a model trained on a dataset.

    Raises:
        CheckpointError: none of this model on this dataset is bundled.
    """
    path = bundled_baseline(model, dataset)
    if path is None:
        raise CheckpointError(f"no baseline of {model} on {dataset} is bundled: train one instead")
    return path
