"""Work is watched, paused, stopped and left alone."""

from pathlib import Path

from prune_tui.core.workflow.step import Step
from tests.tui.helpers import Desk, open_desk


async def _held(desk: Desk) -> None:
    """Prune, and have the fine-tuning wait amid its second epoch."""
    desk.script.hold("prune", after=20)
    await desk.to_train()
    await desk.until_drawn("epoch 2/14")


async def test_space_pauses_and_goes_on(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _held(desk)
        await desk.press("space")
        assert "space goes on" in desk.drawn("#next")
        assert "paused" in desk.header
        desk.script.let_go("prune")
        for step in (Step.PLAN, Step.SCAN, Step.TRAIN):
            await desk.press(str(step.value))
            await desk.to(step)
            assert "paused" in desk.header
        assert "epoch 2/14" in desk.drawn("#meter")
        assert "pruned to" in desk.drawn("#log")
        await desk.press("space")
        await desk.idle()
        assert "paused" not in desk.screen_text()
        assert "done (" in desk.drawn("#log")


async def test_x_stops_and_keeps_the_best(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _held(desk)
        await desk.press("x")
        await desk.idle()
        assert "stopped early, the best so far is kept" in desk.drawn("#log")
        assert "read the test set once" in desk.drawn("#next")
        assert desk.kinds_saved() == ["load_dense", "scan", "prune"]


async def test_work_goes_on_while_the_plan_is_in_sight(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _held(desk)
        await desk.press("escape")
        await desk.to(Step.PLAN)
        assert "4 shows it" in desk.drawn("#next")
        await desk.press("p")
        assert desk.step is Step.PLAN
        desk.script.let_go("prune")
        await desk.idle()
        assert "prune and fine-tune" in desk.drawn("#next")
        await desk.press("4")
        await desk.to(Step.TRAIN)


async def test_live_figures_and_the_run_before_it(tmp_path: Path) -> None:
    async with open_desk(tmp_path, size=(120, 40)) as desk:
        await desk.to_pruned()
        assert "previous run" not in desk.drawn("#now")
        assert "sparsity held" in desk.drawn("#live")
        assert "250 of 500 kept" in desk.drawn("#live")
        await desk.press("down")
        assert "conv2 live" in desk.drawn("#weights")
        await desk.press("k", "up")
        assert "fc[ live" in desk.drawn("#weights")
        await desk.press("escape")
        await desk.to(Step.PLAN)
        await desk.press("up", "+", "p")
        await desk.to(Step.TRAIN)
        await desk.idle()
        assert "previous run" in desk.drawn("#now")
