"""Numbers are said as people read them."""

from prune_tui.reports.numbers import (
    about_text,
    change_text,
    duration_text,
    points_text,
    shortened,
    size_text,
    sizes_text,
    times_text,
)


def test_numbers_are_said_in_few_digits_with_their_unit() -> None:
    assert points_text(-0.0021) == "−0.2"
    assert points_text(-0.0001) == "0.0"
    assert points_text(None) == "—"
    assert change_text(100, 33) == "−67 %"
    assert change_text(0, 1) == "—"
    assert size_text(1_724_320) == "1.72 MB"
    assert sizes_text(370_000, 120_000) == "0.37 → 0.12 MB"
    assert sizes_text(90_000, 9_000) == "90.0 → 9.0 kB"
    assert duration_text(102) == "1:42"
    assert [about_text(seconds) for seconds in (0.2, 41.3, 89, 90, 725, 5_500, 12_600)] == [
        "about 1 s",
        "about 41 s",
        "about 89 s",
        "about 2 min",
        "about 12 min",
        "about 1.5 h",
        "about 3.5 h",
    ]
    assert duration_text(3_701) == "1:01:41"
    assert times_text(36.88) == "36.9×"
    assert shortened("features.block.conv1", 10) == "…ock.conv1"
    assert shortened("conv1", 10) == "conv1"
