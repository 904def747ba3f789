"""Augments training images on the device: shifts them by a few pixels, and mirrors them."""

import torch
from torch import nn

from prune_tui.core.session.recipe import Training


def augmented(images: torch.Tensor, training: Training, random_state: torch.Generator) -> torch.Tensor:
    """Return images [N, C, H, W] of any type, each augmented by its own random numbers and padded with zeros.

    The numbers are drawn on the CPU, so that every device sees the same images.
    """
    if training.augmentation == "none":
        return images
    count, _, height, width = images.shape
    reach = training.shift_pixels
    padded = nn.functional.pad(images, (reach, reach, reach, reach))
    shifts = torch.randint(0, 2 * reach + 1, (2, count, 1), generator=random_state)
    rows = (shifts[0] + torch.arange(height)).to(images.device)
    columns = shifts[1] + torch.arange(width)
    if training.augmentation == "crop_flip":
        is_mirrored = torch.rand(count, 1, generator=random_state) < 0.5
        columns = torch.where(is_mirrored, columns.flip(1), columns)
    columns = columns.to(images.device)
    index = torch.arange(count, device=images.device).reshape(-1, 1, 1)
    # Indexing on both sides of a slice moves the channels to the end.
    varied = padded[index, :, rows.unsqueeze(2), columns.unsqueeze(1)]
    return varied.permute(0, 3, 1, 2)
