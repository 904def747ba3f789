"""A budget of latency is met by the measured kernels, only just, or refused in a line."""

from dataclasses import replace

import pytest

from prune_tui.core.errors import DecisionError
from prune_tui.core.planning.budget import Solution, solved
from prune_tui.core.planning.groups import groups_of
from prune_tui.core.planning.price import num_pruned, price
from prune_tui.core.planning.solving.problem import Problem
from prune_tui.core.planning.target import describe_target, parse_target
from prune_tui.core.run.latency_table import NS_PER_MS, LatencyTable, LayerLatency
from prune_tui.core.scanning.predictor import fitted_predictor
from prune_tui.core.shrinking import NetworkShape
from tests.core.planning.test_budget import FIVE, OTHERS, SCAN

TABLE = LatencyTable(
    layers=tuple(
        LayerLatency(
            layer.name,
            tuple(max(1, layer.parameters * share // 100) for share in (1, 50, 100)),
            # With half of the weights or more, a dense kernel is the fastest.
            (layer.macs // 100, layer.macs // 5 + index, layer.macs // 5 + index),
            (layer.macs, layer.macs * 20, layer.macs * 50),
        )
        for index, layer in enumerate(FIVE)
    ),
    other_one_ns=4_000,
    other_batch_ns=90_000,
    batch_size=64,
    num_checked=2,
    one_error=0.1,
    batch_error=0.1,
)
DENSE_NS = TABLE.ns_of({})
PROBLEM = Problem(groups_of(FIVE, "weight"), SCAN, fitted_predictor(SCAN), {}, **OTHERS, kernels=TABLE)


def within(ns: float, *, more: str = "", locked: dict[str, float] | None = None) -> Solution:
    target = parse_target(f"≤ {ns / NS_PER_MS:.9f} ms{more}")
    return solved(replace(PROBLEM, locked=locked or {}), target)


def predicted_ns(plan: dict[str, float]) -> int:
    left = {one.name: one.parameters - num_pruned(one.parameters, plan.get(one.name, 0.0)) for one in FIVE}
    return TABLE.ns_of(left)


@pytest.mark.parametrize("share", [0.9, 0.5, 0.2, 0.12])
def test_a_budget_is_met_by_the_table_and_only_just(share: float) -> None:
    allowed = DENSE_NS * share
    found = within(allowed)
    assert found.is_met
    ns = predicted_ns(dict(found.plan))
    assert found.price.latency_ns == ns
    assert allowed * 0.99 < ns <= allowed


def test_groups_are_left_dense_where_zeros_save_no_time() -> None:
    found = within(DENSE_NS * 0.7)
    pruned = [sparsity for sparsity in found.plan.values() if sparsity > 0]
    assert pruned
    assert len(pruned) < len(FIVE)
    assert all(sparsity > 0.5 for sparsity in pruned)


def test_what_the_dense_network_meets_prunes_nothing() -> None:
    assert not any(within(DENSE_NS).plan.values())


def test_one_below_what_is_left_of_the_fastest_plan_names_that() -> None:
    with pytest.raises(DecisionError, match="can't be reached: type at best ≤") as caught:
        within(TABLE.other_one_ns)
    best = str(caught.value).split("type at best ")[1]
    assert solved(PROBLEM, parse_target(best)).is_met


def test_of_two_at_once_both_hold() -> None:
    found = within(DENSE_NS * 0.8, more=" and 8 points")
    assert found.is_met
    assert found.plan == within(DENSE_NS * 0.8).plan
    with pytest.raises(DecisionError, match="can't be met with ≤") as caught:
        within(DENSE_NS * 0.1, more=" and 0.5 points")
    best = str(caught.value).split("type at best ")[1].split(" (")[0]
    assert solved(PROBLEM, parse_target(best)).is_met


def test_locked_groups_count_and_stay() -> None:
    found = within(DENSE_NS * 0.6, locked={"layer0": 0.0})
    assert "layer0" not in found.plan
    assert found.price.latency_ns == predicted_ns({**found.plan, "layer0": 0.0})


def test_without_kernels_or_for_units_it_is_refused_in_a_line() -> None:
    with pytest.raises(DecisionError, match="press K on Plan first"):
        solved(replace(PROBLEM, kernels=None), parse_target("2 ms"))
    with pytest.raises(DecisionError, match="for units type MACs"):
        solved(replace(PROBLEM, shape=NetworkShape((), (), ())), parse_target("2 ms and 1 point"))


def test_a_plan_has_a_latency_only_where_kernels_were_measured() -> None:
    assert price(FIVE, {}, **OTHERS).latency_ns is None
    assert price(FIVE, {}, **OTHERS, kernels=TABLE).latency_ns == DENSE_NS


@pytest.mark.parametrize("text", ["≤ 2 ms", "≤ 0.0425 ms", "≤ 2 ms and ≤ 1 point"])
def test_what_is_described_is_read_back(text: str) -> None:
    assert describe_target(parse_target(text)) == text
