"""The attempts are drawn and listed; one is taken up again as the plan, and so is a point of a sweep."""

from pathlib import Path

import pytest

from prune_tui.core.session.decisions import Prune
from prune_tui.core.workflow.step import Step
from tests.tui.helpers import Desk, open_desk
from tests.tui.steps.scan.test_sweep_dialog import asked

WIDE = (120, 40)


async def tried(desk: Desk, *, is_swept: bool = False) -> None:
    """Carry out and measure the plan of the scan, and another that nobody measures."""
    if is_swept:
        await asked(desk)
        await desk.press("enter")
        await desk.to(Step.SCAN)
        await desk.performed(3)
        await desk.press("3")
        await desk.to(Step.PLAN)
        await desk.press("p")
        await desk.to(Step.TRAIN)
        await desk.idle()
    else:
        await desk.to_pruned()
    await desk.to_save()
    await desk.press("3")
    await desk.to(Step.PLAN)
    await desk.press("b", *"20x", "enter", "p")
    await desk.to(Step.TRAIN)
    await desk.idle()


def where(desk: Desk, sign: str) -> tuple[int, int]:
    """Return the column and the row at which the picture has a sign."""
    lines = desk.drawn("#tradeoff").splitlines()[:-1]
    return next((line.index(sign, 7), row) for row, line in enumerate(lines) if sign in line[7:])


async def shown(desk: Desk) -> None:
    """Open the attempts."""
    await desk.press("a")
    await desk.until_drawn("compare plans")
    await desk.until(lambda: desk.drawn("#tried"), "the list")
    await desk.pilot.pause()


async def test_attempts_are_listed_measured_or_not_with_their_trade_off(tmp_path: Path) -> None:
    async with open_desk(tmp_path, size=WIDE) as desk:
        await tried(desk)
        await shown(desk)
        heading, first, second, *_ = desk.drawn("#tried").splitlines()
        assert heading.split() == ["tried", "compression", "speedup", "ms/64", "validation", "test"]
        assert first.split()[:4] == ["★", "1", "l1", "weight"]
        assert all(one in first for one in ("3.2×", "2.5×", "3.07 CSR", "98.1 %", "99.0 %"))
        assert all(one in second for one in ("2 l1 weight", "20.0×", "98.1 %", "—"))
        assert "validation accuracy, %, by compression ratio" in desk.drawn("#axis")
        assert "dense 98.5 %" in desk.drawn("#axis")
        one, two = where(desk, "1"), where(desk, "2")
        assert one[1] == two[1]
        assert one[0] < two[0]
        assert "16×" in desk.drawn("#tradeoff")
        assert "right after pruning, 98.1 % in the end" in desk.drawn("#attempt-facts")
        assert "test set not read" in desk.drawn("#attempt-facts")
        await desk.press("up")
        assert "test 99.0 % (98.7–99.1)" in desk.drawn("#attempt-facts")


async def test_the_axis_is_turned_and_latency_is_only_of_what_was_timed(tmp_path: Path) -> None:
    async with open_desk(tmp_path, size=WIDE) as desk:
        await tried(desk)
        await shown(desk)
        await desk.press("A")
        assert "by theoretical speedup" in desk.drawn("#axis")
        await desk.press("A")
        assert "measured latency p50, ms, batch 64" in desk.drawn("#axis")
        assert "not in the picture" in desk.drawn("#attempt-facts")
        assert where(desk, "1")
        with pytest.raises(StopIteration):
            where(desk, "2")
        await desk.press("A")
        assert "by compression ratio" in desk.drawn("#axis")


async def test_an_attempt_is_taken_up_with_its_settings_and_put_back_in_one_step(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await tried(desk)
        await desk.press("3")
        await desk.to(Step.PLAN)
        before = [desk.drawn(id) for id in ("#layers", "#settings", "#totals")]
        assert "goal" in before[2]
        await shown(desk)
        await desk.press("up", "enter")
        await desk.to(Step.PLAN)
        assert desk.cell("conv2", "sparsity") == "0.60"
        assert desk.cell("[/x]", "sparsity") == "0.70"
        assert "goal" not in desk.drawn("#totals")
        assert "attempt 1 is the plan now: u takes it back" in desk.drawn("#explain")
        await desk.press("u")
        assert [desk.drawn(id) for id in ("#layers", "#settings", "#totals")] == before
        await desk.press("U", "p")
        await desk.to(Step.TRAIN)
        await desk.idle()
        prunes = [decision for decision in desk.script.performed if isinstance(decision, Prune)]
        assert len(prunes) == 3
        assert prunes[2] == prunes[0]


async def test_a_point_of_the_sweep_becomes_the_plan_with_its_method(tmp_path: Path) -> None:
    async with open_desk(tmp_path, size=WIDE) as desk:
        await asked(desk)
        await desk.press("enter")
        await desk.to(Step.SCAN)
        await desk.performed(3)
        await desk.press(*["down"] * 13)
        assert "l1 unit at 80 %" in desk.drawn("#facts")
        await shown(desk)
        assert "sweep: l1 unit at 80 %" in desk.drawn("#attempt-facts")
        await desk.press("enter")
        await desk.to(Step.PLAN)
        assert "l1 · unit · layer" in desk.drawn("#settings")
        assert "fine-tune none" in desk.drawn("#settings")
        assert "l1 unit 80 % is the plan now" in desk.drawn("#explain")
        assert desk.cell("conv2", "sparsity") == "0.80"
        await desk.press("u")
        assert "l1 · weight · layer" in desk.drawn("#settings")
        await desk.press("U", "p")
        await desk.to(Step.TRAIN)
        await desk.idle()
        assert isinstance(desk.last, Prune)
        assert (desk.last.granularity, desk.last.finetune) == ("unit", None)
        assert desk.last.plan == {"conv1": 0.8, "conv2": 0.8, "[/x]": 0.8}


async def test_points_and_attempts_are_told_apart_by_sign_and_the_front_by_a_star(tmp_path: Path) -> None:
    async with open_desk(tmp_path, size=(120, 80)) as desk:
        await tried(desk, is_swept=True)
        await shown(desk)
        rows = desk.drawn("#tried").splitlines()[1:]
        assert [row.replace("★", " ").split()[0] for row in rows[:3]] == ["1", "2", "●"]
        assert any("□ l1 unit" in row for row in rows)
        assert any(row.lstrip().startswith("★") for row in rows)
        chart = desk.drawn("#tradeoff")
        assert all(sign in chart for sign in ("1", "2", "●", "□", "△"))
        await desk.press("end")
        assert "is as accurate and as small, or better" in desk.drawn("#attempt-facts")


async def test_before_anything_was_tried_it_says_how_to_begin(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_plan()
        await desk.press("a")
        await desk.until_drawn("Nothing was tried yet", "p on the plan prunes")
        await desk.press("enter", "c", "A", "a")
        await desk.to(Step.PLAN)


@pytest.mark.parametrize("step", ["2", "3", "4", "5"])
async def test_it_is_there_from_every_step_that_has_a_session(tmp_path: Path, step: str) -> None:
    async with open_desk(tmp_path) as desk:
        await tried(desk)
        await desk.press(step)
        await desk.to(Step(int(step)))
        await shown(desk)
        await desk.press("escape")
        await desk.to(Step(int(step)))


@pytest.mark.parametrize("size", [(40, 24), (40, 12), (30, 8), (200, 60)])
async def test_it_takes_any_size_and_needs_no_colour(
    tmp_path: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with open_desk(tmp_path) as desk:
        await tried(desk)
        await desk.resize(*size)
        await desk.press("a")
        await desk.until(lambda: desk.step is None)
        await desk.pilot.pause()
        if size[1] >= 24:
            chart = desk.drawn("#tradeoff")
            assert "1" in chart
            assert "2" in chart
            assert "98.1 %" in desk.drawn("#tried")
        await desk.press("c", "right", "tab", "escape", "escape")
        assert desk.app.is_running


async def test_of_a_resumed_session_the_attempts_are_the_same(tmp_path: Path) -> None:
    async with open_desk(tmp_path, size=WIDE) as desk:
        await tried(desk)
        await shown(desk)
        drawn = desk.drawn("#tried")
        file = desk.file()
    async with open_desk(tmp_path, size=WIDE, resume=file) as desk:
        await desk.until(lambda: desk.step is not None and desk.state.view.report.attempts, "resumed")
        await desk.idle()
        await shown(desk)
        assert desk.drawn("#tried") == drawn
