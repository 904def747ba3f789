"""How sure an accuracy on the test set is: its interval on the images that the session measured."""

from prune_tui.core.report import Report
from prune_tui.core.scanning.proportion import are_counts, wilson_interval


def num_test_images(report: Report) -> int:
    """Return the number of test images, or 0 where no interval can be told.

    That is where the number is not recorded, or where the task's score is no count of right images.
    """
    environment = report.environment
    count = environment.num_images.get("test", 0) if environment is not None else 0
    measured = [figures for figures in (report.dense, report.pruned, report.shrunk) if figures is not None]
    measured += [figures for one in report.attempts for figures in (one.pruned, one.shrunk) if figures]
    return count if are_counts([figures.accuracy for figures in measured], count) else 0


def test_interval(accuracy: float, num_images: int) -> tuple[float, float] | None:
    """Return the 95 % interval of a test accuracy; None for 0 images."""
    return wilson_interval(accuracy, num_images) if num_images else None
