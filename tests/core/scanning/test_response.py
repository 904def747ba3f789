"""A response falls, and is the same whichever points were pooled first."""

import random

import pytest

from prune_tui.core.scanning.response import WeightedPoint, fitted_response, responses_without_each


def points_of(seed: int, count: int) -> list[WeightedPoint]:
    """Noisy accuracies that fall, some of them at the same logit error."""
    draw = random.Random(seed)
    errors = [draw.choice((draw.uniform(0, 4), 1.0, 2.0)) for _ in range(count)]
    return [
        (error, min(1.0, max(0.0, 0.98 - error**2 / 9 + draw.gauss(0, 0.05))), draw.uniform(1, 100))
        for error in errors
    ]


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize(("num_others", "num_points"), [(0, 1), (0, 2), (1, 1), (60, 1), (60, 9), (5, 30)])
def test_leaving_each_out_is_fitting_to_the_rest(seed: int, num_others: int, num_points: int) -> None:
    others, points = points_of(seed, num_others), points_of(seed + 1000, num_points)
    found = responses_without_each(0.98, others, points)
    assert len(found) == num_points
    for at, response in enumerate(found):
        fitted, _ = fitted_response(0.98, [*others, *points[:at], *points[at + 1 :]])
        for tenth in range(60):
            assert response.at(tenth / 10) == pytest.approx(fitted.at(tenth / 10), abs=1e-9)


def test_a_response_falls_from_the_dense_accuracy_to_the_lowest_seen() -> None:
    points = points_of(3, 80)
    response, squares = fitted_response(0.98, points)
    seen = [response.at(tenth / 10) for tenth in range(200)]
    assert seen == sorted(seen, reverse=True)
    assert seen[0] == 0.98
    assert seen[-1] == pytest.approx(min(accuracy for _, accuracy, _ in points))
    assert squares > 0
