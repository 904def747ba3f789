"""What is offered to sweep makes sense, and becomes a decision that can be carried out."""

from dataclasses import replace

import pytest

from prune_tui.catalog.criteria import CRITERIA
from prune_tui.core.planning.groups import layer_rows
from prune_tui.core.planning.plan_editor import new_draft, with_all
from prune_tui.core.planning.settings import PlanSettings, planned
from prune_tui.core.session.decisions import Method, Scan
from prune_tui.core.session.recipe import Training
from prune_tui.core.terms import Scope
from prune_tui.core.workflow.baselines import (
    baseline_to_train,
    epochs_to_rewind_to,
    trained_baseline,
    why_no_rewinding,
)
from prune_tui.core.workflow.offers import CONTROLS, SWEPT, next_granularity, scan_of, why_not_swept
from prune_tui.core.workflow.sweep_settings import (
    DEFAULT_METHODS,
    SweepSettings,
    parse_percentages,
    percentages_text,
    sweep_of,
)
from tests.tui.fake_runner import LAYERS, RESIDUAL

RECIPE = Training(num_epochs=3)


@pytest.mark.parametrize(
    ("typed", "sparsities"),
    [
        ("50, 70, 90", (0.5, 0.7, 0.9)),
        ("90 50%,70 50", (0.5, 0.7, 0.9)),
        ("99.5", (0.995,)),
        (" 0.1 99.9 ", (0.001, 0.999)),
    ],
)
def test_percentages_are_read_in_any_order(typed: str, sparsities: tuple[float, ...]) -> None:
    assert parse_percentages(typed) == pytest.approx(sparsities)
    assert parse_percentages(percentages_text(sparsities)) == pytest.approx(sparsities)


@pytest.mark.parametrize("typed", ["", " , ", "0", "100", "-5", "fifty", "nan", "1e9", "²", "5①"])
def test_what_is_no_percentage_is_refused_in_words(typed: str) -> None:
    with pytest.raises(ValueError, match="50, 70, 90"):
        parse_percentages(typed)


def test_the_defaults_are_offered_and_have_a_control() -> None:
    assert not any(why_not_swept(method) for method in DEFAULT_METHODS)
    assert any(method.criterion in CONTROLS for method in DEFAULT_METHODS)


@pytest.mark.parametrize("criterion", CRITERIA)
def test_every_criterion_has_a_way_to_be_swept(criterion: str) -> None:
    methods = [
        Method(criterion=criterion, granularity=granularity, scope=scope) for granularity, scope in SWEPT
    ]
    assert not all(why_not_swept(method) for method in methods)


def test_a_sweep_has_only_networks_that_its_methods_lead_to() -> None:
    weights = SweepSettings(methods=(Method(),), is_timed=True, has_from_scratch=True)
    sweep = sweep_of(weights, LAYERS, finetuning=RECIPE, training=RECIPE)
    assert sweep.modes == ("sparse",)
    assert sweep.from_scratch is None
    assert sweep.finetune is None
    both = SweepSettings(num_epochs=2, is_timed=True, has_from_scratch=True)
    sweep = sweep_of(both, LAYERS, finetuning=RECIPE, training=RECIPE)
    assert sweep.modes == ("sparse", "compact")
    assert sweep.batch_sizes
    assert sweep.from_scratch == RECIPE
    assert sweep.finetune == replace(RECIPE, num_epochs=2)


def test_a_scan_of_two_in_four_has_its_one_sparsity() -> None:
    settings = PlanSettings(granularity="n_m")
    assert scan_of(settings, is_quick=False) == Scan(granularity="n_m", sparsities=(0.5,))
    assert next_granularity(settings) == "weight"


def test_coupled_layers_are_one_row_that_counts_all_weights() -> None:
    rows = layer_rows(RESIDUAL, "unit")
    assert [row.label(20) for row in rows] == ["stem +2", "block1.conv1", "block2.conv1", "fc"]
    assert sum(row.together.parameters for row in rows) == sum(layer.parameters for layer in RESIDUAL)
    assert rows[0].kept({layer.name: 0.5 for layer in RESIDUAL}) == (432 + 2 * 2304) // 2
    assert rows[0].label(6) == "…em +2"
    assert len(layer_rows(RESIDUAL, "weight")) == len(RESIDUAL)


@pytest.mark.parametrize("scope", ["layer", "global"])
def test_coupled_layers_are_expected_to_lose_what_their_leader_does(scope: Scope) -> None:
    draft = with_all(new_draft([layer.name for layer in RESIDUAL], {}), 0.5)
    expected = planned(draft, RESIDUAL, PlanSettings(granularity="unit", scope=scope), {})
    assert expected == {layer.name: 0.5 for layer in RESIDUAL if layer.locked_reason is None}


def test_only_epochs_that_were_kept_can_be_gone_back_to() -> None:
    baseline = baseline_to_train(Training(num_epochs=5))
    assert list(epochs_to_rewind_to(baseline, "weights")) == [0, 1]
    assert list(epochs_to_rewind_to(baseline, "learning_rate")) == [0, 1, 2, 3, 4]
    stopped = replace(baseline, stopped_after_epochs=2)
    assert list(epochs_to_rewind_to(stopped, "learning_rate")) == [0, 1]
    assert baseline_to_train(Training(num_epochs=1)).kept_epochs == ()
    assert trained_baseline(None) is None
    assert why_no_rewinding(None)
