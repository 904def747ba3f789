"""Whether a baseline is no better than guessing, so that its scan tells nothing."""

from typing import Final

from prune_tui.core.numbers import percent_text
from prune_tui.core.report import ScanFigures
from prune_tui.core.scanning.curves import accuracy_half_width

NEAR: Final = 0.01
"""A score within a point of guessing is as good as guessing, however many images there are."""


def is_at_chance(scan: ScanFigures | None, chance: float | None) -> bool:
    """Return whether the dense score of a scan can't be told from that of guessing.

    That is within `NEAR` or half the 95 % interval of guesses on its images. False where `chance`, the
    score of guessing, is not known.
    """
    if scan is None or chance is None:
        return False
    margin = max(NEAR, accuracy_half_width(chance, scan.num_images))
    return scan.dense_accuracy <= chance + margin


def chance_words(chance: float) -> str:
    """Say that the baseline is at chance, and that therefore nothing is suggested."""
    what = "always saying the mean" if chance == 0 else "guessing"
    return (
        f"at chance: {what} gives {percent_text(chance)}, so nothing is suggested; train the baseline longer"
    )
