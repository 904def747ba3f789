"""Half blocks: two pixels a cell, scaled by area, and shades where there is no colour."""

from dataclasses import dataclass

import pytest

from prune_tui.tui.widgets.half_blocks import SHADES, half_blocks, scaled, tile_size


@dataclass(frozen=True)
class Made:
    width: int
    height: int
    pixels: bytes


QUARTERS = Made(2, 2, bytes([255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255]))


def test_each_cell_has_the_colours_of_the_pixels_above_and_below() -> None:
    rows = half_blocks(QUARTERS, width=2, height=1)
    assert [segment.text for segment in rows[0]] == ["▀", "▀"]
    assert [str(segment.style) for segment in rows[0]] == ["#ff0000 on #0000ff", "#00ff00 on #ffffff"]


def test_scaling_takes_the_mean_of_an_area() -> None:
    assert scaled(QUARTERS, 1, 1) == [(127, 127, 127)]
    assert scaled(QUARTERS, 4, 4)[:4] == [(255, 0, 0)] * 2 + [(0, 255, 0)] * 2


def test_without_colour_brightness_is_a_shade() -> None:
    dark_to_light = Made(
        5, 2, bytes(level for _ in range(2) for level in (0, 60, 120, 180, 255) for _ in "rgb")
    )
    rows = half_blocks(dark_to_light, width=5, height=1, shades=SHADES)
    assert rows[0][0].text == SHADES
    assert rows[0][0].style is None


@pytest.mark.parametrize("room", [(98, 33), (58, 14), (38, 10), (30, 40)])
def test_all_images_fit_and_none_is_larger_than_it_is(room: tuple[int, int]) -> None:
    image = Made(28, 28, b"")
    columns, rows, side_by_side = tile_size(image, 10, width=room[0], height=room[1])
    assert 6 <= columns <= 28
    assert rows == round(columns / 2)
    assert side_by_side * (columns + 2) - 2 <= room[0]
    assert -(-10 // side_by_side) * (rows + 2) - 1 <= room[1]


def test_where_there_is_no_room_nothing_is_drawn() -> None:
    assert tile_size(Made(28, 28, b""), 10, width=10, height=4) == (0, 0, 0)
