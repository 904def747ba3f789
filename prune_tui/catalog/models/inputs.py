"""What images a model is fed: their shape, and how those of published weights are prepared."""

from dataclasses import dataclass, replace
from typing import Final, Literal

from prune_tui.catalog.models import ImageShape, ModelEntry
from prune_tui.core.errors import ModelError

DEFAULT_SIZE: Final = 224
"""The side of images in pixels where neither the model nor the dataset has one."""

Interpolation = Literal["nearest", "bilinear", "bicubic", "lanczos"]


@dataclass(frozen=True, slots=True)
class InputTransform:
    """How images are prepared for published weights.

    The shorter side is scaled to `resize_size` pixels, the middle square of `image_size` is cut out, and a
    network sees (image / 255 − mean) / std, with one number a channel.
    """

    image_size: int
    resize_size: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    interpolation: Interpolation = "bilinear"

    def at(self, image_size: int) -> "InputTransform":
        """Return the same for another size, with as much of the image cut away."""
        resize_size = round(self.resize_size * image_size / self.image_size)
        return replace(self, image_size=image_size, resize_size=resize_size)


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
