"""The plan that is suggested loses no more than the tolerance, as predicted, and saves much within it."""

from dataclasses import replace

import pytest

from prune_tui.core.planning.groups import groups_of
from prune_tui.core.planning.planner import FittedScan, Planner
from prune_tui.core.planning.settings import PlanSettings
from prune_tui.core.report import ScanFigures
from prune_tui.core.scanning.curves import safe_sparsity
from prune_tui.core.scanning.predictor import WholePlan, fitted_predictor, predict
from tests.core.scanning.test_predictor import LAYERS, made
from tests.core.world import DENSE


def planner(
    scan: ScanFigures, *, tolerance_points: float = 1.0, measured: tuple[WholePlan, ...] = ()
) -> Planner:
    return Planner(
        layers=tuple(LAYERS),
        groups=groups_of(LAYERS, "weight"),
        settings=PlanSettings(tolerance_points=tolerance_points),
        scan=FittedScan(scan, measured, fitted_predictor(scan, measured)),
    )


@pytest.mark.parametrize("tolerance_points", [0.5, 1.0, 5.0])
def test_together_the_layers_lose_no_more_than_the_tolerance(tolerance_points: float) -> None:
    scan = made(1.0)
    plan = planner(scan, tolerance_points=tolerance_points).suggested()
    accuracy = predict(scan, plan)
    assert accuracy is not None
    assert accuracy >= DENSE - tolerance_points / 100
    assert any(plan.values())
    further = {name: min(0.98, sparsity + 0.03) for name, sparsity in plan.items()}
    assert (predict(scan, further) or 0.0) < DENSE - tolerance_points / 100


def test_each_layers_own_safe_sparsity_would_lose_more() -> None:
    scan = made(1.0)
    alone = {layer.name: safe_sparsity(scan, layer.name) for layer in LAYERS}
    assert (predict(scan, alone) or 0.0) < DENSE - 0.01


def test_more_may_be_lost_more_is_pruned() -> None:
    strict, loose = (planner(made(1.4), tolerance_points=points).suggested() for points in (0.5, 3.0))
    assert all(strict[name] <= loose[name] for name in strict)
    assert strict != loose


def test_a_scan_with_gaps_suggests_each_layer_by_itself() -> None:
    scan = made(1.0)
    gap = replace(scan.layers[0], accuracies=(*scan.layers[0].accuracies[:-1], None))
    partial = replace(scan, layers=(gap, *scan.layers[1:]), joint=())
    alone = {layer.name: safe_sparsity(partial, layer.name) for layer in LAYERS}
    assert planner(partial).suggested() == alone


def test_measured_plans_do_not_change_what_is_suggested() -> None:
    scan = made(1.0)
    taught = (WholePlan(dict.fromkeys("abcd", 0.5), 0.3, 0.001),)
    assert planner(scan, measured=taught).suggested() == planner(scan).suggested()
