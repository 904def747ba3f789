"""The error of predictions is not claimed beyond the plans that were tried."""

import pytest

from prune_tui.core.report import JointPoint, ScanCurve, ScanFigures
from prune_tui.core.scanning.predictor import error_points_at, held_out_errors

TRIED = ScanFigures(
    criterion="l1",
    granularity="weight",
    num_images=1000,
    dense_accuracy=0.99,
    sparsities=(0.25, 0.5, 0.75),
    layers=(ScanCurve(name="fc", accuracies=(0.99, 0.97, 0.4)),),
    joint=(
        JointPoint(plan={"fc": 0.25}, accuracy=0.95),
        JointPoint(plan={"fc": 0.5}, accuracy=0.9),
    ),
)


def test_errors_lie_straight_between_the_plans_that_were_tried() -> None:
    known = held_out_errors(TRIED)
    assert [accuracy for accuracy, _ in known] == [0.9, 0.95]
    assert error_points_at(known, 0.97) == error_points_at(known, 0.95) == known[1][1]
    assert error_points_at(known, 0.925) == pytest.approx((known[0][1] + known[1][1]) / 2)


def test_no_error_is_claimed_below_the_worst_plan_that_was_tried_or_without_any() -> None:
    assert error_points_at(held_out_errors(TRIED), 0.89) is None
    assert error_points_at(held_out_errors(TRIED), None) is None
    assert error_points_at((), 0.97) is None
