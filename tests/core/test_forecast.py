"""The forecast agrees with what pruning really gives, and reads the scan's curves as they are."""

import time
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

import pytest

from prune_tui.core.events import LayerInfo, WeightsBinned
from prune_tui.core.forecast import (
    bins_that_die,
    cliff,
    explain,
    layer_accuracy,
    num_pruned,
    price,
    safe_sparsity,
)
from prune_tui.core.interaction import forecast_error, forecaster, foreseen, joint_accuracy, joint_plans
from prune_tui.core.report import JointPoint, ScanCurve, ScanFigures

LAYERS = (LayerInfo("a", "linear", 1000, 10, 1000), LayerInfo("b", "linear", 3000, 30, 6000))
SCAN = ScanFigures(
    criterion="l1",
    granularity="weight",
    num_images=100,
    dense_accuracy=0.9,
    sparsities=(0.3, 0.6, 0.9),
    layers=(
        ScanCurve(name="a", accuracies=(0.9, 0.45, 0.1)),
        ScanCurve(name="b", accuracies=(0.9, 0.895, 0.89)),
    ),
)


@pytest.mark.parametrize(("parameters", "sparsity", "pruned"), [(10, 0.5, 5), (3, 0.5, 2), (4, 0.999, 3)])
def test_the_count_pruned_is_the_nearest_and_one_is_kept(
    parameters: int, sparsity: float, pruned: int
) -> None:
    assert num_pruned(parameters, sparsity) == pruned


def test_a_price_counts_what_is_left() -> None:
    plan = {"a": 0.5, "b": 0.9}
    paid = price(LAYERS, plan, other_parameters=100, other_macs=50, scan=SCAN)
    assert paid.parameters == 4100
    assert paid.nonzero == 100 + 500 + 300
    assert paid.nonzero_macs == 50 + 500 + 600
    assert paid.file_bytes == 400 + 125 + 2000 + 375 + 1200
    assert paid.compression_ratio == pytest.approx(4100 / 900)


def test_a_dense_plan_costs_nothing() -> None:
    paid = price(LAYERS, {}, other_parameters=100, other_macs=50, scan=SCAN)
    assert paid.nonzero == paid.parameters
    assert paid.file_bytes == paid.dense_bytes
    assert paid.accuracy == SCAN.dense_accuracy


def test_a_curve_is_read_at_its_points_and_straight_between() -> None:
    assert layer_accuracy(SCAN, "a", 0.6) == 0.45
    assert layer_accuracy(SCAN, "a", 0.45) == pytest.approx((0.9 + 0.45) / 2)
    assert layer_accuracy(SCAN, "a", 0.0) == 0.9
    assert layer_accuracy(SCAN, "none", 0.5) is None


def figures(curves: Mapping[str, tuple[float | None, ...]], *, dense_accuracy: float = 0.95) -> ScanFigures:
    return SCAN.model_copy(
        update={
            "dense_accuracy": dense_accuracy,
            "sparsities": (0.3, 0.6, 0.8, 0.9, 0.98),
            "layers": tuple(ScanCurve(name=name, accuracies=curve) for name, curve in curves.items()),
        }
    )


FOUR = figures(
    {
        "a": (0.948, 0.940, 0.90, 0.80, 0.30),
        "b": (0.950, 0.949, 0.94, 0.92, 0.60),
        "c": (0.951, 0.945, 0.947, 0.90, 0.20),
        "d": (0.950, 0.948, 0.93, 0.85, 0.10),
    }
)


def calibrated(scan: ScanFigures, interaction: float) -> ScanFigures:
    """Evaluate the plans whole in a world where losses interact so."""
    world = replace(forecaster(scan), interaction=interaction)
    points = []
    for plan in joint_plans(scan):
        accuracy = foreseen(world, plan)
        assert accuracy is not None
        points.append(JointPoint(plan=plan, accuracy=accuracy))
    return scan.model_copy(update={"joint": tuple(points)})


def test_without_plans_evaluated_whole_the_shares_above_chance_multiply() -> None:
    shares = (0.45 - 0.1) / (0.9 - 0.1) * (0.895 - 0.1) / (0.9 - 0.1)
    assert joint_accuracy(SCAN, {"a": 0.6, "b": 0.6}) == pytest.approx(0.1 + (0.9 - 0.1) * shares)


def test_a_layer_without_a_curve_is_not_guessed() -> None:
    assert joint_accuracy(SCAN, {"a": 0.6, "c": 0.5}) is None
    assert joint_accuracy(SCAN, {"a": 0.6, "c": 0.0}) is not None
    assert joint_accuracy(None, {"a": 0.6}) is None


@pytest.mark.parametrize("interaction", [0.25, 0.37, 0.62, 1.0, 1.5])
def test_the_forecast_recovers_how_losses_interact(interaction: float) -> None:
    scan = calibrated(FOUR, interaction)
    world = replace(forecaster(scan), interaction=interaction)
    for plan in ({"a": 0.5, "b": 0.7, "c": 0.85, "d": 0.6}, {"a": 0.7, "d": 0.4}, dict.fromkeys("abcd", 0.8)):
        assert joint_accuracy(scan, plan) == pytest.approx(foreseen(world, plan), abs=0.01)
    error = forecast_error(scan)
    assert error is not None
    assert error < 0.5


@pytest.mark.parametrize("interaction", [0.3, 0.7, 1.4])
def test_one_layer_alone_is_its_own_curve_whatever_the_interaction(interaction: float) -> None:
    scan = calibrated(FOUR, interaction)
    for name in "abd":
        for sparsity in (0.1, 0.3, 0.5, 0.77, 0.9, 0.97):
            alone = layer_accuracy(scan, name, sparsity)
            assert joint_accuracy(scan, {name: sparsity}) == pytest.approx(alone, abs=1e-9)


@pytest.mark.parametrize("interaction", [0.3, 1.0, 1.4])
def test_no_layer_pruned_further_raises_a_forecast_and_it_stays_between_chance_and_dense(
    interaction: float,
) -> None:
    scan = calibrated(FOUR, interaction)
    for rest in ({}, {"b": 0.7}, {"b": 0.95, "d": 0.9}):
        for name in "ac":
            run = [joint_accuracy(scan, rest | {name: step / 100}) for step in range(100)]
            values = [value for value in run if value is not None]
            assert len(values) == len(run)
            assert all(before >= after - 1e-12 for before, after in pairwise(values))
            assert 0.1 <= values[-1] <= values[0] <= scan.dense_accuracy


def test_losses_that_amplify_each_other_are_foreseen_lower_than_their_product() -> None:
    plan = dict.fromkeys("abcd", 0.6)
    product = joint_accuracy(FOUR, plan)
    amplified = joint_accuracy(calibrated(FOUR, 0.4), plan)
    assert product is not None
    assert amplified is not None
    assert amplified < product - 0.02


def test_plans_that_lose_nothing_teach_nothing() -> None:
    scan = FOUR.model_copy(update={"joint": (JointPoint(plan={"b": 0.3}, accuracy=0.95),)})
    assert forecaster(scan).interaction == 1.0


def test_plans_to_evaluate_whole_cost_each_layer_the_same_drop() -> None:
    plans = joint_plans(FOUR)
    assert 5 <= len(plans) <= 6
    assert all(set(plan) == set("abcd") for plan in plans)
    for lighter, heavier in pairwise(plans):
        assert all(lighter[name] <= heavier[name] for name in lighter)
    for drop, plan in zip((0.0025, 0.005, 0.01, 0.02, 0.05, 0.1), plans, strict=True):
        for name in "abd":
            alone = layer_accuracy(FOUR, name, plan[name])
            assert alone is not None
            assert 0.95 - drop - 1e-9 <= alone <= 0.95 - drop + 0.001


def test_no_plan_is_evaluated_twice_or_before_the_curves_are_whole() -> None:
    flat = figures({"a": (0.95,) * 5, "b": (0.95,) * 5})
    assert joint_plans(flat) == ({"a": 0.98, "b": 0.98},)
    assert joint_plans(figures({"a": (0.95,) * 5, "b": (0.95, 0.95, 0.95, 0.95, None)})) == ()
    assert joint_plans(figures({"a": (0.0,) * 5, "b": (0.95,) * 5}))[0].keys() == {"a", "b"}
    assert joint_plans(figures({"a": (0.94, 0.93, 0.9, 0.8, 0.5)})) == ()
    assert joint_plans(FOUR.model_copy(update={"granularity": "n_m"})) == ()


def test_the_error_of_forecasts_needs_two_plans_and_sees_what_does_not_fit() -> None:
    scan = calibrated(FOUR, 0.5)
    assert forecast_error(None) is None
    assert forecast_error(FOUR) is None
    assert forecast_error(scan.model_copy(update={"joint": scan.joint[:1]})) is None
    odd = (JointPoint(plan=scan.joint[0].plan, accuracy=0.5), *scan.joint[1:])
    error = forecast_error(scan.model_copy(update={"joint": odd}))
    assert error is not None
    assert error > 5


def test_sixty_layers_are_foreseen_between_two_keystrokes() -> None:
    curves = {f"layer{index}": (0.949, 0.947, 0.94, 0.9, 0.3) for index in range(60)}
    scan = calibrated(figures(curves), 0.6)
    plan = dict.fromkeys(curves, 0.55)
    times = []
    for _ in range(20):
        start = time.perf_counter()
        joint_accuracy(scan, plan)
        times.append(time.perf_counter() - start)
    assert min(times) < 0.005


def test_safe_is_the_highest_sparsity_before_a_point_is_lost() -> None:
    assert safe_sparsity(SCAN, "a") == 0.3
    assert safe_sparsity(SCAN, "b") == 0.9
    assert safe_sparsity(None, "a") == 0.0


def test_the_cliff_is_where_the_curve_falls_most() -> None:
    assert cliff(SCAN, "a") == 0.6
    assert cliff(SCAN, "b") is None
    assert "a holds 25% of the weights" in explain(LAYERS[0], LAYERS, SCAN)


def test_the_bins_that_die_hold_as_many_weights_as_are_pruned() -> None:
    histogram = WeightsBinned("a", "dense", 1.0, (4, 4, 2))
    assert bins_that_die(histogram, 0.0) == 0
    assert bins_that_die(histogram, 0.4) == 1
    assert bins_that_die(histogram, 0.6) == 1.5
    assert bins_that_die(histogram, 0.9) == pytest.approx(2.5)
