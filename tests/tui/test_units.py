"""Coupled layers, 2:4, and what follows a plan: shrinking, measuring, what gets no faster."""

from pathlib import Path

import pytest

from prune_tui.core.errors import DecisionError
from prune_tui.core.session.decisions import LoadDense, Measure, Prune, Scan, Shrink
from prune_tui.core.workflow.step import Step
from prune_tui.tui.dialogs.error import ErrorDialog
from tests.tui.fake_runner import RESIDUAL, Script
from tests.tui.helpers import Desk, open_desk


async def _planned(desk: Desk, *, granularity: int) -> None:
    """Scan by the granularity so many steps of `w` away, and go to the plan."""
    await desk.press("enter")
    await desk.to(Step.SCAN)
    await desk.until(lambda: desk.state.view.num_decisions == 2)
    await desk.idle()
    await desk.press(*["w"] * granularity, "r")
    await desk.until(lambda: desk.state.view.num_decisions == 3)
    await desk.idle()
    await desk.press("enter")
    await desk.to(Step.PLAN)


async def _trained(desk: Desk, *, granularity: int) -> None:
    await _planned(desk, granularity=granularity)
    await desk.press("p")
    await desk.to(Step.TRAIN)
    await desk.idle()


async def _saved(desk: Desk) -> None:
    await desk.press("enter")
    await desk.to(Step.SAVE)
    await desk.idle()


async def test_coupled_layers_are_one_row_priced_whole(tmp_path: Path) -> None:
    async with open_desk(tmp_path, Script(layers=RESIDUAL)) as desk:
        await _planned(desk, granularity=1)
        assert desk.table.shown_keys == ["stem", "block1.conv1", "block2.conv1", "fc"]
        assert desk.cell("stem", "layer") == "stem +2"
        assert desk.cell("stem", "parameters") == "5,040"
        assert desk.cell("stem", "kept") == "2,520"
        assert desk.cell("fc", "note").startswith("locked")
        assert "est acc —" not in desk.text("#totals")
        await desk.press("up", "g", "enter", *".25", "enter")
        assert desk.cell("stem", "kept") == "3,780"
        assert desk.state.price(desk.state.current_draft()).nonzero == 3780 + 1152 + 1152 + 160 + 580
        await desk.press("k")
        assert "with block1.conv2" in desk.text("#explain")
        await desk.press("p")
        await desk.to(Step.TRAIN)
        prune = desk.script.performed[-1]
        assert isinstance(prune, Prune)
        assert prune.plan == {"stem": 0.25, "block1.conv1": 0.5, "block2.conv1": 0.5}


async def test_two_of_four_is_on_or_off(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _planned(desk, granularity=2)
        scan = desk.script.performed[-1]
        assert isinstance(scan, Scan)
        assert (scan.granularity, scan.sparsities) == ("n_m", (0.5,))
        assert "25 inputs" in desk.cell("conv1", "note") or "locked" in desk.cell("conv1", "note")
        assert {desk.cell(name, "sparsity") for name in ("conv2", "[/x]")} == {"0.50"}
        await desk.press("up", "g", "j", "enter")
        assert desk.cell("conv2", "sparsity") == "0.00"
        await desk.press("+", "j", "-")
        assert desk.cell("conv2", "sparsity") == "0.50"
        assert desk.cell("[/x]", "sparsity") == "0.00"
        await desk.press("u", "p")
        await desk.to(Step.TRAIN)
        await desk.idle()
        prune = desk.script.performed[-1]
        assert isinstance(prune, Prune)
        assert prune.granularity == "n_m"
        assert isinstance(prune.plan, dict)
        assert set(prune.plan.values()) == {0.5}
        await _saved(desk)
        assert "sparse tensor cores" in desk.text("#ratios")
        assert desk.script.performed[-1] == Measure()


async def test_one_enter_shrinks_and_measures_after_units(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _trained(desk, granularity=1)
        assert "remove the pruned units" in desk.next_label
        await _saved(desk)
        kinds = [type(decision) for decision in desk.script.performed]
        assert kinds == [LoadDense, Scan, Scan, Prune, Shrink, Measure]
        figures = desk.text("#figures")
        assert figures.splitlines()[0].split() == ["dense", "pruned", "shrunk", "change"]
        for label in ("parameters", "nonzero", "compression", "speedup", "file", "batch 64"):
            assert label in figures
        assert max(len(line) for line in figures.splitlines()) <= 76
        assert "1.2e-06 of the largest output" in desk.text("#ratios")
        assert "conv1 20→10" in desk.text("#ratios")
        await desk.press("s")
        assert len(desk.script.performed) == 6


async def test_a_shrink_that_is_refused_is_shown_and_the_rest_is_measured(tmp_path: Path) -> None:
    script = Script(errors={"shrink": DecisionError("nothing to shrink: conv1 [/x] is grouped")})
    async with open_desk(tmp_path, script) as desk:
        await _trained(desk, granularity=1)
        await desk.press("enter")
        await desk.until(lambda: isinstance(desk.app.screen, ErrorDialog))
        await desk.until(lambda: desk.app.screen.query(".message"))
        assert "conv1 [/x] is grouped" in desk.text(".message")
        await desk.press("escape")
        await desk.to(Step.SAVE)
        await desk.idle()
        view = desk.state.view
        assert view.report.pruned is not None
        assert view.counted is not None
        assert view.report.shrunk is None
        assert "still there as zeros" in desk.text("#ratios")
        await desk.press("s")
        await desk.until(lambda: desk.state.view.report.shrunk is not None)
        await desk.idle()
        assert "shrunk" in desk.text("#figures")


async def test_weights_of_linear_layers_are_timed_as_sparse_matrices(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_train()
        await desk.idle()
        await _saved(desk)
        assert desk.script.performed[-1] == Measure(sparse=True)
        assert "as sparse (CSR)" in desk.text("#figures")
        assert "Convolutions have no sparse kernel" in desk.text("#ratios")
        await desk.press("s")
        assert desk.script.performed[-1] == Measure(sparse=True)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_pruned_network_is_told_from_the_shrunk(tmp_path: Path, size: tuple[int, int]) -> None:
    async with open_desk(tmp_path, Script(layers=RESIDUAL), size=size) as desk:
        await _trained(desk, granularity=1)
        await _saved(desk)
        screen = desk.screen_text()
        for words in ("dense", "pruned", "shrunk", "batch 64"):
            assert words in screen
