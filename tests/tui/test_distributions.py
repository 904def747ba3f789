"""How weights and units spread is shown before and after, layer by layer, on one scale."""

from pathlib import Path

import pytest

from prune_tui.core.workflow.step import Step
from prune_tui.tui.dialogs.distributions import DistributionsDialog, Spread
from prune_tui.tui.dialogs.distributions_text import bars
from tests.tui.fake_runner import Script
from tests.tui.helpers import Desk, open_desk
from tests.tui.test_drawing import PALETTE


async def _shown(desk: Desk) -> None:
    await desk.press("d")
    await desk.until(lambda: isinstance(desk.app.screen, DistributionsDialog) and desk.app.screen.is_current)
    await desk.pilot.pause()


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (40, 12)])
async def test_before_and_after_are_there_and_fit(tmp_path: Path, size: tuple[int, int]) -> None:
    async with open_desk(tmp_path, size=size) as desk:
        await desk.to_train()
        await desk.idle()
        await _shown(desk)
        if size[0] >= 80:
            screen = desk.screen_text()
            for words in ("weights by |w|", "units by L2 norm", "units by top share", "dense", "pruned"):
                assert words in screen
            assert "weights of each layer" in screen
            assert "fc[" in screen
            assert "esc or d close" in screen
        await desk.press("d")
        await desk.to(Step.TRAIN)


async def test_it_begins_with_the_layer_in_sight_and_arrows_switch(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_plan()
        await desk.press("up", "g", "j")
        await _shown(desk)
        spread = desk.app.screen.query_one(Spread)
        assert spread.shown == "conv2"
        assert "not taken yet" in desk.screen_text()
        await desk.press("down")
        assert spread.shown == "[/x]"
        await desk.press("up", "k", "k")
        assert spread.shown == "fc["
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
        await desk.press("enter")
        await desk.to(Step.SAVE)
        await desk.idle()
        await _shown(desk)
        await desk.press("escape")
        await desk.to(Step.SAVE)


def test_bars_stay_around_the_chosen_layer() -> None:
    from prune_tui.core.report import LayerFigures

    layers = [
        LayerFigures(name=f"layer{at}", parameters=100 * (at + 1), nonzero=50, sparsity=0.5)
        for at in range(30)
    ]
    for chosen in (0, 15, 29):
        lines = [line.plain for line in bars(layers, chosen, PALETTE, width=70, room=5)]
        assert len(lines) == 6
        assert any(line.startswith(f"▸layer{chosen} ") for line in lines)
        assert all(len(line) <= 70 for line in lines)
