"""The bundled digits: 1,797 handwritten digits with fixed splits; no data folder, no network."""

from collections.abc import Generator
from importlib.resources import files
from pathlib import Path
from typing import Final

import numpy as np
import torch

from prune_tui.catalog.batches import TensorSplit
from prune_tui.catalog.datasets import DatasetEntry
from prune_tui.catalog.datasets.images import Data, Wanted
from prune_tui.catalog.tasks.classification import Classification
from prune_tui.core.errors import DataError
from prune_tui.core.run.events import DataProgress

SIZE: Final = 28
BOX: Final = 20
"""The digit fills 20×20 of 28×28 pixels, as in MNIST."""

HIGHEST_LEVEL: Final = 16


def load_digits(entry: DatasetEntry, _wanted: Wanted) -> Generator[DataProgress, None, Data]:
    """Read the bundled digits; their splits do not depend on the seed."""
    asset = Path(str(files("prune_tui"))) / "assets" / "digits.npz"
    try:
        with np.load(asset, allow_pickle=False) as arrays:
            train, validation, test = (
                TensorSplit(
                    upscaled(torch.from_numpy(arrays[f"{part}_images"])),
                    torch.from_numpy(arrays[f"{part}_labels"]).long(),
                )
                for part in ("train", "validation", "test")
            )
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"{asset} is missing or damaged ({error}): install prune-tui again") from None
    count = len(train) + len(validation) + len(test)
    yield DataProgress(f"reading {entry.name}", count, count)
    return Data(train, validation, test, Classification(10), class_names=tuple("0123456789"))


def upscaled(digits: torch.Tensor) -> torch.Tensor:
    """Scale digits uint8 [N, 8, 8] of levels 0 to 16 to images uint8 [N, 1, 28, 28] of levels 0 to 255.

    Bilinear, in integers: every machine gets the same pixels.
    """
    weights = _bilinear_weights(digits.shape[-1])
    unit = HIGHEST_LEVEL * int(weights[0].sum()) ** 2
    large = torch.matmul(torch.matmul(weights, digits.long()), weights.T)
    pixels = (large * 255 + unit // 2) // unit
    border = (SIZE - BOX) // 2
    images = torch.zeros(len(digits), 1, SIZE, SIZE, dtype=torch.uint8)
    images[:, 0, border : border + BOX, border : border + BOX] = pixels.to(torch.uint8)
    return images


def _bilinear_weights(size: int) -> torch.Tensor:
    """Return the weight of each of `size` pixels in each of BOX, in multiples of 1 / (2 · BOX)."""
    parts = 2 * BOX
    at = (2 * torch.arange(BOX) + 1) * size - BOX
    below, share = at // parts, at % parts
    weights = torch.zeros(BOX, size, dtype=torch.long)
    rows = torch.arange(BOX)
    weights.index_put_((rows, below.clamp(0, size - 1)), parts - share, accumulate=True)
    weights.index_put_((rows, (below + 1).clamp(0, size - 1)), share, accumulate=True)
    return weights
