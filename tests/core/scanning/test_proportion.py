"""Intervals of proportions cover what they should, and are told only of counts."""

import math

import pytest

from prune_tui.core.scanning.proportion import are_counts, wilson_interval


def coverage(share: float, num_images: int) -> float:
    """Return how probable it is that the interval of what is seen covers the true share."""
    return sum(
        math.comb(num_images, right) * share**right * (1 - share) ** (num_images - right)
        for right in range(num_images + 1)
        if wilson_interval(right / num_images, num_images)[0]
        <= share
        <= wilson_interval(right / num_images, num_images)[1]
    )


def test_shares_are_covered_as_often_as_said_on_average() -> None:
    shares = [at / 200 for at in range(100, 200)]
    covered = [coverage(share, 400) for share in shares]
    assert sum(covered) / len(covered) == pytest.approx(0.95, abs=0.005)
    assert min(covered) > 0.83


@pytest.mark.parametrize("num_right", [0, 1, 50, 99, 100])
def test_an_interval_holds_the_share_stays_within_0_and_1_and_is_no_point(num_right: int) -> None:
    low, high = wilson_interval(num_right / 100, 100)
    assert 0 <= low <= num_right / 100 <= high <= 1
    assert high - low > 0.03


def test_a_known_interval() -> None:
    # 81 of 263: the example of Newcombe (1998), table I, method 3.
    assert wilson_interval(81 / 263, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)


def test_accuracies_are_counts_and_other_scores_are_not() -> None:
    assert are_counts([0.9955, 0.9927], 10_000)
    assert not are_counts([0.9955, 0.87312345], 10_000)
