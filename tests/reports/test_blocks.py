"""Blocks and rebinned histograms: nothing counted is lost, and what is there shows."""

import pytest

from prune_tui.reports.blocks import BLOCKS, block, rebinned


def test_a_block_shows_any_share() -> None:
    assert [block(eighth / 7) for eighth in range(8)] == list(BLOCKS)


@pytest.mark.parametrize("num_bins", [1, 3, 4, 9])
@pytest.mark.parametrize("reach", [1.0, 1.7, 4.0])
def test_rebinning_keeps_every_count(num_bins: int, reach: float) -> None:
    bins = rebinned((5, 0, 7, 11), num_bins, reach=reach)
    assert len(bins) == num_bins
    assert sum(bins) == pytest.approx(23)


def test_what_is_empty_stays_empty_to_the_bit() -> None:
    assert rebinned((3, 0, 0, 0), 9)[3:] == [0.0] * 6
    assert rebinned((), 3) == [0.0] * 3
    assert rebinned((3, 0), 0) == []


def test_equal_bins_give_equal_columns() -> None:
    assert rebinned((4, 4, 4), 2) == pytest.approx([6, 6])
    assert rebinned((2, 4), 4, reach=2.0) == pytest.approx([2, 4, 0, 0])
