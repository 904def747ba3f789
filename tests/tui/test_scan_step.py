"""The scan says what it knows, how surely, on how many images; rows can be used from the first batch on."""

from dataclasses import replace
from pathlib import Path

import pytest

from prune_tui.core.report import JointPoint, ScanCurve, ScanFigures
from prune_tui.core.scanning.cells import half_width_where_safe, images_seen, num_settled, scan_progress_text
from prune_tui.core.scanning.predictor import error_points_at, held_out_errors
from prune_tui.core.session.decisions import Scan
from prune_tui.core.workflow.offers import is_quick_by_default
from prune_tui.core.workflow.step import Step
from prune_tui.tui.steps.plots import curve_plot
from prune_tui.tui.widgets.meter import Meter
from tests.tui.fake_runner import LAYERS, Script
from tests.tui.helpers import Desk, open_desk

NUM_CELLS = len(LAYERS) * len(Scan().sparsities)
HALF_KNOWN = ScanFigures(
    criterion="l1",
    granularity="weight",
    num_images=1000,
    dense_accuracy=0.99,
    sparsities=(0.25, 0.5, 0.75),
    layers=(
        ScanCurve(
            name="fc",
            accuracies=(0.99, 0.97, 0.4),
            half_widths=(0.002, 0.012, 0.1),
            num_images=(128, 512, 128),
        ),
        ScanCurve(name="old", accuracies=(0.99, None, None)),
    ),
    tolerance_points=1.0,
)


async def _scanned(desk: Desk) -> None:
    await desk.press("enter")
    await desk.to(Step.SCAN)
    await desk.until(lambda: desk.state.view.num_decisions == 2)
    await desk.idle()


def _last_scan(desk: Desk) -> Scan:
    scan = desk.script.performed[-1]
    assert isinstance(scan, Scan)
    return scan


@pytest.mark.parametrize(("num_images", "is_quick"), [(180, False), (2_000, False), (2_001, True)])
def test_only_many_images_are_scanned_quickly(num_images: int, is_quick: bool) -> None:
    assert is_quick_by_default(num_images) == is_quick


def test_a_cell_is_settled_within_the_tolerance_or_a_fifth_of_a_large_difference() -> None:
    assert num_settled(HALF_KNOWN) == 3
    assert num_settled(replace(HALF_KNOWN, tolerance_points=2.0)) == 4
    assert num_settled(replace(HALF_KNOWN, tolerance_points=None)) == 1
    assert scan_progress_text(HALF_KNOWN) == "4/6 cells, 3 settled"
    assert images_seen(HALF_KNOWN) == (128, 512)
    exact = replace(HALF_KNOWN, tolerance_points=None, layers=HALF_KNOWN.layers[:1])
    assert scan_progress_text(exact) == "3 cells, 128/1,000 images"


def test_how_sure_a_safe_sparsity_is_rests_on_the_cells_up_to_the_first_beyond_it() -> None:
    fc, old = HALF_KNOWN.layers
    assert half_width_where_safe(HALF_KNOWN, fc) == 0.012
    assert half_width_where_safe(HALF_KNOWN, old) == 0.0


def test_a_curve_is_drawn_with_the_interval_of_each_cell_that_is_not_exact() -> None:
    plot = curve_plot(HALF_KNOWN, "fc")
    bars = [line.points for line in plot.lines if line.tone == "muted" and not line.is_ghost]
    assert [bar[0][0] for bar in bars] == [0.25, 0.5, 0.75]
    assert all(plot.y_range[0] <= bar[0][1] <= bar[1][1] <= 1 for bar in bars)
    assert len(curve_plot(HALF_KNOWN, "old").lines) == 2
    assert len(curve_plot(HALF_KNOWN, "locked").lines) == 2


def test_the_error_of_forecasts_is_not_claimed_beyond_the_plans_that_were_tried() -> None:
    tried = (JointPoint(plan={"fc": 0.25}, accuracy=0.95), JointPoint(plan={"fc": 0.5}, accuracy=0.9))
    scan = replace(HALF_KNOWN, joint=tried)
    known = held_out_errors(scan)
    assert [accuracy for accuracy, _ in known] == [0.9, 0.95]
    assert error_points_at(known, 0.97) == error_points_at(known, 0.95) == known[1][1]
    assert error_points_at(known, 0.925) == pytest.approx((known[0][1] + known[1][1]) / 2)
    assert error_points_at(known, 0.89) is None
    assert error_points_at(known, None) is None
    assert error_points_at((), 0.97) is None


async def test_every_row_can_be_used_from_the_first_batch_on(tmp_path: Path) -> None:
    script = Script()
    script.hold("scan", after=NUM_CELLS)
    async with open_desk(tmp_path, script) as desk:
        await desk.press("enter")
        await desk.to(Step.SCAN)
        words = desk.app.screen.query_one(Meter)
        await desk.until(lambda: f"{NUM_CELLS}/{NUM_CELLS} cells" in words.words)
        assert "0 settled" not in words.words
        assert all(desk.cell(layer.name, "safe") for layer in LAYERS)
        assert all(desk.cell(layer.name, "sure").startswith("±") for layer in LAYERS)
        assert "the curves so far" in desk.next_label
        await desk.press("enter")
        await desk.to(Step.PLAN)
        await desk.idle()
        assert float(desk.cell("fc[", "sparsity")) > 0


async def test_curves_only_get_surer(tmp_path: Path) -> None:
    script = Script()
    gate = script.hold("scan", after=NUM_CELLS)
    async with open_desk(tmp_path, script) as desk:
        await desk.press("enter")
        await desk.to(Step.SCAN)
        await desk.until(lambda: desk.num_cells_done == NUM_CELLS)
        before = float(desk.cell("conv1", "sure").removeprefix("±"))
        gate.release(100_000)
        await desk.idle()
        assert float(desk.cell("conv1", "sure").removeprefix("±")) < before
        scan = desk.state.view.report.scan
        assert scan is not None
        assert num_settled(scan) == NUM_CELLS
        assert "whole plans tried" in desk.app.screen.query_one(Meter).words


async def test_many_images_are_scanned_quickly_and_few_exactly(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _scanned(desk)
        assert (_last_scan(desk).tolerance_points, _last_scan(desk).precision) == (1.0, "bfloat16")
        assert "quick: ± 1 point on 128–6,000" in desk.text("#facts")
    async with open_desk(tmp_path, Script(num_images=180)) as desk:
        await _scanned(desk)
        assert (_last_scan(desk).tolerance_points, _last_scan(desk).precision) == (None, "float32")
        assert "exact: every image" in desk.text("#facts")
        assert desk.cell("conv1", "sure") == "exact"


async def test_e_turns_from_quick_to_exact_and_scans_at_once(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _scanned(desk)
        await desk.press("e")
        await desk.until(lambda: desk.state.view.num_decisions == 3)
        await desk.idle()
        assert _last_scan(desk).tolerance_points is None
        assert desk.app.screen.query_one(Meter).words.startswith("exact scan")
        await desk.press("r")
        await desk.until(lambda: desk.state.view.num_decisions == 4)
        await desk.idle()
        assert _last_scan(desk).tolerance_points is None


async def test_e_ends_the_scan_that_runs(tmp_path: Path) -> None:
    script = Script()
    script.hold("scan", after=5)
    async with open_desk(tmp_path, script) as desk:
        await desk.press("enter")
        await desk.to(Step.SCAN)
        await desk.until(lambda: desk.num_cells_done == 5)
        await desk.press("e")
        await desk.until(lambda: sum(isinstance(one, Scan) for one in script.performed) == 2)
        script.let_go("scan")
        await desk.idle()
        assert [one.tolerance_points for one in script.performed if isinstance(one, Scan)] == [1.0, None]


async def test_a_resumed_scan_is_repeated_as_it_was(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _scanned(desk)
        await desk.press("e")
        await desk.until(lambda: desk.state.view.num_decisions == 3)
        await desk.idle()
        path = desk.state.path
    async with open_desk(tmp_path, resume=path) as desk:
        await desk.to(Step.PLAN)
        await desk.press("2", "r")
        await desk.until(lambda: desk.script.performed)
        assert _last_scan(desk).tolerance_points is None


@pytest.mark.parametrize("is_reused", [True, False])
async def test_how_cells_are_evaluated_is_said(tmp_path: Path, is_reused: bool) -> None:
    async with open_desk(tmp_path, Script(is_reused=is_reused)) as desk:
        await _scanned(desk)
        facts = desk.text("#facts")
        assert ("reused: 512 images at a time (12.30 MB recorded)" in facts) == is_reused
        assert ("starts at the input" in facts) != is_reused
