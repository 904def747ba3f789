"""The scans and sweeps that are offered make sense for every criterion and granularity."""

from dataclasses import replace
from typing import get_args

import pytest

from prune_tui.catalog.criteria import CRITERIA, CriterionEntry
from prune_tui.core.planning.settings import PlanSettings
from prune_tui.core.session.decisions import Scan
from prune_tui.core.terms import Granularity
from prune_tui.core.workflow.offers import SWEPT, is_quick_by_default, next_granularity, scan_of


@pytest.mark.parametrize("entry", CRITERIA.values(), ids=lambda entry: entry.name)
def test_every_criterion_has_a_way_to_be_swept(entry: CriterionEntry) -> None:
    assert not all(entry.why_not_swept(granularity, scope) for granularity, scope in SWEPT)


def test_a_scan_of_two_in_four_has_its_one_sparsity() -> None:
    settings = PlanSettings(granularity="n_m")
    assert scan_of(settings, is_quick=False) == Scan(granularity="n_m", sparsities=(0.5,))
    assert next_granularity(settings) == "weight"


def test_every_granularity_comes_round() -> None:
    settings, seen = PlanSettings(), list[Granularity]()
    for _ in get_args(Granularity):
        settings = replace(settings, granularity=next_granularity(settings))
        seen.append(settings.granularity)
    assert seen == ["unit", "block_4", "block_16", "n_m", "weight"]


@pytest.mark.parametrize(("num_images", "is_quick"), [(180, False), (2_000, False), (2_001, True)])
def test_only_many_images_are_scanned_quickly(num_images: int, is_quick: bool) -> None:
    assert is_quick_by_default(num_images) == is_quick
