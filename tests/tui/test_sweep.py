"""A sweep is asked for, watched, paused, stopped and read, beside the scan."""

from pathlib import Path

from textual.widgets import Input

from prune_tui.core.report import Curve
from prune_tui.core.session.decisions import Method, Sweep
from prune_tui.core.workflow.step import Step
from prune_tui.tui.dialogs.error import ErrorDialog
from prune_tui.tui.steps.scan import sweep_text
from prune_tui.tui.steps.scan.sweep_dialog import SweepDialog
from prune_tui.tui.steps.scan.sweep_panel import SweepPanel
from prune_tui.tui.steps.scan.view_switch import ViewSwitch
from prune_tui.tui.widgets.chart import plot_lines
from prune_tui.tui.widgets.meter import Meter
from prune_tui.tui.widgets.table import Table
from tests.tui.fake_runner import Script, swept_point, user_error
from tests.tui.helpers import Desk, open_desk
from tests.tui.test_drawing import PALETTE


async def _scanned(desk: Desk) -> None:
    await desk.press("enter")
    await desk.to(Step.SCAN)
    await desk.until(lambda: desk.state.view.num_decisions == 2, "the scan")
    await desk.idle()


async def _asked(desk: Desk) -> None:
    await _scanned(desk)
    await desk.press("v")
    await desk.until(lambda: isinstance(desk.app.screen, SweepDialog) and desk.app.screen.is_current)
    await desk.pilot.pause()


def _points(desk: Desk) -> Table:
    return desk.app.screen.query_one("#points", Table)


async def test_what_only_looks_like_a_number_of_epochs_says_so(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _asked(desk)
        desk.app.screen.query_one("#epochs", Input).value = "²"
        await desk.press("enter")
        await desk.pilot.pause()
        assert "number of epochs is a whole number" in desk.drawn("#reason")


async def test_enter_takes_the_defaults_and_draws_a_curve_a_method(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _asked(desk)
        assert "3 methods × 9 sparsities = 27" in desk.text("#reason")
        await desk.press("enter")
        await desk.to(Step.SCAN)
        await desk.until(lambda: desk.state.view.num_decisions == 3, "the sweep")
        await desk.idle()
        assert desk.script.performed[-1] == Sweep(
            methods=(Method(), Method(granularity="unit"), Method(criterion="random"))
        )
        assert _points(desk).row_count == 27
        legend = desk.text("#legend")
        assert all(f"{sign} " in legend for sign in "●■▲")
        assert "l1 unit" in legend
        screen = desk.screen_text()
        assert all(sign in screen for sign in "●■▲")
        assert "27 points" in desk.app.screen.query_one(Meter).words
        await desk.press("j")
        assert "l1 weight at 50 %" in desk.text("#facts")
        await desk.press("slash", *"random", "enter")
        assert _points(desk).row_count == 9


async def test_what_is_chosen_becomes_the_decision(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _asked(desk)
        await desk.press("space", "down", "space", "right", "space")
        assert "4 methods" in desk.text("#reason")
        await desk.press(*["down"] * 7)
        assert desk.app.focused is desk.app.screen.query_one("#sparsities")
        desk.app.screen.query_one("#sparsities", Input).value = "90 50"
        await desk.press("down", "end", "backspace", "2", "down", "right", "down", "space")
        assert "each fine-tuned for 2" in desk.text("#reason")
        await desk.press("enter")
        await desk.to(Step.SCAN)
        await desk.idle()
        sweep = desk.script.performed[-1]
        assert isinstance(sweep, Sweep)
        assert sweep.methods == (
            Method(granularity="unit"),
            Method(criterion="l2"),
            Method(criterion="l2", scope="global"),
            Method(criterion="random"),
        )
        assert sweep.sparsities == (0.5, 0.9)
        assert sweep.finetune is not None
        assert sweep.finetune.num_epochs == 2
        assert sweep.from_scratch is not None
        assert sweep.modes == ("sparse", "compact")
        assert sweep.batch_sizes == (1, 64)
        assert "from scratch" in desk.text("#legend")
        assert _points(desk).get_cell("l1 unit, compact 90 %", "latency").plain != "—"


async def test_what_makes_no_sense_says_why(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _asked(desk)
        field = desk.app.screen.query_one("#sparsities", Input)
        field.value = "50, 120"
        await desk.pilot.pause()
        assert "120 % can't be pruned" in desk.text("#reason")
        await desk.press("enter")
        assert isinstance(desk.app.screen, SweepDialog)
        field.value = "50"
        await desk.press("space", "right", "right", "space")
        await desk.press("left", "left", *["down"] * 6, "space", "enter")
        assert "tick a method" in desk.text("#reason")
        await desk.press("right", "space")
        assert "a control" in desk.text("#reason")
        await desk.press("escape")
        await desk.to(Step.SCAN)
        assert desk.state.view.num_decisions == 2


async def test_methods_are_ticked_by_mouse(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _asked(desk)
        await desk.pilot.click("#methods", offset=(18, 2))
        assert "4 methods" in desk.text("#reason")


async def test_the_dialog_fits(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _asked(desk)
        screen = desk.screen_text()
        for words in ("unit global", "largest", "sparsities %", "time them", "enter sweep"):
            assert words in screen


async def test_the_views_are_turned_by_key_arrow_and_mouse(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _scanned(desk)

        def is_sweep() -> bool:
            shown = desk.app.screen.query_one(SweepPanel).display
            assert desk.app.screen.query_one("#scan").display is not shown
            return shown

        assert not is_sweep()
        await desk.press("t")
        assert is_sweep()
        assert "v chooses the methods" in desk.screen_text()
        await desk.press("t")
        assert not is_sweep()
        await desk.press("right")
        assert is_sweep()
        await desk.press("left")
        assert not is_sweep()
        line = next(line for line in desk.screen_text().splitlines() if "whole network" in line)
        await desk.pilot.click(ViewSwitch, offset=(line.index("whole network"), 0))
        assert is_sweep()


async def test_the_legend_names_the_curve_in_front_however_many_there_are(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _asked(desk)
        await desk.press(*["down", "space"] * 7, *["up"] * 7, "right")
        await desk.press(*["space", "down"] * 8, "enter")
        await desk.to(Step.SCAN)
        await desk.idle()
        for key, name in (("g", "l1 weight"), ("G", "largest weight")):
            await desk.press(key)
            assert f" {name}" in desk.text("#legend")
        assert len(desk.text("#legend").splitlines()) <= 8


async def test_axes_are_turned(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _asked(desk)
        await desk.press("enter")
        await desk.to(Step.SCAN)
        await desk.idle()
        for words in ("compression ratio", "theoretical speedup", "sparsity"):
            await desk.press("a")
            assert f"by {words}" in desk.screen_text()


async def test_a_sweep_is_paused_and_stopped_with_the_points_so_far(tmp_path: Path) -> None:
    script = Script()
    script.hold("sweep", after=4)
    async with open_desk(tmp_path, script) as desk:
        await _asked(desk)
        await desk.press("enter")
        await desk.until(lambda: _points(desk).row_count == 4)
        assert "4/27 points" in desk.app.screen.query_one(Meter).words
        assert "x ends it" in desk.next_label
        await desk.press("space")
        assert desk.state.is_paused
        await desk.press("space", "x")
        await desk.idle()
        assert desk.state.view.num_decisions == 3
        await desk.press("enter")
        await desk.to(Step.PLAN)


async def test_a_plan_waits_for_the_sweep(tmp_path: Path) -> None:
    script = Script()
    script.hold("sweep", after=1)
    async with open_desk(tmp_path, script) as desk:
        await _asked(desk)
        await desk.press("enter")
        await desk.until(lambda: desk.state.is_running("sweep"))
        await desk.press("enter")
        await desk.to(Step.PLAN)
        await desk.press("p")
        await desk.to(Step.TRAIN)
        await desk.until(lambda: "waiting for the sweep" in desk.next_label)
        script.let_go("sweep")
        await desk.until(lambda: desk.state.view.counted is not None)


async def test_a_method_that_is_refused_loses_nothing(tmp_path: Path) -> None:
    script = Script(errors={"sweep": user_error("lamp has no units")})
    async with open_desk(tmp_path, script) as desk:
        await _asked(desk)
        await desk.press("enter")
        await desk.until(lambda: isinstance(desk.app.screen, ErrorDialog))
        await desk.press("escape")
        await desk.to(Step.SCAN)
        assert desk.state.view.num_decisions == 2
        assert desk.state.view.report.scan is not None
        assert not desk.state.view.report.curves


async def test_every_view_takes_any_size(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _asked(desk)
        await desk.press("enter")
        await desk.to(Step.SCAN)
        await desk.idle()
        for size in ((200, 60), (30, 8), (80, 24)):
            await desk.pilot.resize_terminal(*size)
            await desk.pilot.pause()
            assert desk.app.is_running


def test_curves_of_one_place_differ_by_their_signs() -> None:
    sweep = Sweep(sparsities=(0.5, 0.9))
    curves = [
        Curve(
            decision=1,
            criterion=criterion,
            granularity="weight",
            scope="layer",
            mode="masked",
            points=tuple(
                swept_point(
                    Curve(
                        decision=1, criterion=criterion, granularity="weight", scope="layer", mode="masked"
                    ),
                    sparsity,
                    sweep,
                )
                for sparsity in sweep.sparsities
            ),
        )
        for criterion in ("l1", "random")
    ]
    plot = sweep_text.plot(curves, "sparsity", front=None, dense=0.98)
    assert plot is not None
    drawn = "\n".join(line.plain for line in plot_lines(plot, PALETTE, width=60, height=12))
    assert "●" in drawn
    assert "■" in drawn
    assert sweep_text.plot([], "sparsity", front=None, dense=None) is None
