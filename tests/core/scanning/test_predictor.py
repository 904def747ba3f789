"""Predictions learn from plans evaluated whole how layers' errors add up, and how far they may be off."""

import math
import random
from dataclasses import replace
from itertools import pairwise

import pytest

from prune_tui.core.planning.calibration import JOINT_ERRORS, calibration_plans
from prune_tui.core.report import JointPoint, ScanCurve, ScanFigures
from prune_tui.core.scanning.distortion import logit_error_at, logit_errors_of
from prune_tui.core.scanning.predictor import (
    CHURN,
    LEAST_SPREAD,
    RUIN_SHARE,
    WholePlan,
    fitted_predictor,
    predict,
    predicted,
)
from tests.core.world import CHANCE, DENSE, accuracy_of, layer, scanned

SPARSITIES = (0.1, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98)
ERRORS = {
    "a": (0.005, 0.02, 0.05, 0.1, 0.2, 0.33, 0.53, 0.9, 1.3),
    "b": (0.0, 0.01, 0.02, 0.04, 0.07, 0.12, 0.28, 0.41, 0.54),
    "c": (0.001, 0.014, 0.033, 0.04, 0.06, 0.09, 0.15, 0.22, 0.38),
    "d": (0.01, 0.05, 0.07, 0.12, 0.14, 0.24, 0.41, 0.74, 1.26),
}
LAYERS = [layer("a", 500), layer("b", 25_000), layer("c", 400_000), layer("d", 5_000)]
POWERS = [0.8, 1.0, 1.4, 2.0]


def made(power: float) -> ScanFigures:
    return scanned(LAYERS, ERRORS, SPARSITIES, power=power)


@pytest.mark.parametrize("power", POWERS)
def test_a_prediction_recovers_how_strains_add_up(power: float) -> None:
    scan = made(power)
    assert fitted_predictor(scan).power == pytest.approx(power, rel=0.15)
    for plan in ({"a": 0.5, "b": 0.7, "c": 0.85, "d": 0.6}, {"a": 0.7, "d": 0.4}, dict.fromkeys("abcd", 0.8)):
        assert predict(scan, plan) == pytest.approx(accuracy_of(scan, plan, power=power), abs=0.05)


@pytest.mark.parametrize("power", POWERS)
def test_one_layer_alone_is_near_its_own_curve(power: float) -> None:
    scan = made(power)
    for curve in scan.layers:
        for sparsity, accuracy in zip(SPARSITIES, curve.accuracies, strict=True):
            assert predict(scan, {curve.name: sparsity}) == pytest.approx(accuracy, abs=0.025)


@pytest.mark.parametrize("power", POWERS)
def test_no_layer_pruned_further_raises_a_prediction_and_it_stays_between_chance_and_dense(
    power: float,
) -> None:
    scan = made(power)
    for rest in ({}, {"b": 0.7}, {"b": 0.95, "d": 0.9}):
        for name in "ac":
            run = [predict(scan, rest | {name: step / 200}) for step in range(200)]
            values = [value for value in run if value is not None]
            assert len(values) == len(run)
            assert all(before >= after - 1e-12 for before, after in pairwise(values))
            assert CHANCE <= values[-1] <= values[0] <= DENSE


def test_without_plans_evaluated_whole_the_worst_is_assumed() -> None:
    scan = replace(made(2.0), joint=())
    plan = dict.fromkeys("abcd", 0.7)
    assert fitted_predictor(scan).power == 1.0
    assert (predict(scan, plan) or 1.0) < accuracy_of(scan, plan, power=2.0)


def test_plans_that_lose_nothing_teach_nothing() -> None:
    scan = replace(made(2.0), joint=(JointPoint(plan={"b": 0.1, "c": 0.1}, accuracy=DENSE),))
    assert fitted_predictor(scan).power == 1.0


def test_scans_of_earlier_versions_multiply_the_shares_above_chance() -> None:
    old = ScanFigures(
        criterion="l1",
        granularity="weight",
        num_images=100,
        dense_accuracy=0.9,
        sparsities=(0.3, 0.6, 0.8, 0.9),
        layers=(
            ScanCurve(name="a", accuracies=(0.9, 0.85, 0.7, 0.3)),
            ScanCurve(name="b", accuracies=(0.89, 0.8, 0.6, 0.1)),
        ),
    )
    shares = (0.85 - 0.1) / (0.9 - 0.1) * (0.8 - 0.1) / (0.9 - 0.1)
    assert predict(old, {"a": 0.6, "b": 0.6}) == pytest.approx(0.1 + (0.9 - 0.1) * shares, abs=0.02)


def test_plans_to_evaluate_whole_strain_the_network_more_and_more() -> None:
    scan = made(1.0)
    plans, curves = calibration_plans(LAYERS, scan), logit_errors_of(scan)
    assert 5 <= len(plans) <= len(JOINT_ERRORS)
    sums = [sum(logit_error_at(curves[name], level) for name, level in plan.items()) for plan in plans]
    assert all(before < after for before, after in pairwise(sums))
    for lighter, heavier in pairwise(plans):
        assert all(sparsity <= heavier[name] for name, sparsity in lighter.items())
    for allowed, reached in zip(JOINT_ERRORS, sums, strict=False):
        assert reached <= allowed + 1e-9


def test_no_plan_is_evaluated_twice_or_before_the_curves_are_whole() -> None:
    scan = made(1.0)
    partial = replace(scan.layers[0], accuracies=(None,) * len(SPARSITIES), distortions=())
    assert calibration_plans(LAYERS, replace(scan, layers=(partial, *scan.layers[1:]))) == ()
    assert calibration_plans(LAYERS, replace(scan, layers=scan.layers[:1])) == ()
    assert calibration_plans(LAYERS, replace(scan, granularity="n_m")) == ()
    plans = calibration_plans(LAYERS, scan)
    assert all(plan not in plans[:at] for at, plan in enumerate(plans))


def test_the_interval_contains_the_prediction_and_is_wider_where_accuracy_falls() -> None:
    fitted = fitted_predictor(made(1.4))
    widths = []
    for sparsity in (0.1, 0.3, 0.5, 0.6, 0.7):
        found = predicted(fitted, dict.fromkeys("abcd", sparsity))
        assert found is not None
        assert 0 <= found.low < found.accuracy < found.high <= 1
        widths.append(found.high - found.low)
    assert widths == sorted(widths)


def test_an_interval_is_never_below_the_noise_of_the_images() -> None:
    scan = made(1.4)
    widths = []
    for num_images in (10_000, 1_000, 100):
        found = predicted(fitted_predictor(replace(scan, num_images=num_images)), {"b": 0.1})
        assert found is not None
        widths.append(found.accuracy - found.low)
    assert widths[0] == widths[1] < widths[2]
    assert widths[1] > 1.96 * math.sqrt(CHURN / 1_000)


def test_one_large_miss_widens_the_intervals() -> None:
    scan = made(1.4)
    odd = replace(scan, joint=(JointPoint(plan=scan.joint[0].plan, accuracy=0.6), *scan.joint[1:]))
    assert fitted_predictor(scan).spread == LEAST_SPREAD
    assert fitted_predictor(odd).spread > 2 * LEAST_SPREAD


def test_a_plan_that_may_ruin_the_network_may_lose_everything() -> None:
    fitted = fitted_predictor(made(1.4))
    ruined = predicted(fitted, dict.fromkeys("abcd", 0.98))
    assert ruined is not None
    assert ruined.low == 0.0
    assert ruined.high < RUIN_SHARE * DENSE


def test_a_measured_plan_teaches_the_predictor() -> None:
    scan, plan = replace(made(2.0), joint=()), dict.fromkeys("abcd", 0.7)
    actual = accuracy_of(scan, plan, power=2.0)
    before = predicted(fitted_predictor(scan), plan)
    after = predicted(fitted_predictor(scan, [WholePlan(plan, actual, 0.002)]), plan)
    assert before is not None
    assert after is not None
    assert abs(after.accuracy - actual) < 0.25 * abs(before.accuracy - actual)
    assert after.low <= actual <= after.high


@pytest.mark.parametrize("power", POWERS)
def test_plans_of_any_kind_lie_within_their_intervals(power: float) -> None:
    scan, rng = made(power), random.Random(1)
    fitted, hits = fitted_predictor(scan), 0
    for _ in range(200):
        plan = {name: rng.uniform(0, 0.97) for name in "abcd"}
        found = predicted(fitted, plan)
        assert found is not None
        hits += found.low <= accuracy_of(scan, plan, power=power) <= found.high
    assert hits >= 190
