"""What is drawn says what it should, in shape as well as in colour."""

import pytest

from prune_tui.core.report import ScanCurve, ScanFigures
from prune_tui.reports.numbers import (
    change_text,
    duration_text,
    points_text,
    shortened,
    size_text,
    sizes_text,
    times_text,
)
from prune_tui.tui.palette import Palette, coloured, colourless
from prune_tui.tui.widgets.chart import Line, Plot, padded_range, plot_lines
from prune_tui.tui.widgets.sparsity_ruler import loss_level, ruler_label, sparsity_ruler
from prune_tui.tui.widgets.weight_histogram import histogram_lines

PALETTE: Palette = coloured("#ffffff", "#000000", "#00ff00", "#00ff00", "#ffff00", "#ff0000", "#0000ff")
SCAN = ScanFigures(
    criterion="l1",
    granularity="weight",
    num_images=1000,
    dense_accuracy=0.99,
    sparsities=(0.25, 0.5, 0.75),
    layers=(ScanCurve(name="fc[", accuracies=(0.99, 0.97, None)),),
)


@pytest.mark.parametrize(
    ("chosen", "drawn"),
    [(None, "▁▄·"), (0.0, "│▁▄·"), (0.25, "▁│▄·"), (0.3, "▁│▄·"), (0.5, "▁▄│·"), (0.9, "▁▄·│")],
)
def test_a_ruler_marks_the_chosen_sparsity(chosen: float | None, drawn: str) -> None:
    assert sparsity_ruler(SCAN, "fc[", PALETTE, chosen=chosen).plain == drawn


def test_a_ruler_without_a_scan_is_dots() -> None:
    assert sparsity_ruler(None, "fc[", PALETTE).plain == "·" * 9
    assert ruler_label(None) == ".1────.9"
    assert ruler_label(SCAN) == ".25──.75"


@pytest.mark.parametrize(
    ("lost", "level"), [(-0.1, 0), (0.0, 0), (0.0099, 2), (0.02, 3), (0.06, 5), (0.9, 7)]
)
def test_a_point_is_the_third_block(lost: float, level: int) -> None:
    assert loss_level(lost) == level


def test_what_dies_is_shaded_and_what_stays_is_full() -> None:
    counts = tuple(range(64, 0, -1))
    top, bottom = (
        line.plain for line in histogram_lines(counts, PALETTE, width=32, height=2, dead_bins=16.0)
    )
    assert bottom[:8] == "░" * 8
    assert bottom[8] == "█"
    assert len(bottom) == len(top) == 32
    assert "░" not in bottom[8:]


@pytest.mark.parametrize("width", [1, 7, 40, 63, 64, 65, 100, 300])
def test_equal_bins_are_equal_columns(width: int) -> None:
    (line,) = histogram_lines((5,) * 64, PALETTE, width=width, height=1)
    assert set(line.plain) == {"█"}
    assert len(line.plain) == min(width, 192)


def test_an_empty_histogram_draws_nothing() -> None:
    assert [line.plain for line in histogram_lines((), PALETTE, width=10, height=2)] == ["", ""]
    assert [line.plain.strip() for line in histogram_lines((0, 0), PALETTE, width=2, height=1)] == [""]


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


def test_words() -> None:
    assert points_text(-0.0021) == "−0.2"
    assert points_text(-0.0001) == "0.0"
    assert points_text(None) == "—"
    assert change_text(100, 33) == "−67 %"
    assert change_text(0, 1) == "—"
    assert size_text(1_724_320) == "1.72 MB"
    assert sizes_text(370_000, 120_000) == "0.37 → 0.12 MB"
    assert sizes_text(90_000, 9_000) == "90.0 → 9.0 kB"
    assert duration_text(102) == "1:42"
    assert duration_text(3_701) == "1:01:41"
    assert times_text(36.88) == "36.9×"
    assert shortened("features.block.conv1", 10) == "…ock.conv1"
    assert shortened("conv1", 10) == "conv1"


def test_without_colour_a_loss_still_stands_out() -> None:
    plain = colourless("#ffffff", "#000000")
    assert plain.good.color == plain.bad.color
    assert plain.good != plain.warn != plain.bad
