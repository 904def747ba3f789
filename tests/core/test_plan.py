"""The plan as a decision: locked rows are spared by one threshold, and count for nothing there."""

import pytest

from prune_tui.core.errors import DecisionError
from prune_tui.core.network import LayerInfo
from prune_tui.core.planning.plan_editor import Draft, new_draft, toggled_lock, with_all
from prune_tui.core.planning.settings import (
    PlanSettings,
    finetuning_of,
    overall_sparsity,
    planned,
    prune_decision,
)

LAYERS = (
    LayerInfo("conv", "conv", 100, 10, 1_000),
    LayerInfo("fc1", "linear", 800, 40, 800),
    LayerInfo("fc2", "linear", 100, 10, 100, "its outputs are the classes"),
)
GLOBAL = PlanSettings(scope="global", criterion="taylor")


def _draft(*locked: str) -> Draft:
    draft = with_all(new_draft([layer.name for layer in LAYERS], {}), 0.8)
    for name in locked:
        draft = toggled_lock(draft, name)
    return draft


def test_locked_rows_are_spared_by_one_threshold() -> None:
    draft = _draft("conv")
    prune = prune_decision(draft, LAYERS, GLOBAL)
    assert (prune.plan, prune.spared) == (0.8, ("conv",))
    assert planned(draft, LAYERS, GLOBAL, {}) == {"conv": 0.0, "fc1": 0.8, "fc2": 0.8}


def test_a_layer_of_its_own_sparsity_is_not_spared_but_kept_as_it_is() -> None:
    prune = prune_decision(_draft("conv"), LAYERS, PlanSettings())
    assert prune.spared == ()
    assert prune.plan == {"conv": 0.8, "fc1": 0.8, "fc2": 0.8}


def test_what_cannot_be_pruned_anyway_need_not_be_spared() -> None:
    settings = PlanSettings(scope="global", granularity="unit")
    assert prune_decision(_draft("fc2"), LAYERS, settings).spared == ()


def test_the_one_number_is_of_the_weights_that_are_not_spared() -> None:
    draft = Draft({"conv": _draft().rows["conv"], **new_draft(["fc1", "fc2"], {}).rows})
    assert overall_sparsity(draft, LAYERS) == 0.08
    assert overall_sparsity(toggled_lock(draft, "fc1"), LAYERS) == 0.4


def test_sparing_every_layer_prunes_nothing() -> None:
    with pytest.raises(DecisionError, match="not spared"):
        prune_decision(_draft("conv", "fc1", "fc2"), LAYERS, GLOBAL)


def test_fine_tuning_by_itself_has_at_least_an_epoch() -> None:
    assert finetuning_of(PlanSettings(num_epochs=0)).num_epochs == 1
    assert finetuning_of(PlanSettings(num_epochs=3, learning_rate=0.5)).learning_rate == 0.5
