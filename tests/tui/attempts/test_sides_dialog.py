"""Two plans are compared row by row; any two can be chosen."""

from pathlib import Path

from prune_tui.core.workflow.step import Step
from tests.tui.attempts.test_dialog import WIDE, shown, tried
from tests.tui.fake_runner import Script
from tests.tui.helpers import open_desk
from tests.tui.made_up_network import VAST


async def test_the_plan_being_edited_stands_beside_an_attempt(tmp_path: Path) -> None:
    async with open_desk(tmp_path, size=WIDE) as desk:
        await tried(desk)
        await shown(desk)
        await desk.press("up", "c")
        await desk.until_drawn("Two plans side by side")
        await desk.until(lambda: "attempt 1" in desk.drawn("#rows"))
        heading, first, *_ = desk.drawn("#rows").splitlines()
        assert heading.split() == ["layer", "the", "plan", "attempt", "1", "change", "kept", "kept"]
        assert first.split() == ["conv1", "0.00", "0.50", "+0.50", "500", "250"]
        totals = {line[:28].strip(): line[28:].split() for line in desk.drawn("#totals").splitlines()}
        assert totals["they are"] == ["planned", "counted"]
        assert totals["compression ratio"] == ["20.0×", "3.2×"]
        assert totals["test"] == ["—", "99.0", "%"]
        assert totals["95 % interval"][-1] == "98.7–99.1"
        assert totals["actual, in the end"] == ["—", "98.1", "%"]
        assert "prune l1 weight, 1 round" in desk.drawn("#names")


async def test_the_totals_stay_in_sight_below_many_rows(tmp_path: Path) -> None:
    async with open_desk(tmp_path, Script(layers=VAST)) as desk:
        await desk.to_pruned()
        await shown(desk)
        await desk.press("c")
        await desk.until_drawn("layer1.0.conv1", "in the end", "tab swap sides")
        await desk.press("end")
        await desk.until_drawn("layer4.2.conv2", "in the end")


async def test_any_two_can_be_chosen(tmp_path: Path) -> None:
    async with open_desk(tmp_path, size=WIDE) as desk:
        await tried(desk)
        await shown(desk)
        await desk.press("c")
        await desk.until(lambda: "attempt 2" in desk.drawn("#rows"))
        await desk.press("tab")
        heading = desk.drawn("#rows").splitlines()[0]
        assert heading.split()[1:5] == ["attempt", "2", "the", "plan"]
        await desk.press("right")
        heading, first, *_ = desk.drawn("#rows").splitlines()
        assert heading.split()[1:5] == ["attempt", "2", "attempt", "1"]
        assert first.split()[:4] == ["conv1", "0.00", "0.50", "+0.50"]
        totals = desk.words("#totals")
        assert "actual, in the end 98.1 % 98.1 % 0.0" in totals
        await desk.press("escape")
        await desk.until_drawn("compare plans")
        await desk.press("escape")
        await desk.to(Step.TRAIN)
