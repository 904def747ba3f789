"""An interval is told only where the number of test images is known, and the score is a count of them."""

from dataclasses import replace

from prune_tui.core.run.sureness import num_test_images
from prune_tui.core.run.sureness import test_interval as interval_of
from tests import made_up


def test_a_session_tells_how_many_images_its_accuracies_are_of() -> None:
    report = made_up.report()
    assert report.environment is not None
    assert report.dense is not None
    environment = replace(report.environment, num_images={"test": 1_000})
    known = replace(
        report,
        environment=environment,
        dense=replace(report.dense, accuracy=0.985),
        pruned=None,
        shrunk=None,
        attempts=(),
    )
    assert num_test_images(known) == 1_000
    assert num_test_images(replace(known, environment=None)) == 0
    no_count = replace(report.dense, accuracy=0.98512)
    assert num_test_images(replace(known, dense=no_count)) == 0


def test_no_images_give_no_interval() -> None:
    assert interval_of(0.985, 0) is None
    assert interval_of(0.985, 1_000) is not None
