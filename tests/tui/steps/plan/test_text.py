"""The line of totals fits, says the goal, and that the accuracy is not fine-tuned."""

import re
from dataclasses import replace

import pytest

from prune_tui.core.planning.price import Price
from prune_tui.core.planning.target import parse_target
from prune_tui.core.scanning.predictor import Prediction
from prune_tui.tui.steps.plan.latency_text import ms_text
from prune_tui.tui.steps.plan.totals_text import Totals, accuracy_line, totals
from tests.tui.helpers import PALETTE


@pytest.mark.parametrize("width", [76, 116])
@pytest.mark.parametrize(
    "goal",
    [
        None,
        "≤ 0.5 MB",
        "≥ 3x",
        "≤ 2 points",
        "≥ 2x fewer MACs",
        "≥ 95 % sparsity",
        "≤ 10k params",
        "≥ 96.5 % accuracy",
        "≤ 0.5 MB and ≤ 2 points",
        "≥ 2x fewer MACs and ≥ 96 % accuracy",
        "≤ 10k params and ≤ 1 point",
        "≤ 0.035 ms",
        "≤ 12 ms and ≤ 0.5 points",
    ],
)
@pytest.mark.parametrize("num_parameters", [12_000, 430_580, 25_000_000])
@pytest.mark.parametrize("latency_ns", [None, 34_000, 12_600_000])
def test_the_totals_fit_and_the_goal_is_always_told(
    width: int, goal: str | None, num_parameters: int, latency_ns: int | None
) -> None:
    price = Price(
        parameters=num_parameters,
        nonzero=num_parameters // 7,
        macs=9_000,
        nonzero_macs=4_000,
        dense_bytes=4 * num_parameters,
        file_bytes=num_parameters // 2,
        weights=num_parameters,
        nonzero_weights=num_parameters // 7,
        accuracy=0.913,
        latency_ns=latency_ns,
    )
    target = parse_target(goal) if goal else None
    prediction = Prediction(0.913, 0.884, 0.932)
    shown = Totals(price, 0.98, prediction, target=target, is_met=False, latency_error=0.08)
    text = totals(shown, PALETTE, width=width).plain
    assert len(text) <= width
    line = accuracy_line(shown, PALETTE, width=width).plain
    assert len(line) <= width
    assert "predicted ≈91 % (88–93) before fine-tuning" in line
    assert ("not met" in text + line) == (goal is not None)
    for part in goal.split(" and ") if goal else ():
        assert re.sub(" (fewer MACs|sparsity|params|accuracy)", "", part) in text + line


def test_a_predicted_latency_is_told_with_its_error_where_kernels_were_measured() -> None:
    price = Price(
        parameters=430_580,
        nonzero=60_000,
        macs=9_000,
        nonzero_macs=4_000,
        dense_bytes=1_722_320,
        file_bytes=215_000,
        latency_ns=420_400,
    )
    shown = Totals(price, latency_error=0.08)
    assert "≈0.42 ms ±8 % (C, batch 1)" in totals(shown, PALETTE, width=116).plain
    assert "≈0.42 ms ±8 %" in totals(shown, PALETTE, width=76).plain
    goal = replace(shown, target=parse_target("≤ 0.5 ms"), outcomes={"latency": True})
    assert "≈0.42 ms ±8 % (C, batch 1) (goal ≤ 0.5 ms predicted)" in totals(goal, PALETTE, width=116).plain
    assert "≈0.42 ms ±8 % (≤ 0.5 ms predicted)" in totals(goal, PALETTE, width=45).plain
    assert "ms" not in totals(replace(shown, price=replace(price, latency_ns=None)), PALETTE, width=116).plain


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (16_800, "0.017 ms"),
        (420_400, "0.42 ms"),
        (9_949_000, "9.9 ms"),
        (12_600_000, "13 ms"),
        (2 * 10**9, "2,000 ms"),
    ],
)
def test_times_have_two_digits(ns: int, text: str) -> None:
    assert ms_text(ns) == text
