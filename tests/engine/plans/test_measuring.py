"""A plan is measured as its prune would leave the network, and measuring changes nothing."""

from collections.abc import Mapping

import pytest
import torch

from prune_tui.core.errors import DecisionError
from prune_tui.core.run.events import MeasuringTakesLong, PlanMeasured
from prune_tui.core.run.fold import apply
from prune_tui.core.run.measured_plans import MeasuredPlan, measured_plan
from prune_tui.core.session.decisions import Prune
from prune_tui.core.session.rounds import Iterative
from prune_tui.engine.plans import evaluator, measuring
from tests.engine.helpers import PLAN, QUICK, Run, loaded, perform, pruned

DECISIONS = {
    "weights": Prune(plan=PLAN),
    "units": Prune(plan={"conv1": 0.5, "fc1": 0.8}, granularity="unit", criterion="l2"),
    "n_m": Prune(plan={"conv2": 0.5, "fc1": 0.5}, granularity="n_m"),
    "blocks": Prune(plan=PLAN, granularity="block_16"),
    "global blocks": Prune(plan=0.9, scope="global", criterion="lamp", granularity="block_4"),
    "global": Prune(plan=0.9, scope="global", criterion="lamp"),
    "gradients": Prune(plan=PLAN, criterion="taylor"),
    "random": Prune(plan=PLAN, criterion="random"),
}


def measured(run: Run, decision: Prune) -> list[MeasuredPlan]:
    """Measure a plan as the next decision of a run."""
    found = []
    for event in run.engine.measure_plan(decision, index=len(run.decisions)):
        run.view = apply(run.view, event)
        if isinstance(event, PlanMeasured):
            found.append(event.figures)
    return found


def weights(run: Run) -> Mapping[str, torch.Tensor]:
    return run.state.network.state()


@pytest.mark.parametrize("decision", DECISIONS.values(), ids=DECISIONS)
def test_a_measured_plan_has_the_accuracy_of_its_prune(decision: Prune) -> None:
    run = loaded()
    found = measured(run, decision)[-1]
    perform(run, decision)
    assert found.is_complete
    assert found.half_width == 0
    assert found.accuracy == pytest.approx(run.accuracy(), abs=1e-9)


def test_a_plan_that_goes_on_is_measured_from_the_pruned_network() -> None:
    run = pruned()
    further = Prune(plan={"fc1": 0.97}, start_from="pruned")
    found = measured(run, further)[-1]
    assert found.after == 2
    perform(run, further)
    assert found.accuracy == pytest.approx(run.accuracy(), abs=1e-9)


def test_measuring_changes_neither_network_nor_what_a_decision_draws() -> None:
    one, other = loaded(), loaded()
    before, masks = weights(one), one.state.network.masks
    measured(one, DECISIONS["gradients"])
    assert all(torch.equal(before[name], tensor) for name, tensor in weights(one).items())
    assert one.state.network.masks == masks
    decision = Prune(plan=PLAN, criterion="random", finetune=QUICK)
    for run in (one, other):
        perform(run, decision)
    assert all(torch.equal(weights(one)[name], tensor) for name, tensor in weights(other).items())


def test_figures_come_batch_after_batch_and_narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluator, "FIRST_BATCH_SIZE", 16)
    found = measured(loaded(), DECISIONS["weights"])
    counts = [one.num_images for one in found]
    assert counts[:3] == [16, 48, 112]
    assert counts[-1] == found[-1].num_total
    assert found[0].half_width > found[-2].half_width > found[-1].half_width == 0
    assert all(abs(one.accuracy - found[-1].accuracy) <= one.half_width for one in found)


def test_retraining_and_rounds_make_no_other_plan() -> None:
    run = loaded()
    measured(run, Prune(plan=PLAN, finetune=QUICK, schedule=Iterative(num_rounds=3)))
    assert measured_plan(run.view.measured_plans, Prune(plan=PLAN), 1) is not None
    assert measured_plan(run.view.measured_plans, Prune(plan={**PLAN, "fc1": 0.91}), 1) is None


def test_a_long_pass_is_only_made_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "LONG_SECONDS", 0.0)
    run = loaded()
    (told,) = run.engine.measure_plan(DECISIONS["weights"], index=1)
    assert isinstance(told, MeasuringTakesLong)
    assert told.seconds > 0
    asked = list(run.engine.measure_plan(DECISIONS["weights"], index=1, is_asked=True))
    assert any(isinstance(event, PlanMeasured) for event in asked)


def test_a_plan_that_can_not_be_carried_out_says_why() -> None:
    run = loaded()
    with pytest.raises(DecisionError, match="prunes nothing"):
        list(run.engine.measure_plan(Prune(plan={"fc1": 0.0}), index=1))
    with pytest.raises(DecisionError, match="baseline"):
        Run().engine.measure_plan(Prune(plan=PLAN), index=0)


def test_a_pass_that_other_processes_slow_down_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter([0.0, 0.03, 1.0, 1.016, 2.0, 2.02])
    monkeypatch.setattr(evaluator, "perf_counter", ticks.__next__)
    state = loaded().state
    found = evaluator.PlanEvaluator(state.network, state.dense.weights, state.data, seed=0)
    assert found.seconds_per_image == pytest.approx(0.001)
    assert next(ticks, None) is None
