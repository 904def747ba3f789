"""A histogram fills its room in equal columns, and shades what dies."""

import pytest

from prune_tui.tui.widgets.weight_histogram import histogram_lines
from tests.tui.helpers import PALETTE


def test_what_dies_is_shaded_and_what_stays_is_full() -> None:
    counts = tuple(range(64, 0, -1))
    top, bottom = (
        line.plain for line in histogram_lines(counts, PALETTE, width=32, height=2, pruned_bins=16.0)
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
