"""Decodes image files of all kinds to bytes of one shape."""

import struct
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.TiffImagePlugin import BITSPERSAMPLE, PHOTOMETRIC_INTERPRETATION, TiffImageFile

from prune_tui.catalog.models import ImageShape
from prune_tui.core.errors import DataError

LARGEST_SIDE: Final = 224
SMALLEST_SIDE: Final = 8
NUM_LOOKED_AT: Final = 100

_GREY_MODES: Final = ("1", "L", "I", "F")

_DAMAGE: Final = (
    *(OSError, EOFError, ValueError, TypeError, KeyError, IndexError, OverflowError, SyntaxError),
    *(struct.error, Image.DecompressionBombError),
)
"""What reading a damaged image can raise: Pillow promises nothing narrower."""


def decoded(file: Path, image_shape: ImageShape) -> NDArray[np.uint8]:
    """Return one image as uint8 [C, H, W]: grey or RGB, scaled bilinearly without keeping proportions.

    Raises:
        DataError: it is unreadable, or its levels have no known range.
    """
    channels, height, width = image_shape
    mode = "L" if channels == 1 else "RGB"
    try:
        with Image.open(file) as opened:
            opened.draft(mode, (width, height))
            image = _with_8_bits(opened, file).convert(mode)
    except _DAMAGE as error:
        raise _unreadable(file, error) from None
    if image.size != (width, height):
        image = image.resize((width, height), Image.Resampling.BILINEAR)
    array = np.asarray(image, dtype=np.uint8)
    return array[np.newaxis] if channels == 1 else array.transpose(2, 0, 1)


def usual_shape(files: Sequence[Path]) -> ImageShape:
    """Return the size that most of up to 100 images have, evenly drawn; RGB unless all of these are grey.

    A side is at least 8 and at most 224. Of sizes that are as many, the one seen first counts.

    Raises:
        DataError: one of them is unreadable.
    """
    count = min(len(files), NUM_LOOKED_AT)
    sizes: dict[tuple[int, int], int] = {}
    is_grey = True
    with quietly():
        for number in range(count):
            file = files[number * len(files) // count]
            try:
                with Image.open(file) as image:
                    size = image.size
                    is_grey = is_grey and image.mode.startswith(_GREY_MODES) and image.mode != "LAB"
            except _DAMAGE as error:
                raise _unreadable(file, error) from None
            sizes[size] = sizes.get(size, 0) + 1
    usual = max(sizes, key=lambda size: sizes[size])
    width, height = (min(LARGEST_SIDE, max(SMALLEST_SIDE, side)) for side in usual)
    return 1 if is_grey else 3, height, width


_lock: Final = threading.Lock()
_quiet: list[AbstractContextManager[object]] = []
_num_quiet = 0


@contextmanager
def quietly() -> Iterator[None]:
    """Leave out Pillow's warnings of odd files, for which a screen has no place.

    Filters of warnings are the process's: whoever comes first silences them, whoever goes last restores them.
    """
    global _num_quiet
    with _lock:
        if _num_quiet == 0:
            _quiet.append(warnings.catch_warnings())
            _quiet[-1].__enter__()
            warnings.simplefilter("ignore")
        _num_quiet += 1
    try:
        yield
    finally:
        with _lock:
            _num_quiet -= 1
            if _num_quiet == 0:
                _quiet.pop().__exit__(None, None, None)


def _unreadable(file: Path, error: Exception) -> DataError:
    reason = " ".join(str(error).split())
    return DataError(f"{file} is not a readable image ({reason}): repair or remove it")


def _with_8_bits(image: Image.Image, file: Path) -> Image.Image:
    """Return an image with levels from 0 to 255; Pillow by itself would make all above 255 white.

    Raises:
        DataError: its levels have 32 bits, and nothing says which are black and white.
    """
    if image.mode.startswith("I;16") or (image.mode == "I" and image.format == "PPM"):
        tags = image.tag_v2 if isinstance(image, TiffImageFile) else {}
        white = 2 ** int(tags.get(BITSPERSAMPLE, (16,))[0]) - 1
        levels = np.asarray(image).astype(np.uint32).clip(0, white)
        if tags.get(PHOTOMETRIC_INTERPRETATION) == 0:
            levels = white - levels
        return Image.fromarray(((levels * 255 + white // 2) // white).astype(np.uint8))
    if image.mode in ("I", "F"):
        kind = "floating-point" if image.mode == "F" else "signed or 32-bit"
        raise DataError(f"{file} has {kind} levels of an unknown range: save it with 8 or 16 bits")
    return image
