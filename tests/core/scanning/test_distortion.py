"""Distortion is blind to scale, as predictions are, and errors read between what was scanned."""

import math
from itertools import pairwise

import numpy as np
import pytest

from prune_tui.core.report import ScanCurve, ScanFigures
from prune_tui.core.scanning.distortion import LARGEST_DISTORTION, distortion, logit_error_at, logit_errors_of

DRAW = np.random.default_rng(3)
DENSE = DRAW.normal(size=(50, 10))


def distorted(pruned: np.ndarray) -> float:
    dense = DENSE - DENSE.mean(axis=1, keepdims=True)
    error = pruned - pruned.mean(axis=1, keepdims=True) - dense
    return distortion(
        signal=float((dense**2).sum()), error=float((error**2).sum()), overlap=float((error * dense).sum())
    )


def test_it_is_one_over_the_squared_correlation_less_one() -> None:
    pruned = 0.4 * DENSE + DRAW.normal(size=DENSE.shape)
    centred = [each - each.mean(axis=1, keepdims=True) for each in (DENSE, pruned)]
    correlation = (centred[0] * centred[1]).sum() / math.sqrt(math.prod((each**2).sum() for each in centred))
    assert distorted(pruned) == pytest.approx(1 / correlation**2 - 1)


@pytest.mark.parametrize("scale", [0.01, 1.0, 7.0])
def test_scaling_and_shifting_an_images_logits_is_no_distortion(scale: float) -> None:
    assert distorted(scale * DENSE + DRAW.normal(size=(50, 1))) == pytest.approx(0, abs=1e-9)
    noise = DRAW.normal(size=DENSE.shape)
    assert distorted(scale * (DENSE + noise)) == pytest.approx(distorted(DENSE + noise))


def test_logits_that_say_nothing_or_the_opposite_are_distorted_most() -> None:
    for pruned in (
        np.zeros_like(DENSE),
        -DENSE,
        np.full_like(DENSE, math.nan),
        np.full_like(DENSE, math.inf),
    ):
        with np.errstate(invalid="ignore"):
            assert distorted(pruned) == LARGEST_DISTORTION
    assert distortion(signal=0.0, error=0.0, overlap=0.0) == 0.0


def test_strains_are_the_roots_and_never_fall() -> None:
    scan = ScanFigures(
        criterion="l1",
        granularity="weight",
        num_images=100,
        dense_accuracy=0.9,
        sparsities=(0.3, 0.6, 0.9, 0.95),
        layers=(
            ScanCurve(name="a", accuracies=(0.9,) * 4, distortions=(0.01, 0.0081, 0.16, 0.36)),
            ScanCurve(name="new", accuracies=(None,) * 4),
        ),
    )
    curves = logit_errors_of(scan)
    assert curves.keys() == {"a"}
    assert [
        logit_error_at(curves["a"], sparsity) for sparsity in (0.0, 0.3, 0.6, 0.9, 0.95)
    ] == pytest.approx([0.0, 0.1, 0.1, 0.4, 0.6])
    run = [logit_error_at(curves["a"], step / 1000) for step in range(1000)]
    assert all(before <= after for before, after in pairwise(run))
    assert run[-1] > 0.6
