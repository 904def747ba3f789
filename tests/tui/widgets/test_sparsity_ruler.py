"""A ruler draws a layer's curve and marks the chosen sparsity."""

import pytest

from prune_tui.core.report import ScanCurve, ScanFigures
from prune_tui.tui.widgets.sparsity_ruler import loss_level, ruler_label, sparsity_ruler
from tests.tui.helpers import PALETTE

SCAN = ScanFigures(
    criterion="l1",
    granularity="weight",
    num_images=1000,
    dense_accuracy=0.99,
    sparsities=(0.25, 0.5, 0.75),
    layers=(ScanCurve(name="fc[", accuracies=(0.99, 0.97, None)),),
)


@pytest.mark.parametrize(
    ("chosen", "drawn"),
    [(None, "▁▄·"), (0.0, "│▁▄·"), (0.25, "▁│▄·"), (0.3, "▁│▄·"), (0.5, "▁▄│·"), (0.9, "▁▄·│")],
)
def test_a_ruler_marks_the_chosen_sparsity(chosen: float | None, drawn: str) -> None:
    assert sparsity_ruler(SCAN, "fc[", PALETTE, chosen=chosen).plain == drawn


def test_a_ruler_without_a_scan_is_dots() -> None:
    assert sparsity_ruler(None, "fc[", PALETTE).plain == "·" * 9
    assert ruler_label(None) == ".1────.9"
    assert ruler_label(SCAN) == ".25──.75"


@pytest.mark.parametrize(
    ("lost", "level"), [(-0.1, 0), (0.0, 0), (0.0099, 2), (0.02, 3), (0.06, 5), (0.9, 7)]
)
def test_a_point_is_the_third_block(lost: float, level: int) -> None:
    assert loss_level(lost) == level
