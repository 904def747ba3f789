"""Scores have the weight's shape, are numbers, and depend on the layer's facts alone."""

import pytest
import torch

from prune_tui.catalog.criteria import CRITERIA, CriterionEntry, criterion_entry
from prune_tui.catalog.criteria.blocks import Blocks
from prune_tui.catalog.criteria.facts import LayerFacts
from prune_tui.core.errors import DecisionError, UnknownNameError
from prune_tui.core.terms import BLOCK_ROWS, Granularity

ENTRIES = pytest.mark.parametrize("entry", CRITERIA.values(), ids=CRITERIA.keys())
GRANULARITIES = pytest.mark.parametrize("granularity", ["weight", "unit", "block_4", "block_16", "n_m"])
SHAPES = [(10, 7), (4, 3, 5, 5), (1, 1)]


def facts_of(weight: torch.Tensor, granularity: Granularity = "weight", seed: int = 0) -> LayerFacts:
    """Facts of a layer with a batch norm after it, and gradients that grow along the weight."""
    gradient = torch.linspace(0.1, 1, weight.numel()).reshape(weight.shape)
    return LayerFacts(
        weight=weight,
        granularity=granularity,
        random_state=torch.Generator().manual_seed(seed),
        batch_norm_scale=torch.linspace(-1, 1, len(weight)),
        gradient_products=(gradient * weight).abs(),
        squared_gradients=gradient.square(),
        blocks=Blocks(BLOCK_ROWS[granularity]) if granularity in BLOCK_ROWS else None,
    )


def scores_of(name: str, weight: torch.Tensor, granularity: Granularity = "weight") -> torch.Tensor:
    return criterion_entry(name).load()(facts_of(weight, granularity))


@ENTRIES
@GRANULARITIES
@pytest.mark.parametrize("shape", SHAPES)
def test_scores_are_one_number_a_weight(
    entry: CriterionEntry, granularity: Granularity, shape: tuple[int, ...]
) -> None:
    weight = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    scores = entry.load()(facts_of(weight, granularity))
    assert scores.shape == weight.shape
    assert bool(scores.isfinite().all())


@ENTRIES
@GRANULARITIES
def test_scoring_changes_no_weight_and_no_global_state(
    entry: CriterionEntry, granularity: Granularity
) -> None:
    weight = torch.linspace(-1, 1, 12).reshape(3, 4)
    before, state = weight.clone(), torch.get_rng_state()
    first, second = (entry.load()(facts_of(weight, granularity)) for _ in range(2))
    assert torch.equal(weight, before)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(first, second)


@ENTRIES
def test_a_layer_of_zeros_can_be_scored(entry: CriterionEntry) -> None:
    assert bool(entry.load()(facts_of(torch.zeros(4, 6))).isfinite().all())


@pytest.mark.parametrize("name", ["l1", "l2", "lamp"])
def test_magnitude_ranks_by_magnitude(name: str) -> None:
    weight = torch.tensor([[-3.0, 0.5], [0.0, 2.0]])
    assert scores_of(name, weight).flatten().argsort().tolist() == [2, 1, 3, 0]


def test_the_control_ranks_the_other_way_round() -> None:
    weight = torch.tensor([[-3.0, 0.5], [0.1, 2.0]])
    assert torch.equal(scores_of("largest", weight), -scores_of("l1", weight))


def test_lamp_gives_the_largest_weight_of_each_layer_the_whole_share() -> None:
    weight = torch.tensor([[1.0, 2.0], [2.0, 4.0]])
    shares = scores_of("lamp", weight).flatten().sort(descending=True).values
    expected = [16 / 16, 4 / 20, 4 / 24, 1 / 25]
    assert shares.tolist() == pytest.approx(expected)


def test_lamp_ranks_units_by_their_norms() -> None:
    weight = torch.tensor([[3.0, 0.0], [2.0, 2.0], [0.1, 0.1]])
    assert scores_of("lamp", weight, "unit")[:, 0].argsort().tolist() == [2, 1, 0]


def test_lamp_ranks_blocks_by_their_norms_and_the_best_has_the_whole_share() -> None:
    weight = torch.tensor([[3.0, 0.0]] * 4 + [[2.0, 0.1]] * 2)  # a whole block and one cut short, twice
    shares = scores_of("lamp", weight, "block_4")
    assert shares[::4].tolist() == [pytest.approx([1, 0]), pytest.approx([4 / 13, 0.01 / 13.01], rel=1e-4)]
    assert torch.equal(shares[:4], shares[:1].expand(4, -1))


def test_blocks_are_drawn_at_random_whatever_their_size() -> None:
    drawn = scores_of("random", torch.zeros(6, 500), "block_4")
    assert torch.equal(drawn[:4], drawn[:1].expand(4, -1))
    assert torch.equal(drawn[4:], drawn[4:5].expand(2, -1))
    for of_block in (drawn[0], drawn[4]):
        assert 0.2 < float((of_block < 0.25).float().mean()) < 0.3


def test_gradients_weigh_magnitude() -> None:
    weight = torch.ones(1, 4)
    for name in ("taylor", "fisher"):
        assert scores_of(name, weight).flatten().argsort().tolist() == [0, 1, 2, 3]


def test_the_batch_norm_ranks_units_and_scales_weights() -> None:
    weight = torch.ones(3, 2)
    assert scores_of("batchnorm_scale", weight, "unit")[:, 0].tolist() == [1.0, 0.0, 1.0]
    assert torch.equal(scores_of("batchnorm_scale", weight), scores_of("batchnorm_scale", weight, "unit"))


def test_units_without_a_batch_norm_are_not_ranked_by_one() -> None:
    facts = LayerFacts(torch.ones(2, 2), "unit", torch.Generator())
    with pytest.raises(DecisionError, match="no batch norm follows"):
        criterion_entry("batchnorm_scale").load()(facts)


def test_random_follows_its_seed() -> None:
    score = criterion_entry("random").load()
    weight = torch.zeros(5, 5)
    assert not torch.equal(score(facts_of(weight, seed=0)), score(facts_of(weight, seed=1)))


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(UnknownNameError, match="choose one of"):
        criterion_entry("magnitude")
