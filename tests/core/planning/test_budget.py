"""A budget is read as people type it, met or refused with the best there is, and met at the least loss."""

import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise, product
from typing import TypedDict

import pytest

from prune_tui.core.errors import DecisionError, TargetError
from prune_tui.core.network import LayerInfo
from prune_tui.core.planning.budget import Solution, is_met, solve
from prune_tui.core.planning.groups import PruningGroup, groups_of
from prune_tui.core.planning.price import num_pruned
from prune_tui.core.planning.solving.problem import amount, most_allowed
from prune_tui.core.planning.target import Target, TargetKind, describe_target, parse_target
from prune_tui.core.planning.tradeoffs import cost_at
from prune_tui.core.report import ScanCurve, ScanFigures
from prune_tui.core.scanning.predictor import fitted_predictor, predicted_accuracy
from prune_tui.core.terms import Granularity
from tests.core.world import layer, scanned

SPARSITIES = (0.1, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98)


class Others(TypedDict):
    other_parameters: int
    other_macs: int


OTHERS: Others = {"other_parameters": 330, "other_macs": 0}


def made_up(seed: int, num_layers: int) -> tuple[list[LayerInfo], ScanFigures]:
    """Make layers of many sizes, each with errors that rise somewhere."""
    draw = random.Random(seed)
    layers, errors = [], {}
    for index in range(num_layers):
        parameters = int(10 ** draw.uniform(2.5, 5.5))
        layers.append(layer(f"layer{index}", parameters, macs=parameters * draw.choice((1, 1, 20, 100))))
        height, steepness = draw.uniform(0.02, 0.3), draw.uniform(0.5, 1.2)
        errors[layers[-1].name] = [
            height * sparsity * (1 - sparsity) ** -steepness * draw.uniform(0.95, 1.05)
            for sparsity in SPARSITIES
        ]
    return layers, scanned(layers, errors, SPARSITIES, power=draw.uniform(0.8, 2.0))


FIVE, SCAN = made_up(4, 5)


def groups(layers: Sequence[LayerInfo], scan: ScanFigures | None) -> tuple[PruningGroup, ...]:
    return groups_of(layers, scan.granularity if scan is not None else "weight")


def solved(target: str | Target, fixed: dict[str, float] | None = None) -> Solution:
    wanted = parse_target(target) if isinstance(target, str) else target
    return solve(wanted, groups(FIVE, SCAN), SCAN, fixed or {}, **OTHERS)


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("20x", Target("compression_ratio", 20)),
        (">= 20x", Target("compression_ratio", 20)),
        ("≥ 20×", Target("compression_ratio", 20)),
        ("at least 2,5x smaller", Target("compression_ratio", 2.5)),
        ("0.1 MB", Target("file_size", 100_000)),
        ("<= 100 kB", Target("file_size", 100_000)),
        ("≤ .1MB", Target("file_size", 100_000)),
        ("2 KiB", Target("file_size", 2048)),
        ("900 bytes", Target("file_size", 900)),
        ("1 point", Target("accuracy_drop", 1)),
        ("<= 1.5 points", Target("accuracy_drop", 1.5)),
        ("0 pt", Target("accuracy_drop", 0)),
        ("at most 2 points drop", Target("accuracy_drop", 2)),
        ("3x MACs", Target("theoretical_speedup", 3)),
        ("≥ 3x fewer MACs", Target("theoretical_speedup", 3)),
        ("95 %", Target("sparsity", 95)),
        ("95% sparsity", Target("sparsity", 95)),
        ("≥ 95 percent sparsity", Target("sparsity", 95)),
        ("≥ 96 %", Target("accuracy", 96)),
        ("at least 96.5%", Target("accuracy", 96.5)),
        ("96 % accuracy", Target("accuracy", 96)),
        ("10k params", Target("nonzero_parameters", 10_000)),
        ("≤ 1.5 M parameters", Target("nonzero_parameters", 1_500_000)),
        ("10,000 params", Target("nonzero_parameters", 10_000)),
        ("1,234,567 params", Target("nonzero_parameters", 1_234_567)),
        ("2 ms", Target("latency", 2)),
        ("≤ 0.1 MB and ≤ 1 point", Target("file_size", 100_000, Target("accuracy_drop", 1))),
        ("1 point & 20x", Target("accuracy_drop", 1, Target("compression_ratio", 20))),
        ("2,5x, ≥ 96 %", Target("compression_ratio", 2.5, Target("accuracy", 96))),
    ],
)
def test_a_target_is_read_as_people_type_it(text: str, target: Target) -> None:
    assert parse_target(text) == target
    assert parse_target(f"  {text.upper()} ") == target


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("compression_ratio", 36.88),
        ("theoretical_speedup", 2.57),
        ("accuracy_drop", 1),
        ("accuracy_drop", 0.25),
        ("file_size", 123_456),
        ("file_size", 99),
        ("sparsity", 99.25),
        ("accuracy", 96),
        ("nonzero_parameters", 12_345),
        ("nonzero_parameters", 10_000),
        ("nonzero_parameters", 1_500_000),
        ("nonzero_parameters", 999),
        ("latency", 1.5),
    ],
)
def test_what_is_said_of_a_target_reads_as_the_same_target(kind: TargetKind, value: float) -> None:
    assert parse_target(describe_target(Target(kind, value))) == Target(kind, value)


def test_targets_are_said_in_the_words_of_the_screens() -> None:
    said = [describe_target(parse_target(text)) for text in ("20x", "0.1 MB", "1 point", "3x MACs")]
    assert said == ["≥ 20x", "≤ 0.1 MB", "≤ 1 point", "≥ 3x fewer MACs"]
    said = [describe_target(parse_target(text)) for text in ("95 %", "≥ 96 %", "10000 params", "1MB & 1 pt")]
    assert said == ["≥ 95 % sparsity", "≥ 96 % accuracy", "≤ 10k params", "≤ 1 MB and ≤ 1 point"]
    assert parse_target(said[-1]) == parse_target("1MB & 1 pt")


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("", "20x"),
        ("small", "20x, 0.1 MB, 1 point or 3x MACs"),
        ("20", "no unit"),
        ("≤ 5 %", "5 % sparsity or ≥ 5 % accuracy"),
        ("3x bananas", "3x MACs"),
        ("<= 20x", "≥ 20x"),
        (">= 0.1 MB", "≤ 0.1 MB"),
        ("at least 1 point", "≤ 1 point"),
        ("0.5x", "20x"),
        ("0 MB", "0.1 MB"),
        ("101 points", "1 point"),
        ("≤ 95 % sparsity", "≥ 95 % sparsity"),
        ("≤ 96 % accuracy", "≥ 96 % accuracy"),
        ("5 % off", "5 % sparsity"),
        ("100 %", "95 % sparsity"),
        ("≥ 101 %", "96 % accuracy"),
        ("1.2.3x", "20x"),
        ("≥ 10k params", "≤ 10k params"),
        ("0 params", "10k params"),
        ("0 ms", "2 ms"),
        ("20x and 3x MACs", "0.1 MB and 1 point"),
        ("1 point and ≥ 96 %", "0.1 MB and 1 point"),
        ("20x and 1 point and 1 MB", "0.1 MB and 1 point"),
        ("20x and", "20x"),
        ("nan x", "20x"),
        ("9" * 400 + "x", "20x"),
    ],
)
def test_what_is_no_target_is_told_in_a_line_what_would_be(text: str, right: str) -> None:
    with pytest.raises(TargetError) as caught:
        parse_target(text)
    assert right in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("seed", range(12))
def test_a_target_is_met_and_hardly_more_than_met(seed: int) -> None:
    layers, scan = made_up(seed, 4)
    largest = max(one.parameters for one in layers)
    for ratio in (1, 1.3, 2, 4, 8, 16, 40):
        target = Target("compression_ratio", ratio)
        try:
            found = solve(target, groups(layers, scan), scan, {}, **OTHERS)
        except DecisionError:
            every_level = sum(num_pruned(one.parameters, 0.995) for one in layers)
            total = OTHERS["other_parameters"] + sum(one.parameters for one in layers)
            assert total / (total - every_level) < ratio
            continue
        assert found.is_met
        assert found.price.parameters / ratio - found.price.nonzero <= 1 + largest * 1e-4
    for drop in (0, 0.5, 2, 10):
        found = solve(Target("accuracy_drop", drop), groups(layers, scan), scan, {}, **OTHERS)
        assert found.is_met
        assert found.price.accuracy is not None
        assert found.price.accuracy >= scan.dense_accuracy - drop / 100 - 1e-9


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("file_size", 1),
        ("theoretical_speedup", 1e6),
        ("compression_ratio", 1e6),
        ("nonzero_parameters", 1),
        ("sparsity", 99.99),
    ],
)
def test_out_of_reach_names_what_is_in_reach(kind: TargetKind, value: float) -> None:
    with pytest.raises(DecisionError) as caught:
        solved(Target(kind, value))
    best = parse_target(str(caught.value).split("type at best ")[1])
    assert solved(best).is_met


def test_a_sparsity_and_a_number_of_parameters_are_only_just_met() -> None:
    weights = sum(one.parameters for one in FIVE)
    largest = max(one.parameters for one in FIVE)
    for percent in (50, 90, 97.5):
        paid = solved(f"{percent} %").price
        assert percent / 100 <= paid.sparsity <= percent / 100 + (1 + largest * 1e-4) / weights
    paid = solved("20k params").price
    assert 20_000 - 1 - largest * 1e-4 <= paid.nonzero <= 20_000


@pytest.mark.parametrize("granularity", ["block_4", "block_16"])
@pytest.mark.parametrize(
    ("budget", "kind"),
    [("4x", "compression_ratio"), ("90 %", "sparsity"), ("2x MACs", "theoretical_speedup")],
)
def test_blocks_meet_a_target_that_a_block_more_would_miss(
    granularity: Granularity, budget: str, kind: TargetKind
) -> None:
    scan = replace(SCAN, granularity=granularity)
    layers = [replace(one, parameters=one.parameters // 10 * 10, macs=one.macs) for one in FIVE]
    found = solve(parse_target(budget), groups(layers, scan), scan, {}, **OTHERS)
    assert found.is_met
    lowest = most_allowed(parse_target(budget), found.price) - amount(kind, found.price)
    finest = max(one.macs if kind == "theoretical_speedup" else one.parameters for one in layers) * 1e-4
    dearest = max(16 * max(1, one.macs // one.parameters) for one in layers)
    assert 0 <= lowest <= finest + dearest


def test_an_accuracy_is_the_same_as_the_drop_to_it() -> None:
    found, dropped = solved("≥ 93 %"), solved(f"{SCAN.dense_accuracy * 100 - 93} points")
    assert found.plan == dropped.plan
    assert found.price.accuracy is not None
    assert found.price.accuracy >= 0.93 - 1e-9
    with pytest.raises(DecisionError, match="the dense network itself has less") as caught:
        solved("≥ 99 %")
    assert set(solved(str(caught.value).split("type at best ")[1]).plan.values()) == {0.0}


def test_of_two_at_once_both_hold_or_it_is_said_which_does_not() -> None:
    both = solved("2x and 8 points")
    assert both.is_met
    assert both.plan == solved("2x").plan
    assert both.plan == solved("8 points and 2x").plan
    with pytest.raises(DecisionError, match=r"≤ 0\.5 points can't be met with ≥ 20x") as caught:
        solved("20x and 0.5 points")
    best = str(caught.value).split("type at best ")[1].split(" (")[0]
    assert solved(best).is_met


def test_a_latency_is_refused_in_a_line_where_no_kernels_were_measured() -> None:
    with pytest.raises(DecisionError, match="press K on Plan first"):
        solved("2 ms")
    with pytest.raises(DecisionError, match="latency"):
        solved("1 point and 2 ms")


def test_a_drop_that_locked_rows_exceed_names_what_they_lose() -> None:
    with pytest.raises(DecisionError, match="locked rows alone lose more") as caught:
        solved("0.1 points", {"layer1": 0.97, "layer2": 0.9})
    best = str(caught.value).split("type ")[1].removesuffix(" or unlock a row")
    assert solved(best, {"layer1": 0.97, "layer2": 0.9}).is_met


def test_a_drop_to_chance_allows_everything() -> None:
    assert set(solved("100 points").plan.values()) == {0.995}


def test_rows_that_are_fixed_are_priced_and_not_in_the_plan() -> None:
    fixed = {"layer0": 0.5, "layer3": 0.0}
    found = solved("1.5x", fixed)
    assert found.plan.keys() == {"layer1", "layer2", "layer4"}
    whole = {**fixed, **found.plan}
    assert found.price.accuracy == predicted_accuracy(fitted_predictor(SCAN), whole)
    kept = sum(one.parameters - num_pruned(one.parameters, whole[one.name]) for one in FIVE)
    assert found.price.nonzero == kept + OTHERS["other_parameters"]


def test_a_target_that_the_fixed_rows_meet_prunes_nothing_more() -> None:
    assert set(solved("1x").plan.values()) == {0.0}
    assert solved("10 MB").is_met


def test_with_every_row_fixed_a_target_is_met_already_or_out_of_reach() -> None:
    fixed = {one.name: 0.5 for one in FIVE}
    assert solved("1.9x", fixed).plan == {}
    with pytest.raises(DecisionError, match="unlock"):
        solved("3x", fixed)


@pytest.mark.parametrize("seed", range(8))
def test_a_tighter_target_never_has_a_higher_forecast(seed: int) -> None:
    layers, scan = made_up(seed, 5)
    asked: tuple[tuple[TargetKind, tuple[float, ...]], ...] = (
        ("compression_ratio", (1.2, 1.5, 1.7, 2, 2.2, 2.5, 3, 3.5, 4, 5, 6, 8, 10, 12)),
        ("theoretical_speedup", (1.2, 1.5, 2, 2.2, 2.5, 3, 4, 5, 6, 8)),
        ("file_size", tuple(4 * sum(one.parameters for one in layers) / part for part in (1, 1.5, 2, 3, 4))),
    )
    for kind, values in asked:
        found = [solve(Target(kind, value), groups(layers, scan), scan, {}, **OTHERS) for value in values]
        predictions = [one.price.accuracy or 0.0 for one in found]
        assert all(before >= after - 1e-4 for before, after in pairwise(predictions))
    drops = [
        solve(Target("accuracy_drop", drop), groups(layers, scan), scan, {}, **OTHERS)
        for drop in (0, 0.5, 1, 2, 5)
    ]
    assert all(before.price.nonzero >= after.price.nonzero for before, after in pairwise(drops))


def test_of_two_layers_of_a_size_the_worse_curve_is_pruned_less() -> None:
    layers = [layer("tough", 10_000), layer("frail", 10_000)]
    tough = (0.001, 0.01, 0.03, 0.05, 0.07, 0.1, 0.2, 0.3, 0.5)
    scan = scanned(layers, {"tough": tough, "frail": [2 * error for error in tough]}, SPARSITIES, power=1.3)
    for ratio in (1.5, 2, 3, 5, 10):
        plan = solve(Target("compression_ratio", ratio), groups(layers, scan), scan, {}, **OTHERS).plan
        assert plan["frail"] < plan["tough"]


def test_where_nothing_strains_layers_of_a_size_are_pruned_alike() -> None:
    layers = [layer(name, 10_000) for name in "abc"]
    scan = scanned(layers, dict.fromkeys("abc", (0.0,) * 9), SPARSITIES, power=1.0)
    plan = solve(Target("compression_ratio", 2), groups(layers, scan), scan, {}, **OTHERS).plan
    assert max(plan.values()) - min(plan.values()) <= 0.01


def least_cost(layers: Sequence[LayerInfo], scan: ScanFigures, ratio: float) -> float | None:
    """Try every plan of a coarse grid; return the least cost at which the ratio is reached."""
    ready = fitted_predictor(scan)
    levels = [*(step / 20 for step in range(20)), 0.97, 0.99]
    each = [
        [
            (one.parameters - num_pruned(one.parameters, level), cost_at(ready, one.name, level))
            for level in levels
        ]
        for one in layers
    ]
    total = OTHERS["other_parameters"] + sum(one.parameters for one in layers)
    reached = [
        sum(cost for _, cost in choice)
        for choice in product(*each)
        if total / (OTHERS["other_parameters"] + sum(kept for kept, _ in choice)) >= ratio
    ]
    return min(reached, default=None)


@pytest.mark.parametrize("seed", range(6))
def test_no_plan_of_a_coarse_grid_is_much_better(seed: int) -> None:
    layers, scan = made_up(seed, 3)
    for ratio in (1.5, 3, 6):
        least = least_cost(layers, scan, ratio)
        if least is not None:
            found = solve(Target("compression_ratio", ratio), groups(layers, scan), scan, {}, **OTHERS)
            ready = fitted_predictor(scan)
            assert sum(cost_at(ready, name, level) for name, level in found.plan.items()) < 1.05 * least


def test_layers_whose_units_go_together_share_a_sparsity_and_a_curve() -> None:
    layers = [layer("a", 5_000), layer("b", 5_000, coupled_to="a"), layer("c", 5_000)]
    errors = (0.001, 0.01, 0.03, 0.05, 0.07, 0.1, 0.2, 0.3, 0.5)
    scan = scanned(layers, {"a": errors, "c": errors}, SPARSITIES, power=1.0)
    scan = replace(scan, granularity="unit")
    found = solve(Target("compression_ratio", 3), groups(layers, scan), scan, {}, **OTHERS)
    assert found.is_met
    assert found.plan.keys() == {"a", "c"}
    kept = {name: 5_000 - num_pruned(5_000, sparsity) for name, sparsity in found.plan.items()}
    assert found.price.nonzero == 2 * kept["a"] + kept["c"] + OTHERS["other_parameters"]
    locked = solve(Target("compression_ratio", 2), groups(layers, scan), scan, {"a": 0.6}, **OTHERS)
    assert locked.plan.keys() == {"c"}
    assert locked.is_met


def test_a_layer_without_a_curve_stays_dense_unless_fixed() -> None:
    layers = [*FIVE, layer("new", 3_000)]
    assert solve(Target("compression_ratio", 2), groups(layers, SCAN), SCAN, {}, **OTHERS).plan["new"] == 0.0
    fixed = solve(Target("compression_ratio", 2), groups(layers, SCAN), SCAN, {"new": 0.5}, **OTHERS)
    assert fixed.is_met
    assert fixed.price.accuracy is None
    with pytest.raises(DecisionError, match="new is not scanned"):
        solve(Target("accuracy_drop", 1), groups(layers, SCAN), SCAN, {"new": 0.5}, **OTHERS)


def test_two_of_four_is_all_or_nothing() -> None:
    layers = [layer(name, 1_000 * (1 + at)) for at, name in enumerate("abc")]
    scan = ScanFigures(
        criterion="l1",
        granularity="n_m",
        num_images=100,
        dense_accuracy=0.9,
        sparsities=(0.5,),
        layers=tuple(ScanCurve(name=name, accuracies=(0.89,)) for name in "abc"),
    )
    for target in (Target("compression_ratio", 1.4), Target("accuracy_drop", 2.5)):
        found = solve(target, groups(layers, scan), scan, {}, **OTHERS)
        assert found.is_met
        assert set(found.plan.values()) <= {0.0, 0.5}


def test_a_budget_needs_a_scan() -> None:
    with pytest.raises(DecisionError, match="scan the network first"):
        solve(Target("compression_ratio", 2), groups(FIVE, None), None, {}, **OTHERS)
    with pytest.raises(DecisionError, match=r"the dense network scores 0, .* train it first"):
        solve(
            Target("compression_ratio", 2),
            groups(FIVE, SCAN),
            replace(SCAN, dense_accuracy=0.0),
            {},
            **OTHERS,
        )


def test_the_same_question_has_the_same_answer_and_says_whether_it_meets_the_target() -> None:
    first, second = solved("4x"), solved("4x")
    assert first == second
    assert is_met(Target("compression_ratio", 4), first.price, SCAN)
    assert not is_met(Target("compression_ratio", 5), first.price, SCAN)
