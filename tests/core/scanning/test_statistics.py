"""The interval of a paired difference holds the exact value as often as it says, stopped early or not."""

import random

import pytest

from prune_tui.core.scanning.statistics import is_settled, paired_half_width

POPULATION = 3_000
TOLERANCE_POINTS = 1.0


def stopped_early(lost: int, gained: int, seed: int) -> tuple[float, float]:
    """Draw images until the interval is tight enough; return the difference found and its half-width."""
    outcomes = [-1] * lost + [1] * gained + [0] * (POPULATION - lost - gained)
    random.Random(seed).shuffle(outcomes)
    seen, size = 0, 128
    while True:
        seen = min(POPULATION, seen + size)
        drawn = outcomes[:seen]
        difference = sum(drawn) / seen
        half_width = paired_half_width(drawn.count(-1), drawn.count(1), seen, POPULATION)
        if is_settled(difference, half_width, TOLERANCE_POINTS):
            return difference, half_width
        size = min(512, 2 * size)


@pytest.mark.parametrize(
    ("lost", "gained"), [(0, 0), (6, 3), (24, 0), (40, 15), (120, 30), (300, 30), (900, 15), (2_500, 0)]
)
def test_the_interval_holds_the_exact_value_in_93_of_100_scans(lost: int, gained: int) -> None:
    exact = (gained - lost) / POPULATION
    found = [stopped_early(lost, gained, seed) for seed in range(400)]
    held = sum(abs(difference - exact) <= half_width + 1e-12 for difference, half_width in found)
    assert held / len(found) >= 0.93


def test_with_every_image_seen_nothing_is_unsure() -> None:
    assert paired_half_width(100, 20, 1_000, 1_000) == 0.0


@pytest.mark.parametrize("num_images", [100, 400, 900])
def test_more_images_and_fewer_changes_are_surer(num_images: int) -> None:
    width = paired_half_width(20, 5, num_images, 10_000)
    assert paired_half_width(20, 5, num_images + 50, 10_000) < width
    assert paired_half_width(10, 5, num_images, 10_000) < width


def test_a_large_difference_is_settled_sooner() -> None:
    assert not is_settled(-0.02, 0.015, TOLERANCE_POINTS)
    assert is_settled(-0.5, 0.09, TOLERANCE_POINTS)
    assert is_settled(0.0, 0.01, TOLERANCE_POINTS)
