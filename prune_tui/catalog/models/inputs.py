"""What images a model is fed: their shape, and how those of published weights are prepared."""

from dataclasses import dataclass
from typing import Final

from prune_tui.catalog.models import ImageShape, ModelEntry
from prune_tui.core.errors import ModelError

DEFAULT_SIZE: Final = 224
"""The side of images in pixels where neither the model nor the dataset has one."""


@dataclass(frozen=True, slots=True)
class InputTransform:
    """What images published weights were trained on.

    They are squares of `image_size` pixels a side, and a network sees (image / 255 − mean) / std, with one
    number a channel. Images are resized to just that size, and nothing is cut away.
    """

    image_size: int
    mean: tuple[float, ...]
    std: tuple[float, ...]


def image_shape_for(
    model: ModelEntry,
    dataset_shape: ImageShape | None,
    *,
    transform: InputTransform | None = None,
    image_size: int | None = None,
) -> ImageShape | None:
    """Return the shape of the images that a session feeds; None if only the dataset can tell.

    A model of the catalog has its own. Any other takes `image_size`, else the size of `transform`, the input
    of its published weights, else the dataset's; libraries' models take three channels, a user's own as many
    as the dataset has. `dataset_shape` None is that of a folder of images, or of data of the user's own.

    Raises:
        ModelError: the model takes no other size than its own.
    """
    if model.image_shape is not None:
        _, height, width = model.image_shape
        if image_size not in (None, height):
            raise ModelError(
                f"{model.name} takes images of {height}×{width} pixels: leave the image size out"
            )
        return model.image_shape
    channels = dataset_shape[0] if dataset_shape and model.source in ("code", "package") else 3
    if image_size is not None:
        return channels, image_size, image_size
    if transform is not None:
        return channels, transform.image_size, transform.image_size
    return (channels, *dataset_shape[1:]) if dataset_shape else None
