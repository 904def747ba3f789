"""The tolerance that a person sets is what the suggested plan is solved for, here and in the next session."""

import json
from pathlib import Path

import pytest
from textual.widgets import Input

from prune_tui.core.workflow.step import Step
from tests.tui.helpers import Desk, open_desk

SIZE = (120, 40)


async def settle(desk: Desk) -> None:
    await desk.press("s")
    await desk.until_drawn("enter apply")
    await desk.pilot.pause()


@pytest.mark.solved_suggestions
async def test_a_plan_is_suggested_for_the_tolerance_that_is_set(tmp_path: Path) -> None:
    async with open_desk(tmp_path, size=SIZE) as desk:
        await desk.to_plan()
        assert "suggested to lose 1 point:" in desk.drawn("#explain")
        cautious = float(desk.cell("[/x]", "sparsity"))
        await settle(desk)
        await desk.type_into("#tolerance", "12.5")
        await desk.press("enter")
        await desk.to(Step.PLAN)
        assert "suggested to lose 12.5 points:" in desk.drawn("#explain")
        assert float(desk.cell("[/x]", "sparsity")) > cautious
        await settle(desk)
        assert desk.app.screen.query_one("#tolerance", Input).value == "12.5"


@pytest.mark.solved_suggestions
async def test_a_plan_that_was_edited_stays_as_it_is(tmp_path: Path) -> None:
    async with open_desk(tmp_path, size=SIZE) as desk:
        await desk.to_plan()
        await desk.press("up", "home", "j", "enter", *"0.31", "enter")
        before = [desk.cell(row, "sparsity") for row in desk.rows]
        assert "0.31" in before
        await settle(desk)
        await desk.type_into("#tolerance", "12.5")
        await desk.press("enter")
        await desk.to(Step.PLAN)
        assert [desk.cell(row, "sparsity") for row in desk.rows] == before


@pytest.mark.parametrize("wrong", ["0", "0.001", "100.5", "one", "-1", ""])
async def test_a_wrong_tolerance_is_said_in_one_line(tmp_path: Path, wrong: str) -> None:
    async with open_desk(tmp_path, size=SIZE) as desk:
        await desk.to_plan()
        await settle(desk)
        await desk.type_into("#tolerance", wrong)
        await desk.press("enter")
        said = desk.drawn("#reason")
        assert said == "✗ the tolerance is a number of points from 0.01 to 100, such as 1"
        await desk.type_into("#tolerance", "100")
        await desk.press("enter")
        await desk.to(Step.PLAN)


@pytest.mark.solved_suggestions
async def test_a_configured_tolerance_holds_for_new_sessions_and_is_kept(tmp_path: Path) -> None:
    async with open_desk(tmp_path, size=SIZE, tolerance_points=3.0) as desk:
        await desk.to_plan()
        assert "suggested to lose 3 points:" in desk.drawn("#explain")
        await settle(desk)
        assert desk.app.screen.query_one("#tolerance", Input).value == "3"
        await desk.type_into("#tolerance", "2")
        await desk.press("enter")
        await desk.to(Step.PLAN)
        await desk.until(lambda: "tolerance_points" in desk.file().read_text(), "the draft")
    kept = json.loads(desk.file().read_text())["draft"]["settings"]["tolerance_points"]
    assert kept == 2.0
    async with open_desk(tmp_path, size=SIZE, tolerance_points=3.0, resume=desk.file()) as again:
        await again.to(Step.PLAN)
        await again.until_drawn("suggested to lose 2 points:")
