"""The plan on show is measured once the hand rests, and what is drawn is what was measured of that plan."""

import re
from pathlib import Path

from prune_tui.core.session.decisions import Prune
from prune_tui.core.workflow.step import Step
from tests.tui.fake_runner import Script
from tests.tui.helpers import Desk, open_desk
from tests.tui.made_up_network import LAYERS, accuracy_of_plan

MEASURED_ON_ALL = "(all 6,000 images)"


def measured(desk: Desk) -> float:
    """The measured accuracy that is drawn, in percent."""
    found = re.search(r"measured ([0-9.]+)", desk.drawn("#accuracy"))
    assert found is not None
    return float(found[1])


async def test_the_prediction_gives_way_to_a_measurement_that_is_refined(tmp_path: Path) -> None:
    script = Script(measures_plans=True)
    gate = script.hold("measure plan")
    async with open_desk(tmp_path, script) as desk:
        await desk.to_plan()
        assert "predicted" in desk.drawn("#accuracy")
        gate.release()
        await desk.until_drawn("measured", "(128 images)")
        first = desk.drawn("#accuracy")
        assert re.search(r"±\d", first)
        gate.release()
        await desk.until_drawn("(1,000 images)")
        gate.release()
        await desk.until_drawn(MEASURED_ON_ALL)
        assert "±" not in desk.drawn("#accuracy")
        assert measured(desk) == round(100 * accuracy_of_plan(LAYERS, script.measured[-1]), 1)


async def test_a_key_drops_what_is_measured_and_the_new_plan_is_measured(tmp_path: Path) -> None:
    script = Script(measures_plans=True)
    gate = script.hold("measure plan")
    async with open_desk(tmp_path, script) as desk:
        await desk.to_plan()
        gate.release()
        await desk.until_drawn("(128 images)")
        await desk.press("up", "home", "+")
        assert "predicted" in desk.drawn("#accuracy")
        script.let_go("measure plan")
        await desk.until_drawn(MEASURED_ON_ALL)
        decision = script.measured[-1]
        assert isinstance(decision.plan, dict)
        assert f"{decision.plan['conv1']:.2f}" == desk.cell("conv1", "sparsity")
        await desk.press("u")
        await desk.until_drawn(MEASURED_ON_ALL)
        await desk.press("U")
        assert MEASURED_ON_ALL in desk.drawn("#accuracy")


async def test_a_decision_does_not_wait_for_a_measurement(tmp_path: Path) -> None:
    script = Script(measures_plans=True)
    gate = script.hold("measure plan")
    async with open_desk(tmp_path, script) as desk:
        await desk.to_plan()
        gate.release()
        await desk.until_drawn("(128 images)")
        await desk.press("tab", "enter") if not desk.app.screen.focused else await desk.press("enter")
        await desk.to(Step.TRAIN)
        gate.release()
        await desk.until(lambda: isinstance(desk.script.performed[-1], Prune), "the prune")
        await desk.idle()
        assert desk.state.view.counted is not None


async def test_measuring_never_asks_before_leaving_and_is_not_called_work(tmp_path: Path) -> None:
    script = Script(measures_plans=True)
    script.hold("measure plan")
    async with open_desk(tmp_path, script) as desk:
        await desk.to_plan()
        await desk.until(lambda: script.measured, "a measurement under way")
        await desk.press("q")
        await desk.until(lambda: not desk.app.is_running, "the end")


async def test_what_takes_long_is_measured_on_a_key(tmp_path: Path) -> None:
    script = Script(measures_plans=True, seconds_to_measure=95.0)
    async with open_desk(tmp_path, script) as desk:
        await desk.to_plan()
        await desk.until_drawn("M measures it, about 1:35")
        assert not script.measured
        await desk.press("M")
        await desk.until_drawn(MEASURED_ON_ALL)
        assert len(script.measured) == 1


async def test_a_drop_is_met_by_measuring(tmp_path: Path) -> None:
    script = Script(measures_plans=True)
    gate = script.hold("polish")
    async with open_desk(tmp_path, script, size=(120, 40)) as desk:
        await desk.to_plan()
        await desk.press("b", *"3 points", "enter")
        assert "(goal ≤ 3 points predicted)" in desk.drawn("#accuracy")
        gate.release()
        await desk.until_drawn(MEASURED_ON_ALL)
        assert "(goal ≤ 3 points not met)" in desk.drawn("#accuracy")


async def test_a_budget_is_polished_and_one_undo_takes_it_back(tmp_path: Path) -> None:
    script = Script(measures_plans=True)
    gate = script.hold("polish")
    async with open_desk(tmp_path, script, size=(120, 40)) as desk:
        await desk.to_plan()
        untouched = [desk.cell(name, "sparsity") for name in desk.rows]
        await desk.press("b", *"20x", "enter")
        await desk.until_drawn("trying neighbouring plans")
        solved = [desk.cell(name, "sparsity") for name in desk.rows]
        gate.release()
        await desk.until_drawn("85.0 % → 90.0 % measured, the best of 17 plans")
        assert [desk.cell(name, "sparsity") for name in desk.rows] != solved
        assert MEASURED_ON_ALL in desk.drawn("#accuracy")
        await desk.press("u")
        assert [desk.cell(name, "sparsity") for name in desk.rows] == untouched
        assert "best of" not in desk.drawn("#explain")


async def test_a_key_after_a_budget_keeps_what_it_changed(tmp_path: Path) -> None:
    script = Script(measures_plans=True)
    gate = script.hold("polish")
    async with open_desk(tmp_path, script) as desk:
        await desk.to_plan()
        await desk.press("b", *"20x", "enter")
        await desk.until(lambda: script.polished, "polishing under way")
        await desk.press("up", "home", "+")
        edited = [desk.cell(name, "sparsity") for name in desk.rows]
        gate.release(100)
        await desk.until_drawn(MEASURED_ON_ALL)
        assert [desk.cell(name, "sparsity") for name in desk.rows] == edited
        assert "best of" not in desk.drawn("#explain")


async def test_a_suggestion_that_is_measured_to_lose_too_much_says_how_to_do_better(tmp_path: Path) -> None:
    script = Script(measures_plans=True)
    async with open_desk(tmp_path, script) as desk:
        await desk.to_plan()
        await desk.until_drawn(MEASURED_ON_ALL)
        lost = 98.5 - measured(desk)
        assert lost > 1
        assert f"measured to lose {lost:.1f} points: b, then 1 point" in desk.drawn("#explain")
