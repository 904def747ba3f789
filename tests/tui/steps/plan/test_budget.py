"""A budget is solved over the unlocked rows, is one step, and is held against every edit after it."""

import re
from pathlib import Path

import pytest

from prune_tui.core.session.decisions import Prune
from prune_tui.core.workflow.step import Step
from tests.tui.fake_runner import Script
from tests.tui.helpers import Desk, open_desk
from tests.tui.made_up_network import DEEP, RESIDUAL

GOALS = ["≤ 0.5 MB", "≥ 3x", "≤ 2 points", "≥ 2x fewer MACs"]


def _sparsities(desk: Desk) -> dict[str, str]:
    """Return each row's sparsity as it stands on the screen."""
    return {name: desk.cell(name, "sparsity") for name in desk.rows}


def _hint(desk: Desk) -> str:
    return desk.drawn("#budget-hint")


def _bar_is_on_screen(desk: Desk) -> bool:
    return "esc cancel" in desk.screen_text()


async def _with_goal(desk: Desk, text: str) -> None:
    await desk.to_plan()
    await desk.press("b", *text, "enter")


@pytest.mark.parametrize("goal", GOALS)
async def test_a_budget_fills_the_plan_and_one_undo_takes_it_back(tmp_path: Path, goal: str) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_plan()
        before = _sparsities(desk)
        await desk.press("b")
        assert "20x" in _hint(desk)
        await desk.press(*goal, "enter")
        assert not _bar_is_on_screen(desk)
        assert _sparsities(desk) != before
        outcome = "predicted" if "point" in goal else "ok"
        told = desk.drawn("#totals") + desk.drawn("#accuracy")
        assert f"goal {goal.removesuffix(' fewer MACs')} {outcome}" in told
        assert "is met" in desk.drawn("#explain")
        await desk.press("u")
        assert _sparsities(desk) == before


@pytest.mark.parametrize("budget", ["", "20x"])
async def test_once_a_budget_is_taken_every_edit_is_drawn(tmp_path: Path, budget: str) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_plan()
        untouched = _sparsities(desk)
        await desk.press("b", *budget, "enter")
        taken, totals_taken = _sparsities(desk), desk.drawn("#totals")
        await desk.press("u")
        assert _sparsities(desk) == untouched
        await desk.press("U")
        assert _sparsities(desk) == taken
        await desk.press("up", "g", "j", "+")
        sparsity = float(taken["conv2"]) + 0.05
        assert float(desk.cell("conv2", "sparsity")) == pytest.approx(sparsity, abs=0.006)
        assert desk.drawn("#totals") != totals_taken
        shown = _sparsities(desk)
        await desk.press("p")
        await desk.to(Step.TRAIN)
        prune = desk.last
        assert isinstance(prune, Prune)
        assert isinstance(prune.plan, dict)
        assert {name: float(text) for name, text in shown.items()} == {
            name: pytest.approx(prune.plan.get(name, 0.0), abs=0.006) for name in shown
        }


async def test_what_is_typed_is_read_and_shown_at_every_key(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_plan()
        before = _sparsities(desk)
        await desk.press("b", "2")
        assert _hint(desk).startswith("✗")
        await desk.press("x")
        assert _hint(desk).startswith("✓")
        assert desk.cell("[/x]", "sparsity") != before["[/x]"]
        assert "goal ≥ 2x ok" in desk.drawn("#totals")
        await desk.press("y")
        assert _sparsities(desk) == before
        assert desk.step is Step.PLAN
        await desk.press("escape")
        assert desk.step is Step.PLAN
        assert _sparsities(desk) == before
        assert "goal" not in desk.drawn("#totals")
        assert "suggested to lose 1 point" in desk.drawn("#explain")
        assert desk.drawn("#next").endswith("enter ⏎")


async def test_what_cannot_be_reached_says_the_best_there_is_and_changes_nothing(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_plan()
        before = _sparsities(desk)
        await desk.press("b", *"5000x", "enter")
        assert _bar_is_on_screen(desk)
        assert "at best ≥" in _hint(desk)
        await desk.press("escape")
        assert _sparsities(desk) == before
        assert "goal" not in desk.drawn("#totals")
        await desk.press("u")
        assert _sparsities(desk) == before


async def test_locked_rows_are_left_as_they_are(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_plan()
        await desk.press("up", "g", "j", "=", "b", *"5x")
        assert "1 locked" in _hint(desk)
        await desk.press("enter")
        assert desk.cell("conv2", "sparsity") == "0.60"
        assert "goal ≥ 5x ok" in desk.drawn("#totals")
        assert not desk.drawn("#next").endswith("enter ⏎")
        await desk.press("=", "+")
        assert desk.cell("conv2", "sparsity") == "0.65"


async def test_a_goal_is_held_against_each_key_and_solved_again_around_the_edit(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _with_goal(desk, "3x")
        solved = _sparsities(desk)
        await desk.press("up", "g", "j", "j", "enter", *".66")
        assert "not met" in desk.drawn("#totals")
        await desk.press("enter")
        assert "B locks [/x]" in desk.drawn("#explain")
        edited = _sparsities(desk)
        await desk.press("B")
        assert "goal ≥ 3x ok" in desk.drawn("#totals")
        assert desk.cell("[/x]", "sparsity") == "0.66"
        assert "locked" in desk.cell("[/x]", "note")
        await desk.press("u")
        assert _sparsities(desk) == edited
        assert "locked" not in desk.cell("[/x]", "note")
        await desk.press("u")
        assert _sparsities(desk) == solved


async def test_an_edit_that_leaves_no_way_says_so_and_changes_nothing(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _with_goal(desk, "20x")
        await desk.press("up", "g", "j", "j", "enter", *".1", "enter")
        before = _sparsities(desk)
        await desk.press("B")
        assert "at best" in desk.drawn("#explain")
        assert _sparsities(desk) == before
        assert "locked" not in desk.drawn("#layers")


async def test_nothing_typed_takes_the_goal_away(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _with_goal(desk, "4x")
        solved = _sparsities(desk)
        await desk.press("b")
        assert desk.drawn("#budget") == "≥ 4x"
        await desk.press("backspace", "enter")
        assert "goal" not in desk.drawn("#totals")
        assert _sparsities(desk) == solved


async def test_a_plan_that_ruins_the_network_is_not_praised(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_plan()
        await desk.press("b", *"30x")
        assert _hint(desk).startswith("≥ 30x is predicted to cost")
        await desk.press("enter")
        assert "points" in desk.drawn("#explain")
        assert "✓" not in desk.drawn("#explain")
        assert "±" not in desk.drawn("#totals")


async def test_without_a_goal_it_asks_for_one_and_a_click_elsewhere_changes_nothing(
    tmp_path: Path,
) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_plan()
        await desk.press("B", *"4x")
        assert _bar_is_on_screen(desk)
        await desk.pilot.click("#layers", offset=(3, 3))
        assert not _bar_is_on_screen(desk)
        assert "goal" not in desk.drawn("#totals")
        await desk.press("+")
        assert desk.cell("[/x]", "sparsity") == "0.75"


async def test_units_that_go_together_are_solved_together(tmp_path: Path) -> None:
    async with open_desk(tmp_path, Script(layers=RESIDUAL)) as desk:
        await desk.scan()
        await desk.press("w", "r")
        await desk.performed(3)
        await desk.press("enter")
        await desk.to(Step.PLAN)
        await desk.press("b", *"2x MACs", "enter")
        assert "ok" in desk.drawn("#totals")
        assert desk.cell("fc", "sparsity") == "0.00"
        speedup = re.search(r"MACs .*?([0-9.]+)× \(goal", desk.drawn("#totals"))
        assert speedup is not None
        assert float(speedup[1]) >= 2


@pytest.mark.parametrize(
    ("keys", "why"), [("down down right", "global"), ("down right right right right", "2:4")]
)
async def test_where_there_is_nothing_to_share_out_it_says_why(tmp_path: Path, keys: str, why: str) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_plan()
        await desk.press("s", *keys.split(), "enter")
        await desk.to(Step.PLAN)
        await desk.press("b")
        assert not _bar_is_on_screen(desk)
        assert why in desk.drawn("#explain")


async def test_without_curves_it_says_what_to_do(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_plan()
        await desk.press("s", "right", "enter")
        await desk.to(Step.PLAN)
        await desk.press("b")
        assert "r scans this way" in desk.drawn("#explain")


async def test_a_budget_of_a_deep_network_is_solved_while_it_is_typed(tmp_path: Path) -> None:
    async with open_desk(tmp_path, Script(layers=DEEP), size=(120, 40)) as desk:
        await desk.to_plan()
        await desk.press("b", *"2x")
        assert "goal ≥ 2x ok" in desk.drawn("#totals")
        await desk.press("enter")
        assert "goal ≥ 2x ok" in desk.drawn("#totals")
