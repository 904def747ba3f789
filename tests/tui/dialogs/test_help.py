"""Help and the palette come from the table of actions."""

from pathlib import Path

import pytest

from prune_tui.core.workflow.step import Step
from prune_tui.tui.actions import ACTIONS, actions_of
from tests.tui.helpers import open_desk

HIDDEN = {"command_palette", "say_how_to_leave"}


@pytest.mark.parametrize("step", [Step.PICK, Step.PLAN])
async def test_help_lists_every_action(tmp_path: Path, step: Step) -> None:
    async with open_desk(tmp_path, size=(120, 220)) as desk:
        await desk.to_plan()
        await desk.press(str(step.value))
        await desk.to(step)
        await desk.press("question_mark")
        await desk.until(lambda: desk.step is None)
        await desk.pilot.pause()
        shown = desk.words("#keys")
        for action in ACTIONS:
            assert " ".join(action.help.split()) in shown
            assert action.shown_keys in shown
        await desk.press("j", "k", "escape")
        await desk.to(step)


async def test_the_palette_has_the_steps_actions(tmp_path: Path) -> None:
    async with open_desk(tmp_path, size=(120, 180)) as desk:
        await desk.to_plan()
        await desk.press("ctrl+p")
        for place in (Step.PLAN, "anywhere"):
            for action in actions_of(place):
                if action.name not in HIDDEN:
                    await desk.until_drawn(action.help)
        await desk.press("escape")
        await desk.to(Step.PLAN)
