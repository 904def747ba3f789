"""The scan says what it knows, how surely, on how many images; rows can be used from the first batch on."""

from pathlib import Path

import pytest

from prune_tui.core.session.decisions import Scan, TrainDense
from prune_tui.core.workflow.step import Step
from tests.tui.fake_runner import Script
from tests.tui.helpers import Desk, open_desk
from tests.tui.made_up_network import LAYERS, VAST

NUM_CELLS = len(LAYERS) * len(Scan().sparsities)


async def _begun(desk: Desk, *, num_cells: int) -> None:
    """Begin a scan that waits after so many cells."""
    desk.script.hold("scan", after=num_cells)
    await desk.press("enter")
    await desk.to(Step.SCAN)
    await desk.until(lambda: f"{num_cells}/{NUM_CELLS} cells" in desk.drawn("#meter"))


def _last_scan(desk: Desk) -> Scan:
    assert isinstance(desk.last, Scan)
    return desk.last


def _points_unsure(desk: Desk, row: str) -> float:
    return float(desk.cell(row, "sure").removeprefix("±"))


async def test_every_row_can_be_used_from_the_first_batch_on(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _begun(desk, num_cells=NUM_CELLS)
        assert " 0 settled" not in desk.drawn("#meter")
        assert all(float(desk.cell(layer.name, "safe")) > 0 for layer in LAYERS)
        assert all(desk.cell(layer.name, "sure").startswith("±") for layer in LAYERS)
        assert "the curves so far" in desk.drawn("#next")
        await desk.press("enter")
        await desk.to(Step.PLAN)
        await desk.idle()
        assert float(desk.cell("fc[", "sparsity")) > 0


async def test_enter_early_ends_the_scan_with_what_there_is(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _begun(desk, num_cells=12)
        await desk.press("4", "5")
        assert desk.step is Step.SCAN
        assert "so far" in desk.drawn("#next")
        await desk.press("enter")
        await desk.to(Step.PLAN)
        await desk.idle()
        assert desk.cell("conv1", "sparsity") == "0.50"
        assert desk.cell("fc[", "sparsity") == "0.00"
        assert desk.kinds_saved() == ["load_dense", "scan"]


async def test_curves_only_get_surer(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _begun(desk, num_cells=NUM_CELLS)
        before = _points_unsure(desk, "conv1")
        desk.script.let_go("scan")
        await desk.idle()
        assert _points_unsure(desk, "conv1") < before
        assert f"{NUM_CELLS} cells settled" in desk.drawn("#meter")
        assert "5 plans measured" in desk.drawn("#meter")


async def test_many_images_are_scanned_quickly_and_few_exactly(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.scan()
        assert (_last_scan(desk).tolerance_points, _last_scan(desk).precision) == (1.0, "bfloat16")
        assert "quick: ±1 point on 128–6,000" in desk.drawn("#facts")
    async with open_desk(tmp_path, Script(num_images=180)) as desk:
        await desk.scan()
        assert (_last_scan(desk).tolerance_points, _last_scan(desk).precision) == (None, "float32")
        assert "exact: every image" in desk.drawn("#facts")
        assert desk.cell("conv1", "sure") == "exact"


async def test_e_turns_from_quick_to_exact_and_scans_at_once(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.scan()
        await desk.press("e")
        await desk.performed(3)
        assert _last_scan(desk).tolerance_points is None
        assert desk.drawn("#meter").startswith("exact scan")
        assert "exact: every image" in desk.drawn("#facts")
        await desk.press("r")
        await desk.performed(4)
        assert _last_scan(desk).tolerance_points is None


async def test_e_ends_the_scan_that_runs(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _begun(desk, num_cells=5)
        await desk.press("e")
        await desk.until(lambda: len(desk.script.performed) == 3)
        desk.script.let_go("scan")
        await desk.idle()
        scans = [one for one in desk.script.performed if isinstance(one, Scan)]
        assert [one.tolerance_points for one in scans] == [1.0, None]
        assert "exact: every image" in desk.drawn("#facts")


async def test_a_resumed_scan_is_repeated_as_it_was(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.scan()
        await desk.press("e")
        await desk.performed(3)
        file = desk.file()
    async with open_desk(tmp_path, resume=file) as desk:
        await desk.to(Step.PLAN)
        await desk.press("2", "r")
        await desk.performed(1)
        assert _last_scan(desk).tolerance_points is None


async def test_rescan_by_other_options(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.scan()
        await desk.press("c", "w")
        assert "scanned by l1, each weight; r scans" in desk.drawn("#facts")
        assert "quick scan by l2, each unit" in desk.drawn("#meter")
        await desk.press("r")
        await desk.performed(3)
        assert (_last_scan(desk).criterion, _last_scan(desk).granularity) == ("l2", "unit")
        assert desk.cell("fc[", "curve") == "locked"
        assert float(desk.cell("conv1", "safe")) > 0


@pytest.mark.parametrize("is_reused", [True, False])
async def test_how_cells_are_evaluated_is_said(tmp_path: Path, is_reused: bool) -> None:
    async with open_desk(tmp_path, Script(is_reused=is_reused)) as desk:
        await desk.scan()
        facts = desk.drawn("#facts")
        assert ("512 images at a time, 12.30 MB recorded" in facts) == is_reused
        assert ("starts at the input" in facts) != is_reused


async def test_a_baseline_is_trained_for_the_epochs_given_and_may_be_stopped(tmp_path: Path) -> None:
    script = Script()
    script.hold("train", after=20)
    async with open_desk(tmp_path, script) as desk:
        await desk.press("T")
        await desk.type_into("#epochs", "7")
        await desk.press("enter")
        await desk.to(Step.SCAN)
        await desk.until_drawn("training the baseline", "epoch 2/7")
        await desk.press("enter")
        assert desk.step is Step.SCAN
        await desk.press("x")
        await desk.performed(2)
        first = script.performed[0]
        assert isinstance(first, TrainDense)
        assert first.training.num_epochs == 7
        assert isinstance(desk.last, Scan)
        assert "make a plan" in desk.drawn("#next")


async def test_layers_that_cannot_be_pruned_are_rows_without_a_curve(tmp_path: Path) -> None:
    async with open_desk(tmp_path, Script(layers=VAST, is_reused=False)) as desk:
        await desk.scan()
        row = "layer1.0.attn"
        assert desk.cell(row, "curve") == "locked"
        assert desk.cell(row, "safe") == ""
        await desk.press("j", "j")
        assert f"{row} stays whole: its weights are read inside attention" in desk.drawn("#facts")
        assert "each evaluation starts at the input: other paths" in desk.drawn("#facts")
        await desk.press("G")
        assert desk.cell("layer4.2.attn", "curve") == "locked"
        assert "layer4.2.attn stays whole" in desk.drawn("#facts")
