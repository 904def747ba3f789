"""Kernels are measured on a key; then latencies are predicted, and a budget of them can be typed."""

import re
from pathlib import Path

from prune_tui.core.errors import ExportError
from prune_tui.core.session.decisions import Prune
from prune_tui.core.workflow.step import Step
from prune_tui.tui.worker.jobs import KernelTiming
from tests.tui.fake_runner import Script
from tests.tui.helpers import Desk, open_desk


def predicted_ms(desk: Desk) -> float:
    found = re.search(r"≈([0-9.]+) ms ±8 %", desk.drawn("#totals"))
    assert found is not None
    return float(found[1])


async def with_kernels(desk: Desk) -> None:
    """Have the kernels measured."""
    await desk.press("K")
    await desk.until(lambda: desk.state.view.kernels, "the kernels")
    await desk.until_drawn(" ms ±8 %")


async def test_latency_is_predicted_once_kernels_were_measured_on_a_key(tmp_path: Path) -> None:
    script = Script()
    gate = script.hold("kernels")
    async with open_desk(tmp_path, script) as desk:
        await desk.to_plan()
        assert " ms" not in desk.drawn("#totals")
        await desk.press("K")
        gate.release()
        await desk.until_drawn("measuring what each layer takes in C: 50 %")
        script.let_go("kernels")
        await desk.until_drawn(" ms ±8 %")
        before = predicted_ms(desk)
        await desk.press("up", "home", "down", "down", "-", "-", "-", "-")
        assert predicted_ms(desk) > before


async def test_the_same_key_stops_it_and_editing_does_not(tmp_path: Path) -> None:
    script = Script(measures_plans=True)
    gate = script.hold("kernels")
    async with open_desk(tmp_path, script) as desk:
        await desk.to_plan()
        await desk.until_drawn("(all 6,000 images)")
        await desk.press("K", "up", "home", "+")
        measuring = desk.state.measuring
        assert measuring is not None
        assert isinstance(measuring.task, KernelTiming)
        await desk.press("K")
        assert desk.state.measuring is None or desk.state.measuring.task != measuring.task
        gate.release(10)
        await desk.until_drawn("(all 6,000 images)")
        assert desk.state.view.kernels is None


async def test_a_decision_does_not_wait_for_kernels(tmp_path: Path) -> None:
    script = Script()
    gate = script.hold("kernels")
    async with open_desk(tmp_path, script) as desk:
        await desk.to_plan()
        await desk.press("K", "p")
        await desk.to(Step.TRAIN)
        gate.release()
        await desk.until(lambda: isinstance(desk.script.performed[-1], Prune), "the prune")
        await desk.idle()
        assert desk.state.view.kernels is None


async def test_why_they_cannot_be_measured_is_said_in_a_line(tmp_path: Path) -> None:
    script = Script(errors={"kernels": ExportError("building the network takes a C compiler (cc)")})
    async with open_desk(tmp_path, script) as desk:
        await desk.to_plan()
        await desk.press("K")
        await desk.until_drawn("takes a C compiler")


async def test_a_latency_is_a_budget_once_kernels_were_measured(tmp_path: Path) -> None:
    async with open_desk(tmp_path, Script()) as desk:
        await desk.to_plan()
        await desk.press("b")
        await desk.paste_into("#budget", "3 ms")
        await desk.until_drawn("press K on Plan first")
        await desk.press("escape")
        await with_kernels(desk)
        await desk.press("b")
        await desk.paste_into("#budget", "3 ms")
        await desk.until_drawn("✓ ≤ 3 ms")
        await desk.press("enter")
        await desk.until_drawn("(goal ≤ 3 ms predicted)")
        assert predicted_ms(desk) <= 3


async def test_a_row_tells_its_share(tmp_path: Path) -> None:
    async with open_desk(tmp_path, Script()) as desk:
        await desk.to_plan()
        await with_kernels(desk)
        await desk.press("up", "home", "i")
        await desk.until_drawn("ms of the plan's ≈")
