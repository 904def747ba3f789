"""A baseline at chance: as good as guessing, for as many images as there are."""

import pytest

from prune_tui.core.report import ScanFigures
from prune_tui.core.scanning.chance import chance_words, is_at_chance


def scan(accuracy: float, num_images: int) -> ScanFigures:
    return ScanFigures(
        criterion="l1",
        granularity="weight",
        num_images=num_images,
        dense_accuracy=accuracy,
        sparsities=(0.5,),
        layers=(),
    )


@pytest.mark.parametrize(
    ("accuracy", "num_images", "chance", "expected"),
    [
        (0.1, 6000, 0.1, True),
        (0.109, 6000, 0.1, True),
        (0.13, 6000, 0.1, False),
        (0.13, 100, 0.1, True),
        (0.2, 100, 0.1, False),
        (0.05, 6000, 0.1, True),
        (0.0, 6000, 0.0, True),
        (0.3, 6000, 0.0, False),
        (0.1, 6000, None, False),
    ],
)
def test_when_a_baseline_is_at_chance(
    accuracy: float, num_images: int, chance: float | None, expected: bool
) -> None:
    assert is_at_chance(scan(accuracy, num_images), chance) is expected


def test_it_says_what_guessing_gives() -> None:
    assert "guessing gives 10.0 %" in chance_words(0.1)
    assert "saying the mean" in chance_words(0.0)
