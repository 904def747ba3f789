"""A budget over units is met by the shrunk network, and only just: no unit could be given back."""

import random
from dataclasses import replace
from itertools import pairwise, product

import pytest

from prune_tui.core.errors import DecisionError
from prune_tui.core.network import LayerInfo
from prune_tui.core.planning.budget import Solution, is_met, solve
from prune_tui.core.planning.groups import groups_of
from prune_tui.core.planning.price import num_pruned, price
from prune_tui.core.planning.solving.problem import amount
from prune_tui.core.planning.solving.remaining import remaining_of
from prune_tui.core.planning.target import TargetKind, parse_target
from prune_tui.core.planning.tradeoffs import cost_at
from prune_tui.core.report import ScanCurve, ScanFigures
from prune_tui.core.scanning.predictor import fitted_predictor
from prune_tui.core.shrinking import Extent, NetworkShape, shrunk_counts
from tests.core.chain import chain, layers_of

SPARSITIES = (0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98)


def scan_of(layers: list[LayerInfo], draw: random.Random) -> ScanFigures:
    curves = []
    for one in layers[:-1]:
        height, steepness = draw.uniform(0.02, 0.3), draw.uniform(0.5, 1.2)
        errors = [height * sparsity * (1 - sparsity) ** -steepness for sparsity in SPARSITIES]
        curves.append(
            ScanCurve(
                name=one.name,
                accuracies=tuple(max(0.1, 0.95 - error) for error in errors),
                distortions=tuple(error**2 for error in errors),
            )
        )
    return ScanFigures(
        criterion="l1",
        granularity="unit",
        num_images=1000,
        dense_accuracy=0.95,
        sparsities=SPARSITIES,
        layers=tuple(curves),
    )


SIZES, POSITIONS = (3, 12, 30, 24, 10), (64, 16, 1, 1)
SHAPE, LAYERS = chain(SIZES, POSITIONS), layers_of(SIZES, POSITIONS)
SCAN = scan_of(LAYERS, random.Random(1))
TARGETS = ("1.5x", "4x", "8x", "2x MACs", "8x MACs", "3 kB", "1.5 kB", "60 %", "85 %", "400 params")


def solved(text: str, locked: dict[str, float] | None = None, shape: NetworkShape = SHAPE) -> Solution:
    groups = groups_of(LAYERS, "unit")
    return solve(
        parse_target(text), groups, SCAN, locked or {}, other_parameters=0, other_macs=0, shape=shape
    )


def test_a_dense_network_is_counted_as_it_is() -> None:
    paid = price(LAYERS, {}, other_parameters=0, other_macs=0, shape=SHAPE)
    assert paid.nonzero == paid.parameters == sum(a * b + b for a, b in pairwise(SIZES))
    assert paid.nonzero_macs == paid.macs == sum(layer.macs for layer in LAYERS)
    assert paid.file_bytes == paid.dense_bytes == 4 * paid.parameters
    assert paid.sparsity == 0


def test_what_is_left_is_the_product_of_the_rows_and_the_columns_left() -> None:
    paid = price(LAYERS, {"layer0": 0.5, "layer1": 0.9}, other_parameters=0, other_macs=0, shape=SHAPE)
    assert paid.nonzero == (3 * 6 + 6) + (6 * 3 + 3) + (3 * 24 + 24) + (24 * 10 + 10)
    assert paid.nonzero_macs == 3 * 6 * 64 + 6 * 3 * 16 + 3 * 24 + 24 * 10
    assert paid.file_bytes == 4 * paid.nonzero


def test_units_left_beside_the_kept_ones_are_zero_rows_and_are_read() -> None:
    padded = chain(SIZES, POSITIONS, step=8)
    paid = price(LAYERS, {"layer1": 0.9}, other_parameters=0, other_macs=0, shape=padded)
    nonzero = (3 * 12 + 12) + (12 * 3 + 3) + (8 * 24 + 24) + (24 * 10 + 10)
    assert paid.nonzero == nonzero
    masked = 12 * 8 // 8 + 4 * 12 * 3 + 8 * 2 - 4 * 12 * 3
    assert paid.file_bytes == 4 * (nonzero + 5) + masked


@pytest.mark.parametrize("step", [1, 4])
@pytest.mark.parametrize("kind", ["file_size", "compression_ratio", "theoretical_speedup", "sparsity"])
def test_what_is_left_is_a_polynomial_in_the_units_left(kind: TargetKind, step: int) -> None:
    shape, draw = chain(SIZES, POSITIONS, step=step), random.Random(0)
    remaining = remaining_of(kind, shape, {})
    for _ in range(20):
        left = {group.name: group.num_left(draw.randint(1, group.units)) for group in shape.groups}
        assert remaining.at(left) == amount(kind, shrunk_counts(shape, left))
        moved = draw.choice(shape.groups)
        to = moved.num_left(draw.randint(1, moved.units))
        here, along = left[moved.name], remaining.along(moved.name, left)
        change = sum(factor * (to**power - here**power) for power, factor in along)
        assert remaining.at(left) + change == remaining.at({**left, moved.name: to})
        fixed = remaining_of(kind, shape, {moved.name: to})
        assert fixed.at({**left, moved.name: 1}) == remaining.at({**left, moved.name: to})


@pytest.mark.parametrize("step", [1, 4])
@pytest.mark.parametrize("text", TARGETS)
def test_a_target_is_met_and_no_unit_could_be_given_back(text: str, step: int) -> None:
    shape, target = chain(SIZES, POSITIONS, step=step), parse_target(text)
    found = solved(text, shape=shape)
    assert found.is_met
    assert is_met(target, found.price, SCAN)
    units = {group.name: group.units for group in shape.groups}
    for name, sparsity in found.plan.items():
        if sparsity > 0:
            kept = units[name] - num_pruned(units[name], sparsity)
            assert kept % step == 0
            more = min(units[name], kept + step)
            less = {**found.plan, name: round(1 - more / units[name], 4)}
            paid = price(LAYERS, less, other_parameters=0, other_macs=0, shape=shape)
            assert not is_met(target, paid, SCAN)


@pytest.mark.parametrize("text", TARGETS)
def test_no_plan_costs_much_less(text: str) -> None:
    target, predictor = parse_target(text), fitted_predictor(SCAN)
    least = float("inf")
    for pruned in product(*(range(0, group.units, 1 + group.units // 25) for group in SHAPE.groups)):
        plan = {
            group.name: round(count / group.units, 4)
            for group, count in zip(SHAPE.groups, pruned, strict=True)
        }
        cost = sum(cost_at(predictor, name, sparsity) for name, sparsity in plan.items())
        if cost < least and is_met(
            target, price(LAYERS, plan, other_parameters=0, other_macs=0, shape=SHAPE), SCAN
        ):
            least = cost
    found = solved(text)
    assert sum(cost_at(predictor, name, found.plan[name]) for name in predictor.logit_errors) < 1.05 * least


def test_locked_groups_are_priced_and_stay() -> None:
    found = solved("4x", {"layer1": 0.5})
    assert found.plan.keys() == {"layer0", "layer2"}
    assert found.is_met
    assert solved("1.2x", {"layer1": 0.5}).plan == {"layer0": 0.0, "layer2": 0.0}
    with pytest.raises(DecisionError, match="or unlock a row") as caught:
        solved("100x", {"layer1": 0.5})
    best = str(caught.value).split("type at best ")[1].removesuffix(" or unlock a row")
    assert solved(best, {"layer1": 0.5}).is_met


def test_a_target_is_met_where_locked_groups_leave_zeros_or_take_uneven_places() -> None:
    for text in ("4x", "3x MACs", "3 kB", "75 %"):
        assert solved(text, {"layer1": 0.45}, shape=chain(SIZES, POSITIONS, step=4)).is_met
    for text in ("4x", "3x MACs", "3 kB", "75 %"):
        extents = (*SHAPE.extents[:-1], Extent(5, ((2, 19),)))
        assert solved(text, shape=replace(SHAPE, extents=extents)).is_met


def test_within_a_drop_whole_units_are_pruned() -> None:
    for text in ("1 point", "5 points", "≥ 90 %"):
        found = solved(text)
        assert found.is_met
        for name, sparsity in found.plan.items():
            group = SHAPE.group(name)
            assert group is None or sparsity == round(num_pruned(group.units, sparsity) / group.units, 4)


def test_two_at_once_name_what_can_be_held() -> None:
    with pytest.raises(DecisionError, match="can't be met with") as caught:
        solved("15x and 1 point")
    assert solved(str(caught.value).split("type at best ")[1].split(" (")[0]).is_met
