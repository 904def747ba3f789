"""A prune in rounds that is stopped early says how far it came."""

from pathlib import Path

from prune_tui.core.workflow.step import Step
from tests.tui.fake_runner import NUM_BATCHES, Script
from tests.tui.helpers import open_desk


async def test_a_stop_before_the_last_round_says_what_was_planned(tmp_path: Path) -> None:
    script = Script()
    async with open_desk(tmp_path, script, size=(120, 40)) as desk:
        await desk.to_plan()
        await desk.press("s", "down", "down", "down", "right", "enter")
        await desk.to(Step.PLAN)
        assert "3 rounds" in desk.drawn("#settings")
        num_epochs = int(desk.drawn("#next").split("fine-tune ")[1].split()[0])
        script.hold("prune", after=num_epochs * NUM_BATCHES + 4)
        await desk.press("p")
        await desk.to(Step.TRAIN)
        await desk.until_drawn("round 2/3")
        await desk.press("x")
        script.let_go("prune")
        await desk.idle()
        planned = "stopped in round 2 of 3: "
        assert planned in desk.drawn("#meter")
        assert "planned" in desk.drawn("#meter")
        await desk.to_save()
        assert planned in desk.drawn("#caveats")


async def test_a_prune_that_ran_to_its_end_says_nothing_of_the_kind(tmp_path: Path) -> None:
    async with open_desk(tmp_path, size=(120, 40)) as desk:
        await desk.to_pruned()
        assert "stopped" not in desk.drawn("#meter")
        await desk.to_save()
        assert "planned" not in desk.drawn("#caveats")
