"""Numbers are said in one style."""

import pytest

from prune_tui.core.numbers import (
    accuracy_text,
    interval_text,
    percent_text,
    points_text,
    share_text,
    sparsity_text,
    times_text,
)


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (percent_text(0.9185), "91.8 %"),
        (percent_text(None), "—"),
        (share_text(0.6), "60 %"),
        (share_text(0.975), "97.5 %"),
        (sparsity_text(0.6), "0.60"),
        (sparsity_text(0.975), "0.975"),
        (sparsity_text(11 / 12), "0.9167"),
        (sparsity_text(0.6, least=1), "0.6"),
        (sparsity_text(None), "—"),
        (points_text(-0.009), "−0.9"),
        (points_text(0.014), "+1.4"),
        (points_text(-0.0001), "0.0"),
        (interval_text(0.982, 0.99), "98.2–99.0"),
        (accuracy_text(0.987, (0.982, 0.99)), "98.7 % (98.2–99.0)"),
        (accuracy_text(0.987, None), "98.7 %"),
        (times_text(36.94), "36.9×"),
        (times_text(108.2), "108×"),
    ],
)
def test_numbers_are_said_in_one_style(said: str, text: str) -> None:
    assert said == text
