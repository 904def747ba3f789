"""The scan's rows: they follow the work, and can be sorted and folded."""

from pathlib import Path

from textual.events import MouseScrollDown

from prune_tui.core.workflow.step import Step
from tests.tui.fake_runner import Script
from tests.tui.helpers import Desk, open_desk
from tests.tui.made_up_network import DEEP, VAST


async def _scanning(desk: Desk, num_cells: int) -> None:
    desk.script.hold("scan", after=num_cells)
    await desk.press("enter")
    await desk.to(Step.SCAN)
    await desk.until_drawn(f"{num_cells}/540 cells")


async def test_the_row_that_is_scanned_stays_in_sight(tmp_path: Path) -> None:
    async with open_desk(tmp_path, Script(layers=DEEP)) as desk:
        await _scanning(desk, 300)
        await desk.until(lambda: "layer33.conv" in desk.rows)
        assert "layer0.conv" not in desk.rows
        desk.script.let_go("scan")
        await desk.idle()
        await desk.until(lambda: desk.rows[0] == "layer0.conv")


async def test_a_person_who_looks_elsewhere_is_left_there(tmp_path: Path) -> None:
    async with open_desk(tmp_path, Script(layers=DEEP)) as desk:
        await _scanning(desk, 45)
        await desk.press("g", "j")
        desk.script.gates["scan"].release(300)
        await desk.until_drawn("345/540 cells")
        assert desk.rows[0] == "layer0.conv"
        assert "layer1.conv" in desk.drawn("#curve-title")


async def test_a_person_who_scrolls_is_left_there(tmp_path: Path) -> None:
    async with open_desk(tmp_path, Script(layers=DEEP)) as desk:
        await _scanning(desk, 45)
        table = desk.table
        for _ in range(4):
            table.post_message(MouseScrollDown(table, 1, 1, 0, 0, 0, False, False, False))
        await desk.pilot.pause()
        desk.script.gates["scan"].release(300)
        await desk.until_drawn("345/540 cells")
        assert "layer38.conv" not in desk.rows


async def test_rows_are_sorted_and_folded(tmp_path: Path) -> None:
    async with open_desk(tmp_path, Script(layers=VAST), size=(120, 40)) as desk:
        await desk.scan()
        await desk.press(">")
        assert desk.rows[0] == "layer4.0.conv2"
        await desk.press("<")
        assert desk.rows[0] == "layer1.0.conv1"
        await desk.press("Z")
        assert desk.rows == ["layer1.*", "layer2.*", "layer4.*", "layer3.*"]
        await desk.press("i")
        await desk.until_drawn("together", "layer1.2.attn", "is locked")
        await desk.press("escape")
        await desk.to(Step.SCAN)
        await desk.press("enter")
        await desk.to(Step.PLAN)
        assert desk.rows == ["layer1.*", "layer2.*", "layer3.*", "layer4.*"]
