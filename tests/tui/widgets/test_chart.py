"""A plot fills any room, on a round scale."""

import pytest

from prune_tui.tui.widgets.chart import Line, Plot, padded_range, plot_lines
from tests.tui.helpers import PALETTE


def test_a_plot_fills_its_room_and_its_scale_is_round() -> None:
    plot = Plot(
        lines=(
            Line(((0.0, 0.9), (1.0, 0.98))),
            Line(((0.0, 0.95), (1.0, 0.95)), tone="muted", is_ghost=True),
        ),
        x_range=(0.0, 1.0),
        y_range=(0.9, 1.0),
        x_labels=((0.0, "0"), (1.0, "1")),
    )
    lines = [line.plain for line in plot_lines(plot, PALETTE, width=40, height=11)]
    assert len(lines) == 11
    assert all(len(line) == 40 for line in lines)
    assert [line[:5].strip() for line in lines if line[:5].strip()] == ["100", "98", "96", "94", "92", "90"]
    assert any(0x2800 < ord(letter) < 0x2900 for line in lines for letter in line)


def test_a_sign_that_moves_aside_hides_no_other() -> None:
    at = ((0.5, 0.95),)
    lines = (Line(at, marker="○"), *(Line(at, marker=sign, moves_aside=True) for sign in "123"))
    plot = Plot(lines=lines, x_range=(0.0, 1.0), y_range=(0.9, 1.0))
    drawn = "".join(line.plain for line in plot_lines(plot, PALETTE, width=40, height=9))
    assert all(sign in drawn for sign in "○123")


@pytest.mark.parametrize("size", [(1, 1), (8, 1), (8, 2), (200, 50)])
def test_a_plot_fits_any_room(size: tuple[int, int]) -> None:
    plot = Plot(
        lines=(Line(((0.0, 0.5),)),), x_range=(0.0, 0.0), y_range=(0.5, 0.5), x_labels=((0.0, "long"),)
    )
    assert plot_lines(plot, PALETTE, width=size[0], height=size[1])


def test_a_range_is_padded_and_stays_within_accuracies() -> None:
    low, high = padded_range([0.99], least=0.04)
    assert low == pytest.approx(0.97)
    assert high == 1.0
