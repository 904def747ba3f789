"""What is chosen for a sweep becomes a decision that can be carried out."""

from dataclasses import replace

import pytest

from prune_tui.catalog.criteria import criterion_entry
from prune_tui.core.session.decisions import Method
from prune_tui.core.session.recipe import Training
from prune_tui.core.workflow.sweep_settings import (
    DEFAULT_METHODS,
    SweepSettings,
    parse_percentages,
    percentages_text,
    sweep_of,
)
from tests.tui.made_up_network import LAYERS

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
    entries = [criterion_entry(method.criterion) for method in DEFAULT_METHODS]
    assert not any(
        entry.why_not_swept(method.granularity, method.scope)
        for entry, method in zip(entries, DEFAULT_METHODS, strict=True)
    )
    assert any(entry.is_control for entry in entries)


def test_a_sweep_has_only_networks_that_its_methods_lead_to() -> None:
    weights = SweepSettings(methods=(Method(),), is_timed=True, has_from_scratch=True)
    sweep = sweep_of(weights, LAYERS, finetuning=RECIPE, training=RECIPE)
    assert sweep.modes == ("sparse",)
    assert sweep.from_scratch is None
    assert sweep.finetune is None
    both = SweepSettings(num_epochs=2, is_timed=True, has_from_scratch=True)
    sweep = sweep_of(both, LAYERS, finetuning=RECIPE, training=RECIPE)
    assert sweep.modes == ("sparse", "shrunk")
    assert sweep.batch_sizes
    assert sweep.from_scratch == RECIPE
    assert sweep.finetune == replace(RECIPE, num_epochs=2)
