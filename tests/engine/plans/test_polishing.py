"""Polishing meets the target as its start does, and finds no worse a plan; it changes nothing."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
import torch

from prune_tui.core.planning.budget import solved
from prune_tui.core.planning.groups import groups_of
from prune_tui.core.planning.solving.polish import Polish
from prune_tui.core.planning.solving.problem import Problem
from prune_tui.core.planning.target import parse_target
from prune_tui.core.run.events import PlanMeasured, PlanPolished
from prune_tui.core.run.measured_plans import PolishedPlan
from prune_tui.core.scanning.predictor import fitted_predictor
from prune_tui.core.session.decisions import Prune, Scan
from prune_tui.core.terms import Granularity
from tests.engine.helpers import Run, loaded, perform


@pytest.fixture(scope="module")
def scanned() -> Mapping[Granularity, Run]:
    """Runs of the bundled pair after a scan."""
    runs: dict[Granularity, Run] = {"weight": loaded(), "unit": loaded()}
    for granularity, run in runs.items():
        perform(run, Scan(granularity=granularity, criterion="l1" if granularity == "weight" else "l2"))
    return runs


def asked(run: Run, target: str, *, locked: Mapping[str, float] | None = None) -> Polish:
    view = run.view
    assert view.report.scan is not None
    scan = view.report.scan
    problem = Problem(
        groups=groups_of(view.layers, scan.granularity),
        scan=scan,
        predictor=fitted_predictor(scan),
        locked=locked or {},
        other_parameters=view.other_parameters,
        other_macs=view.other_macs,
        shape=view.shape if scan.granularity == "unit" else None,
    )
    parsed = parse_target(target)
    plan = {**problem.locked, **solved(problem, parsed).plan}
    decision = Prune(
        plan={name: at for name, at in plan.items() if at > 0},
        criterion=scan.criterion,
        granularity=scan.granularity,
    )
    return Polish(decision, parsed, problem, seconds=0.5)


def polished(run: Run, polish: Polish) -> PolishedPlan:
    events = list(run.engine.polish(polish, index=len(run.decisions)))
    measured = {id(event.figures) for event in events if isinstance(event, PlanMeasured)}
    last = events[-1]
    assert isinstance(last, PlanPolished)
    assert id(last.figures.found) in measured
    return last.figures


def plan_of(found: PolishedPlan) -> Mapping[str, float]:
    plan = found.found.decision.plan
    assert isinstance(plan, Mapping)
    return plan


@pytest.mark.parametrize("target", ["20x", "0.1 MB", "3x MACs", "97 %", "20k params"])
def test_a_polished_plan_meets_its_target_and_is_no_worse(
    scanned: Mapping[Granularity, Run], target: str
) -> None:
    run = scanned["weight"]
    polish = asked(run, target)
    found = polished(run, polish)
    assert found.start.plan == polish.decision.plan
    assert polish.saves_enough({**dict.fromkeys(polish.moving, 0.0), **plan_of(found)})
    assert found.found.accuracy >= found.start_accuracy
    assert found.num_plans > 3


def test_units_are_polished_as_what_they_become(scanned: Mapping[Granularity, Run]) -> None:
    polish = asked(scanned["unit"], "2x MACs")
    found = polished(scanned["unit"], polish)
    assert polish.saves_enough({**dict.fromkeys(polish.moving, 0.0), **plan_of(found)})
    assert found.found.accuracy >= found.start_accuracy


@pytest.mark.parametrize("target", ["1 point", "≥ 90 % accuracy"])
def test_an_accuracy_is_met_by_measuring(scanned: Mapping[Granularity, Run], target: str) -> None:
    run = scanned["weight"]
    polish = asked(run, target)
    found = polished(run, polish)
    assert polish.floor is not None
    assert found.found.accuracy >= polish.floor
    assert found.found.is_complete


def test_locked_groups_stay_and_a_rival_that_is_better_wins(scanned: Mapping[Granularity, Run]) -> None:
    run = scanned["weight"]
    polish = asked(run, "10x", locked={"conv1": 0.4})
    bad = dict.fromkeys(polish.moving, 0.0) | {"fc1": 0.5, "conv2": 0.999, "fc2": 0.999, "conv1": 0.4}
    worse = replace(polish, decision=replace(polish.decision, plan=bad))
    found = polished(run, worse)
    assert plan_of(found)["conv1"] == 0.4
    assert found.found.accuracy > found.start_accuracy + 0.1


def test_polishing_leaves_the_network_as_it_is(scanned: Mapping[Granularity, Run]) -> None:
    run = scanned["weight"]
    before = run.state.network.state()
    polished(run, asked(run, "20x"))
    assert all(torch.equal(before[name], tensor) for name, tensor in run.state.network.state().items())
