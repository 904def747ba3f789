"""The plan as a decision: one threshold leaves locked rows dense, and they count for nothing there."""

import pytest

from prune_tui.core.errors import DecisionError
from prune_tui.core.network import LayerInfo
from prune_tui.core.planning.groups import groups_of
from prune_tui.core.planning.plan_editor import EditablePlan, new_plan, toggled_lock, with_all
from prune_tui.core.planning.settings import (
    PlanSettings,
    finetuning_of,
    group_sparsities,
    overall_sparsity,
    prune_decision,
)

LAYERS = (
    LayerInfo("conv", "conv", 100, 10, 1_000),
    LayerInfo("fc1", "linear", 800, 40, 800),
    LayerInfo("fc2", "linear", 100, 10, 100, "its outputs are the classes"),
)
GLOBAL = PlanSettings(scope="global", criterion="taylor")
GROUPS = groups_of(LAYERS, "weight")


def _plan(*locked: str) -> EditablePlan:
    plan = with_all(new_plan([layer.name for layer in LAYERS], {}), 0.8)
    for name in locked:
        plan = toggled_lock(plan, name)
    return plan


def test_one_threshold_leaves_locked_rows_dense() -> None:
    plan = _plan("conv")
    prune = prune_decision(plan, GROUPS, GLOBAL)
    assert (prune.plan, prune.locked) == (0.8, ("conv",))
    found = group_sparsities(plan, GROUPS, GLOBAL, {}, is_threshold_on_magnitude=False)
    assert found == {"conv": 0.0, "fc1": 0.8, "fc2": 0.8}


def test_a_locked_row_with_a_sparsity_of_its_own_is_pruned_to_it() -> None:
    prune = prune_decision(_plan("conv"), GROUPS, PlanSettings())
    assert prune.locked == ()
    assert prune.plan == {"conv": 0.8, "fc1": 0.8, "fc2": 0.8}


def test_what_cannot_be_pruned_anyway_need_not_be_locked() -> None:
    settings = PlanSettings(scope="global", granularity="unit")
    assert prune_decision(_plan("fc2"), groups_of(LAYERS, "unit"), settings).locked == ()


def test_the_one_number_is_of_the_weights_that_are_not_locked() -> None:
    plan = EditablePlan({"conv": _plan().entries["conv"], **new_plan(["fc1", "fc2"], {}).entries})
    assert overall_sparsity(plan, GROUPS) == 0.08
    assert overall_sparsity(toggled_lock(plan, "fc1"), GROUPS) == 0.4


def test_locking_every_layer_prunes_nothing() -> None:
    with pytest.raises(DecisionError, match="not locked"):
        prune_decision(_plan("conv", "fc1", "fc2"), GROUPS, GLOBAL)


def test_fine_tuning_by_itself_has_at_least_an_epoch() -> None:
    assert finetuning_of(PlanSettings(num_epochs=0)).num_epochs == 1
    assert finetuning_of(PlanSettings(num_epochs=3, learning_rate=0.5)).learning_rate == 0.5
