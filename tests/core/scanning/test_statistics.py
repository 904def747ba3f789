"""The interval of a paired difference holds the exact value as often as it says, stopped early or not."""

from dataclasses import dataclass

import numpy as np
import pytest

from prune_tui.core.scanning.statistics import is_settled, paired_half_width

NUM_SCANS = 1_000


@dataclass(frozen=True, slots=True)
class Cell:
    """Of `total` images, the pruned network loses some and gains others."""

    total: int
    lost: int
    gained: int
    largest_batch: int = 512


def share_held(cell: Cell, tolerance_points: float) -> tuple[float, float]:
    """Scan a cell many times, each until it is settled; return how often the interval holds the exact value.

    The second number is the mean of the images that a scan took.
    """
    random = np.random.default_rng(0)
    exact = (cell.gained - cell.lost) / cell.total
    held = images = 0
    for _ in range(NUM_SCANS):
        difference, half_width, seen = scanned(cell, tolerance_points, random)
        held += abs(difference - exact) <= half_width + 1e-12
        images += seen
    return held / NUM_SCANS, images / NUM_SCANS


def scanned(cell: Cell, tolerance_points: float, random: np.random.Generator) -> tuple[float, float, int]:
    """Draw batches as a scan does until the cell is settled; return difference, half-width and images."""
    left = np.array([cell.lost, cell.gained, cell.total - cell.lost - cell.gained])
    lost = gained = seen = 0
    size = min(128, cell.largest_batch)
    while True:
        drawn = random.multivariate_hypergeometric(left, min(size, cell.total - seen))
        left = left - drawn
        lost, gained, seen = lost + int(drawn[0]), gained + int(drawn[1]), seen + int(drawn.sum())
        half_width = paired_half_width(lost, gained, seen, cell.total)
        difference = (gained - lost) / seen
        if is_settled(difference, half_width, tolerance_points):
            return difference, half_width, seen
        size = min(cell.largest_batch, 2 * size)


@pytest.mark.parametrize("tolerance_points", [0.5, 1.0, 2.0])
@pytest.mark.parametrize(
    "cell",
    [
        Cell(3_000, 0, 0),
        Cell(3_000, 6, 3),
        Cell(3_000, 16, 0),
        Cell(3_000, 33, 0),
        Cell(3_000, 40, 15),
        Cell(3_000, 48, 0),
        Cell(3_000, 300, 30),
        Cell(3_000, 2_500, 0),
        Cell(1_000, 5, 0),
        Cell(1_000, 13, 0),
        Cell(1_000, 20, 0),
        Cell(2_000, 10, 0),
        Cell(10_000, 60, 6),
        Cell(10_000, 160, 0),
        Cell(10_000, 400, 0),
        Cell(1_000, 25, 0, largest_batch=16),
        Cell(1_000, 800, 200, largest_batch=16),
    ],
    ids=str,
)
def test_the_interval_holds_the_exact_value_in_95_of_100_scans(cell: Cell, tolerance_points: float) -> None:
    held, _ = share_held(cell, tolerance_points)
    chance = 2.6 * (0.95 * 0.05 / NUM_SCANS) ** 0.5
    assert held >= 0.95 - chance


@pytest.mark.parametrize("tolerance_points", [1.0, 2.0])
def test_images_that_lose_nothing_do_not_settle_a_cell_at_the_first_look(tolerance_points: float) -> None:
    assert not is_settled(0.0, paired_half_width(0, 0, 128, 10_000), tolerance_points)


def test_a_cell_in_which_nothing_changes_is_settled_by_a_few_hundred_images() -> None:
    assert share_held(Cell(10_000, 0, 0), 1.0) == (1.0, 384)


def test_with_every_image_seen_nothing_is_unsure() -> None:
    assert paired_half_width(100, 20, 1_000, 1_000) == 0.0


@pytest.mark.parametrize("num_images", [100, 400, 900])
def test_more_images_and_fewer_changes_are_surer(num_images: int) -> None:
    width = paired_half_width(20, 5, num_images, 10_000)
    assert paired_half_width(20, 5, num_images + 50, 10_000) < width
    assert paired_half_width(10, 5, num_images, 10_000) < width


def test_a_large_difference_is_settled_sooner() -> None:
    assert not is_settled(-0.02, 0.015, 1.0)
    assert is_settled(-0.5, 0.09, 1.0)
    assert is_settled(0.0, 0.01, 1.0)
