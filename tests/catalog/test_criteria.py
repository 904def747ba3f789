"""Scores have the weight's shape, are never negative, and depend on weight and random state alone."""

import pytest
import torch

from prune_tui.catalog.criteria import CRITERIA, CriterionEntry, criterion_entry
from prune_tui.core.errors import UnknownNameError

ENTRIES = pytest.mark.parametrize("entry", CRITERIA.values(), ids=CRITERIA.keys())
SHAPES = [(10, 7), (4, 3, 5, 5), (1, 1)]


def scores_of(entry: CriterionEntry, weight: torch.Tensor, seed: int = 0) -> torch.Tensor:
    return entry.load()(weight, torch.Generator().manual_seed(seed))


@ENTRIES
@pytest.mark.parametrize("shape", SHAPES)
def test_scores_are_one_a_weight_and_not_negative(entry: CriterionEntry, shape: tuple[int, ...]) -> None:
    weight = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    scores = scores_of(entry, weight)
    assert scores.shape == weight.shape
    assert bool((scores >= 0).all())
    assert bool(scores.isfinite().all())


@ENTRIES
def test_scoring_changes_no_weight_and_no_global_state(entry: CriterionEntry) -> None:
    weight = torch.linspace(-1, 1, 12).reshape(3, 4)
    before, state = weight.clone(), torch.get_rng_state()
    first, second = scores_of(entry, weight), scores_of(entry, weight)
    assert torch.equal(weight, before)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(first, second)


@pytest.mark.parametrize("name", ["l1", "l2"])
def test_magnitude_ranks_by_magnitude(name: str) -> None:
    weight = torch.tensor([[-3.0, 0.5], [0.0, 2.0]])
    assert scores_of(criterion_entry(name), weight).flatten().argsort().tolist() == [2, 1, 3, 0]


def test_random_follows_its_seed() -> None:
    weight = torch.zeros(5, 5)
    entry = criterion_entry("random")
    assert not torch.equal(scores_of(entry, weight, 0), scores_of(entry, weight, 1))


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(UnknownNameError, match="choose one of"):
        criterion_entry("magnitude")
