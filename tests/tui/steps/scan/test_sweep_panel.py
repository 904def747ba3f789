"""A sweep is watched, paused, stopped and read, beside the scan."""

from pathlib import Path

import pytest

from prune_tui.core.session.decisions import Sweep
from prune_tui.core.workflow.step import Step
from prune_tui.tui.steps.scan.view_switch import ViewSwitch
from tests.tui.fake_runner import Script, user_error
from tests.tui.helpers import Desk, open_desk
from tests.tui.steps.scan.test_sweep_dialog import asked


async def _swept(desk: Desk) -> None:
    await asked(desk)
    await desk.press("enter")
    await desk.to(Step.SCAN)
    await desk.performed(3)


def _points(desk: Desk) -> list[str]:
    """Return the lines of the table of points that are in sight."""
    return [line for line in desk.drawn("#points").splitlines()[1:] if line.strip()]


async def test_a_curve_a_method_is_drawn_and_its_points_are_listed(tmp_path: Path) -> None:
    async with open_desk(tmp_path, size=(120, 80)) as desk:
        await _swept(desk)
        assert len(_points(desk)) == 27
        legend = desk.drawn("#legend")
        assert all(f"{sign} " in legend for sign in "●■▲")
        assert "l1 unit" in legend
        chart = desk.drawn("#sweep-chart")
        assert all(sign in chart for sign in "●■▲")
        assert "3 curves, 27 points" in desk.drawn("#meter")
        await desk.press("j")
        assert "l1 weight at 50 %" in desk.drawn("#facts")
        await desk.press("slash", *"random", "enter")
        assert len(_points(desk)) == 9


@pytest.mark.parametrize(
    ("keys", "is_sweep"), [("t", True), ("t t", False), ("right", True), ("right left", False)]
)
async def test_the_views_are_turned_by_keys(tmp_path: Path, keys: str, is_sweep: bool) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.scan()
        assert "conv2" in desk.screen_text()
        await desk.press(*keys.split())
        assert ("v chooses the methods" in desk.screen_text()) is is_sweep
        assert ("conv2" in desk.screen_text()) is not is_sweep


async def test_the_views_are_turned_by_mouse(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.scan()
        line = next(line for line in desk.screen_text().splitlines() if "whole network" in line)
        await desk.pilot.click(ViewSwitch, offset=(line.index("whole network"), 0))
        assert "v chooses the methods" in desk.screen_text()


async def test_each_view_has_its_own_filter(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.scan()
        await desk.press("slash", *"conv", "enter", "t")
        await desk.pilot.pause()
        assert "conv" not in desk.screen_text()
        await desk.press("t")
        await desk.pilot.pause()
        assert desk.drawn("#filter") == "conv"
        await desk.press("escape")
        await desk.pilot.pause()
        assert "[/x]" in desk.rows


async def test_the_legend_names_the_curve_in_front_however_many_there_are(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await asked(desk)
        await desk.press(*["down", "space"] * 7, *["up"] * 7, "right")
        await desk.press(*["space", "down"] * 8, "enter")
        await desk.to(Step.SCAN)
        await desk.performed(3)
        for key, name in (("g", "l1 weight"), ("G", "largest weight")):
            await desk.press(key)
            await desk.pilot.pause()
            assert f" {name}" in desk.drawn("#legend")


async def test_axes_are_turned(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _swept(desk)
        for words in ("compression ratio", "theoretical speedup", "sparsity"):
            await desk.press("A")
            assert f"by {words}" in desk.screen_text()


async def test_a_sweep_is_paused_and_stopped_with_the_points_so_far(tmp_path: Path) -> None:
    script = Script()
    script.hold("sweep", after=4)
    async with open_desk(tmp_path, script) as desk:
        await asked(desk)
        await desk.press("enter")
        await desk.until_drawn("4/27 points")
        await desk.until(lambda: len(_points(desk)) == 4)
        assert "the sweep goes on" in desk.drawn("#next")
        await desk.press("space")
        assert "paused" in desk.header
        assert "paused" in desk.drawn("#meter")
        await desk.press("space", "x")
        await desk.idle()
        assert desk.kinds_saved() == ["load_dense", "scan", "sweep"]
        assert "3 curves, 5 points" in desk.drawn("#meter")
        await desk.press("enter")
        await desk.to(Step.PLAN)


async def test_a_plan_waits_for_the_sweep(tmp_path: Path) -> None:
    script = Script()
    script.hold("sweep", after=1)
    async with open_desk(tmp_path, script) as desk:
        await asked(desk)
        await desk.press("enter")
        await desk.until_drawn("sweeping", "1/27 points")
        await desk.press("enter")
        await desk.to(Step.PLAN)
        await desk.press("p")
        await desk.to(Step.TRAIN)
        await desk.until_drawn("waiting for the sweep")
        script.let_go("sweep")
        await desk.performed(4)
        assert "sparsity held" in desk.drawn("#live")


async def test_a_method_that_is_refused_loses_nothing(tmp_path: Path) -> None:
    script = Script(errors={"sweep": user_error("lamp has no units")})
    async with open_desk(tmp_path, script) as desk:
        await asked(desk)
        await desk.press("enter")
        await desk.until_drawn("lamp has no units")
        await desk.press("escape")
        await desk.to(Step.SCAN)
        assert "not swept yet" in desk.drawn("#meter")
        await desk.press("t")
        assert "36 cells settled" in desk.drawn("#meter")
        assert isinstance(desk.last, Sweep)
        assert desk.kinds_saved() == ["load_dense", "scan"]


async def test_every_view_takes_any_size(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _swept(desk)
        for size in ((200, 60), (30, 8), (80, 24)):
            await desk.resize(*size)
            assert desk.app.is_running
        assert "l1 unit" in desk.drawn("#legend")
