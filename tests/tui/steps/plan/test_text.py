"""The line of totals fits, says the goal, and that the accuracy is not fine-tuned."""

import re

import pytest

from prune_tui.core.planning.price import Price
from prune_tui.core.planning.target import parse_target
from prune_tui.core.scanning.predictor import Prediction
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
    ],
)
@pytest.mark.parametrize("num_parameters", [12_000, 430_580, 25_000_000])
def test_the_totals_fit_and_the_goal_is_always_told(
    width: int, goal: str | None, num_parameters: int
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
    )
    target = parse_target(goal) if goal else None
    prediction = Prediction(0.913, 0.884, 0.932)
    shown = Totals(price, 0.98, prediction, target=target, is_met=False)
    text = totals(shown, PALETTE, width=width).plain
    assert len(text) <= width
    line = accuracy_line(shown, PALETTE, width=width).plain
    assert len(line) <= width
    assert "predicted ≈91 % (88–93) before fine-tuning" in line
    assert ("not met" in text + line) == (goal is not None)
    for part in goal.split(" and ") if goal else ():
        assert re.sub(" (fewer MACs|sparsity|params|accuracy)", "", part) in text + line
