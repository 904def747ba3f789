"""Draws images with half blocks, two pixels a cell; as shades where there is no colour."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, Protocol

from rich.segment import Segment
from rich.style import Style

Rgb = tuple[int, int, int]
SHADES: Final = " ░▒▓█"


class Image(Protocol):
    """An image: its columns and rows, and 3 bytes a pixel (RGB), row by row."""

    @property
    def width(self) -> int: ...

    @property
    def height(self) -> int: ...

    @property
    def pixels(self) -> bytes: ...


def half_blocks(image: Image, *, width: int, height: int, shades: str = "") -> list[list[Segment]]:
    """Return an image as rows of segments, `width` by `height` cells.

    With `shades`, characters from dark to light, brightness alone is drawn.
    """
    pixels = scaled(image, width, height * 2)
    rows = []
    for row in range(height):
        pairs = list(
            zip(
                pixels[2 * row * width : (2 * row + 1) * width],
                pixels[(2 * row + 1) * width : (2 * row + 2) * width],
                strict=True,
            )
        )
        if shades:
            rows.append([Segment("".join(_shade(pair, shades) for pair in pairs))])
        else:
            rows.append([Segment("▀", _two_colours(upper, lower)) for upper, lower in pairs])
    return rows


def _shade(pair: Sequence[Rgb], shades: str) -> str:
    light = sum(sum(rgb) for rgb in pair) / (len(pair) * 3 * 255)
    return shades[min(len(shades) - 1, int(light * len(shades)))]


@lru_cache(maxsize=4096)
def _two_colours(upper: Rgb, lower: Rgb) -> Style:
    return Style.parse("#{:02x}{:02x}{:02x} on #{:02x}{:02x}{:02x}".format(*upper, *lower))


def scaled(image: Image, width: int, height: int) -> list[Rgb]:
    """Return the pixels of an image scaled to `width` by `height`, row by row: the mean of each area."""
    columns = [_span(at, width, image.width) for at in range(width)]
    pixels = []
    for row in range(height):
        top, bottom = _span(row, height, image.height)
        for left, right in columns:
            reds, greens, blues = (
                [
                    image.pixels[(y * image.width + x) * 3 + channel]
                    for y in range(top, bottom)
                    for x in range(left, right)
                ]
                for channel in range(3)
            )
            count = len(reds)
            pixels.append((sum(reds) // count, sum(greens) // count, sum(blues) // count))
    return pixels


def _span(at: int, parts: int, size: int) -> tuple[int, int]:
    """Return the pixels of `size` that one of so many parts covers, at least one."""
    first = min(size - 1, at * size // parts)
    return first, max(first + 1, min(size, -(-(at + 1) * size // parts)))


def tile_size(
    image: Image, count: int, *, width: int, height: int, between: tuple[int, int] = (2, 2)
) -> tuple[int, int, int]:
    """Return the largest cells at which `count` images fit in a room, and how many stand side by side.

    No image is drawn larger than it is. `between` are the cells right of each and below it. Where not all
    fit even if small, (0, 0, 0).
    """
    for columns in range(min(image.width, width), 5, -1):
        rows = max(1, round(columns * image.height / image.width / 2))
        side_by_side = (width + between[0]) // (columns + between[0])
        if side_by_side * ((height + 1) // (rows + between[1])) >= count:
            return columns, rows, min(side_by_side, count)
    return 0, 0, 0
