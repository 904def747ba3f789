"""A prune taken as the plan gives that prune again, and is one step to undo."""

from dataclasses import replace

import pytest

from prune_tui.core.attempts.taking import settings_of, step_again, step_back, swept_prune, taken, target_of
from prune_tui.core.network import LayerInfo
from prune_tui.core.planning.groups import groups_of
from prune_tui.core.planning.plan_editor import new_plan, redone, undone, with_sparsity
from prune_tui.core.planning.settings import PlanSettings, prune_decision
from prune_tui.core.session.decisions import Method, Prune, Sweep
from prune_tui.core.session.recipe import Training
from prune_tui.core.session.rounds import Iterative, Rewinding

LAYERS = (
    LayerInfo("a", "conv", 1000, 10, 1_000, inputs=8),
    LayerInfo("b", "conv", 800, 40, 800, inputs=8),
    LayerInfo("c", "conv", 800, 40, 800, inputs=8, coupled_to="a"),
    LayerInfo("d", "linear", 100, 10, 100, "its outputs are the classes", inputs=6),
)
PLAN = with_sparsity(new_plan([layer.name for layer in LAYERS], {"a": 0.3}), "b", 0.4)
TRAINING = Training(num_epochs=3, learning_rate=0.02)


@pytest.mark.parametrize(
    "prune",
    [
        Prune(plan={"a": 0.5, "d": 0.123456}, finetune=TRAINING),
        Prune(plan={"a": 0.5, "b": 0.75}, granularity="unit", criterion="l2", rewind=Rewinding(epoch=1)),
        Prune(plan=0.9, scope="global", locked=("b",), schedule=Iterative(num_rounds=3), finetune=TRAINING),
        Prune(plan={"a": 0.5, "c": 0.5}, granularity="n_m", start_from="pruned"),
    ],
)
def test_what_was_taken_makes_the_same_prune(prune: Prune) -> None:
    plan, step = taken(prune, PLAN, PlanSettings(), LAYERS)
    groups = groups_of(LAYERS, prune.granularity)
    assert prune_decision(plan, groups, step.settings_after) == prune


def test_one_number_for_all_layers_becomes_that_for_each_that_is_not_locked() -> None:
    prune = Prune(plan=0.6, locked=("a",), granularity="unit")
    assert target_of(prune, LAYERS) == {"a": 0.0, "b": 0.6, "c": 0.0, "d": 0.0}
    plan, step = taken(prune, PLAN, PlanSettings(), LAYERS)
    again = prune_decision(plan, groups_of(LAYERS, "unit"), step.settings_after)
    assert again.plan == {"b": 0.6}
    assert plan.entries["a"].is_locked
    assert target_of(Prune(plan=0.6, scope="global", locked=("a",)), LAYERS) == {
        **{"a": 0.0, "b": None, "c": None, "d": None}
    }


def test_it_is_one_step_and_brings_the_settings_back_and_forth() -> None:
    settings = PlanSettings(criterion="lamp", num_epochs=9)
    after, step = taken(Prune(plan=PLAN.sparsities), PLAN, settings, LAYERS)
    assert len(after.past) == len(PLAN.past) + 1
    back = undone(after)
    assert back.entries == PLAN.entries
    assert step_back([step], after, back) is step
    assert step_back([step], back, undone(back)) is None
    again = redone(back)
    assert step_again([step], back, again) is step
    assert step_again([step], after, back) is None
    assert (step.settings_before, step.settings_after.num_epochs) == (settings, 0)


def test_settings_without_fine_tuning_keep_the_recipe_for_later() -> None:
    settings = settings_of(Prune(plan=0.5), PlanSettings(finetuning=TRAINING, learning_rate=0.02))
    assert (settings.num_epochs, settings.finetuning, settings.learning_rate) == (0, TRAINING, 0.02)


def test_a_point_of_a_sweep_is_the_prune_that_it_was() -> None:
    schedule = Iterative(num_rounds=2)
    sweep = Sweep(locked=("b",), schedule=schedule, finetune=TRAINING, finetune_last=replace(TRAINING))
    prune = swept_prune(sweep, Method(criterion="l2", granularity="unit", scope="global"), 0.75)
    assert (prune.plan, prune.criterion, prune.granularity, prune.scope) == (0.75, "l2", "unit", "global")
    assert (prune.locked, prune.schedule, prune.finetune) == (("b",), schedule, TRAINING)
