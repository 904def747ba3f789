"""A layer's curve is drawn with what is known of each cell, and as much of it as there is."""

from dataclasses import replace

from rich.console import Console

from prune_tui.tui.steps.plots import curve_plot
from prune_tui.tui.widgets.chart import Plot, plot_lines
from tests.core.scanning.test_cells import HALF_KNOWN
from tests.tui.helpers import PALETTE


def _num_dots(plot: Plot) -> int:
    """Count the dots that a plot is drawn with: braille patterns hold up to eight each."""
    drawn = "".join(line.plain for line in plot_lines(plot, PALETTE, width=60, height=12))
    return sum((ord(letter) - 0x2800).bit_count() for letter in drawn if 0x2800 < ord(letter) < 0x2900)


def test_a_curve_is_drawn_with_the_interval_of_each_cell_that_is_not_exact() -> None:
    plot = curve_plot(HALF_KNOWN, "fc")
    (band,) = plot.bands
    assert [at for at, _, _ in band.spans] == [0, 0.25, 0.5, 0.75]
    assert all(plot.y_range[0] <= low <= high <= 1 for _, low, high in band.spans)


def test_the_curve_and_its_points_are_drawn_over_the_band() -> None:
    plot = curve_plot(HALF_KNOWN, "fc")
    lines = plot_lines(plot, PALETTE, width=60, height=20)
    assert sum(line.plain.count("•") for line in lines) == 3
    without = plot_lines(replace(plot, bands=()), PALETTE, width=60, height=20)
    faint = 0
    for line, alone in zip(lines, without, strict=True):
        for at, letter in enumerate(alone.plain):
            if letter != " ":
                assert line.plain[at] == letter
            elif line.plain[at] != " ":
                faint += 1
                assert line.get_style_at_offset(Console(), at) == PALETTE.faint
    assert faint > 10


def test_a_curve_of_few_cells_is_drawn_with_fewer_dots_and_one_not_scanned_with_none_of_its_own() -> None:
    whole, begun, none = (_num_dots(curve_plot(HALF_KNOWN, name)) for name in ("fc", "old", "locked"))
    assert whole > begun >= none > 0
