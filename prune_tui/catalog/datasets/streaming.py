"""A split of image files that are decoded when a batch is read."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from prune_tui.catalog.batches import Batch, Indices
from prune_tui.catalog.datasets.decoding import decoded, quietly
from prune_tui.catalog.datasets.pixel_cache import PixelCache
from prune_tui.catalog.models import ImageShape

MOST_THREADS: Final = 8


class ImageFiles:
    """Image files with their labels int64 [N], decoded to one shape whenever they are asked for."""

    def __init__(self, files: tuple[Path, ...], labels: torch.Tensor, shape: ImageShape) -> None:
        self.files, self.labels, self.shape = files, labels, shape
        self._cache: PixelCache | None = None
        self._num_threads = min(MOST_THREADS, os.cpu_count() or 1)
        self._pool = ThreadPoolExecutor(self._num_threads, "decoding")

    def keep(self) -> bool:
        """Keep what is decoded on disk from now on, and say whether there is room for it."""
        self._cache = PixelCache.open(self.files, self.shape)
        return self._cache is not None

    def read(self, numbers: torch.Tensor) -> torch.Tensor:
        """Return these images, uint8 [N, C, H, W].

        Raises:
            DataError: one of them can't be read.
        """
        images = torch.empty(len(numbers), *self.shape, dtype=torch.uint8)
        pixels, wanted = images.numpy(), numbers.tolist()
        shares = [range(start, len(wanted), self._num_threads) for start in range(self._num_threads)]
        with quietly():
            for _ in self._pool.map(lambda share: self._read_share(pixels, wanted, share), shares):
                pass
        return images

    def _read_share(self, pixels: NDArray[np.uint8], wanted: list[int], share: range) -> None:
        for at in share:
            number = wanted[at]
            if self._cache is None:
                pixels[at] = decoded(self.files[number], self.shape)
            elif not self._cache.get(number, pixels[at]):
                pixels[at] = decoded(self.files[number], self.shape)
                self._cache.put(number, pixels[at])


@dataclass(frozen=True, slots=True)
class StreamedSplit:
    """Some of the image files, by their numbers int64 [N]."""

    images: ImageFiles
    numbers: torch.Tensor

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def is_read_ahead(self) -> bool:
        return True

    @property
    def is_fixed(self) -> bool:
        return True

    @property
    def num_bytes(self) -> int:
        """What the decoded images would take in memory."""
        return len(self) * int(np.prod(self.images.shape))

    def batch(self, at: Indices) -> Batch:
        numbers = self.numbers[at]
        return Batch(self.images.read(numbers), self.images.labels[numbers])

    def subset(self, indices: torch.Tensor) -> "StreamedSplit":
        return StreamedSplit(self.images, self.numbers[indices])

    def to(self, device: torch.device) -> "StreamedSplit":  # noqa: ARG002 - it stays on disk
        return self
