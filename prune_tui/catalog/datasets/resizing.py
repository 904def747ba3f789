"""Gives images of bytes another shape: grey or colour, and any size."""

from dataclasses import dataclass

import torch
from torch import nn

from prune_tui.catalog.batches import Batch, Indices, Split, TensorSplit, Tree
from prune_tui.catalog.datasets.images import IMAGES_AT_ONCE
from prune_tui.catalog.models import ImageShape
from prune_tui.catalog.tasks.task import tensor

_LUMA = (19_595, 38_470, 7_471)
"""The weights of red, green and blue in grey, in 65,536ths: ITU-R 601 as Pillow's `L` has it."""


def resized(images: torch.Tensor, shape: ImageShape) -> torch.Tensor:
    """Return images uint8 [N, C, H, W] with this shape; the same object if they have it.

    Colours are turned grey by ITU-R 601 luma, grey is repeated in each channel. Sizes change bilinearly with
    antialiasing, without keeping proportions. Each image's pixels depend on that image alone.
    """
    channels, height, width = shape
    if images.shape[1] == 3 and channels == 1:
        weights = torch.tensor(_LUMA, device=images.device).reshape(1, 3, 1, 1)
        images = ((images * weights).sum(dim=1, keepdim=True) + 2**15 >> 16).to(torch.uint8)
    if images.shape[2:] != (height, width):
        images = nn.functional.interpolate(
            images.contiguous(), size=(height, width), mode="bilinear", antialias=True
        )
    if images.shape[1] == 1 and channels > 1:
        images = images.expand(-1, channels, -1, -1).contiguous()
    return images


def resized_in_parts(images: torch.Tensor, shape: ImageShape) -> torch.Tensor:
    """Return many images with this shape, without needing more memory than for the result."""
    if tuple(images.shape[1:]) == shape:
        return images
    result = torch.empty(len(images), *shape, dtype=torch.uint8)
    for start in range(0, len(images), IMAGES_AT_ONCE):
        part = slice(start, start + IMAGES_AT_ONCE)
        result[part] = resized(images[part], shape)
    return result


@dataclass(frozen=True, slots=True)
class ResizedSplit:
    """A split of images whose batches are resized when they are read; it stays on the CPU."""

    split: Split
    shape: ImageShape

    def __len__(self) -> int:
        return len(self.split)

    @property
    def is_read_ahead(self) -> bool:
        return self.split.is_read_ahead or isinstance(self.split, TensorSplit)

    @property
    def is_fixed(self) -> bool:
        return self.split.is_fixed

    def batch(self, at: Indices) -> Batch:
        batch = self.split.batch(at)
        images: Tree = resized(tensor(batch.inputs), self.shape)
        return Batch(images, batch.targets)

    def subset(self, indices: torch.Tensor) -> "ResizedSplit":
        return ResizedSplit(self.split.subset(indices), self.shape)

    def to(self, device: torch.device) -> "ResizedSplit":  # noqa: ARG002 - bytes are resized on the CPU only
        return self
