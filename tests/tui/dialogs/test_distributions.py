"""How weights and units spread is shown before and after, layer by layer."""

from pathlib import Path

import pytest

from prune_tui.core.workflow.step import Step
from tests.tui.fake_runner import Script
from tests.tui.helpers import Desk, open_desk


async def _shown(desk: Desk) -> None:
    await desk.press("d")
    await desk.until(lambda: desk.step is None and desk.app.screen.is_current)
    await desk.pilot.pause()


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_before_and_after_are_there_and_fit(tmp_path: Path, size: tuple[int, int]) -> None:
    async with open_desk(tmp_path, size=size) as desk:
        await desk.to_pruned()
        await _shown(desk)
        assert desk.is_drawn("weights by |w|", "units by L2 norm", "units by top share", "dense", "pruned")
        assert desk.is_drawn("weights of each layer", "fc[", "esc close")
        await desk.press("d")
        await desk.to(Step.TRAIN)


async def test_it_opens_and_closes_in_the_smallest_terminal(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_pruned()
        await desk.resize(40, 12)
        await _shown(desk)
        assert desk.is_drawn("(1 of 4)")
        await desk.press("d")
        await desk.until(lambda: "pruned" in desk.drawn("#meter"))


async def test_it_begins_with_the_layer_in_sight_and_arrows_switch(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_plan()
        await desk.press("up", "g", "j")
        await _shown(desk)
        assert desk.is_drawn("▸conv2 ", "not taken yet")
        await desk.press("down")
        assert desk.is_drawn("▸[/x] ")
        await desk.press("up", "k", "k")
        assert desk.is_drawn("▸fc[ ")
        await desk.press("escape")
        await desk.to(Step.PLAN)


async def test_it_follows_a_run_and_is_there_at_the_end(tmp_path: Path) -> None:
    script = Script()
    script.hold("prune")
    async with open_desk(tmp_path, script) as desk:
        await desk.to_train()
        await _shown(desk)
        assert "not taken yet" in desk.screen_text()
        script.let_go("prune")
        await desk.until(lambda: "not taken yet" not in desk.screen_text())
        await desk.idle()
        await desk.press("escape")
        await desk.to(Step.TRAIN)
        await desk.to_save()
        await _shown(desk)
        assert "not taken yet" not in desk.screen_text()
        await desk.press("escape")
        await desk.to(Step.SAVE)
