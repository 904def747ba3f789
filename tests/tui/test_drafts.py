"""A plan that was being made is there again when its session is resumed, also one that was never run."""

from pathlib import Path

import pytest

from prune_tui.core.session.draft import Draft
from prune_tui.core.session.session import Session
from prune_tui.core.workflow.step import Step
from prune_tui.tui import app as app_module
from tests.tui.helpers import Desk, open_desk


def _draft(session: Session) -> Draft:
    return session.draft or Draft()


async def _edited(desk: Desk) -> None:
    """Make a plan by hand: a sparsity, a lock, and another criterion."""
    await desk.to_plan()
    await desk.press("up", "enter", *"0.77", "enter")
    await desk.press("g", "equals_sign")
    assert "=locked" in desk.drawn("#layers")


async def test_leaving_keeps_the_plan_and_resuming_brings_it_back(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _edited(desk)
        before = desk.drawn("#layers")
    async with open_desk(tmp_path, resume=desk.file()) as desk:
        await desk.to(Step.PLAN)
        assert desk.drawn("#layers") == before
        assert desk.cell("fc[", "sparsity") == "0.77"
        await desk.press("up", "u")
        assert desk.cell("fc[", "sparsity") != "0.77"
        assert "=locked" not in desk.drawn("#layers")


async def test_budget_and_settings_come_back_too(tmp_path: Path) -> None:
    async with open_desk(tmp_path, size=(120, 40)) as desk:
        await desk.to_plan()
        await desk.press("b", *"4x", "enter", "s")
        await desk.until(lambda: desk.step is None)
        await desk.press("tab", "tab", "tab", "right", "enter")
        await desk.to(Step.PLAN)
        before = (desk.drawn("#layers"), desk.drawn("#settings"), desk.drawn("#totals"))
        assert "goal ≥ 4x" in before[2]
        assert "rounds" in before[1]
    async with open_desk(tmp_path, resume=desk.file(), size=(120, 40)) as desk:
        await desk.to(Step.PLAN)
        assert (desk.drawn("#layers"), desk.drawn("#settings"), desk.drawn("#totals")) == before


async def test_edits_are_written_while_the_app_is_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app_module, "SECONDS_PER_DRAFT", 0.05)
    async with open_desk(tmp_path) as desk:
        await _edited(desk)
        await desk.until(lambda: _draft(desk.saved()).locked == ("conv1",), "the draft in the file")
        plan = _draft(desk.saved()).plan
        assert isinstance(plan, dict)
        assert plan["fc["] == 0.77
        assert desk.kinds_saved() == ["load_dense", "scan"]


async def test_edits_are_written_while_a_plan_is_carried_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app_module, "SECONDS_PER_DRAFT", 0.05)
    async with open_desk(tmp_path) as desk:
        gate = desk.script.hold("prune", after=20)
        await desk.to_train()
        await desk.press("3")
        await desk.to(Step.PLAN)
        await desk.press("up", "g", "equals_sign")
        await desk.until(lambda: desk.state.kept_draft == desk.state.current_draft())
        gate.release()
        await desk.until(lambda: _draft(desk.saved()).locked == ("conv1",), "the draft in the file")
        assert desk.kinds_saved() == ["load_dense", "scan"]
        assert desk.state.is_busy


async def test_looking_at_a_session_leaves_its_file_as_it_is(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_pruned()
    path = desk.file()
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    async with open_desk(tmp_path, resume=path) as desk:
        await desk.to(Step.TRAIN)
        await desk.press("3")
        await desk.to(Step.PLAN)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


async def test_another_session_begins_without_the_draft_of_the_one_before(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _edited(desk)
        await desk.press("1")
        await desk.to(Step.PICK)
        await desk.press("n", "enter")
        await desk.to(Step.SCAN)
        await desk.performed(4)
        await desk.press("enter")
        await desk.to(Step.PLAN)
        assert desk.cell("fc[", "sparsity") != "0.77"
        assert _draft(desk.saved()).locked == ("conv1",)
    assert desk.saved("lenet5-digits-2").draft is None
