"""A session without its checkpoints is looked at: all is drawn, nothing runs, and it says how it would."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from prune_tui.core.workflow.step import Step
from prune_tui.storage import read_session, write_session
from prune_tui.tui.resumption import farewell
from tests.tui.helpers import Desk, open_desk

FOLDER = Path(__file__).parents[2] / "sessions"


def _copied(name: str, folder: Path) -> Path:
    path = folder / "sessions" / f"{name}.json"
    path.parent.mkdir()
    shutil.copy(FOLDER / path.name, path)
    return path


def _command(path: Path) -> str:
    return f"prune-tui replay {path} --out replayed --data-dir {path.parent.parent / 'data'}"


async def _looked_at(desk: Desk, path: Path) -> None:
    """Wait for what is said of it, and close that."""
    await desk.until_drawn("This session can only be looked at")
    await desk.idle()
    assert _command(path).replace(" ", "") in desk.drawn("#why").replace("\n", "").replace(" ", "")
    await desk.press("escape")
    await desk.until_drawn("read-only")
    await desk.pilot.pause()


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_everything_recorded_can_be_looked_at(tmp_path: Path, size: tuple[int, int]) -> None:
    path = _copied("quickstart", tmp_path)
    before = path.read_bytes()
    async with open_desk(tmp_path, resume=path, size=size) as desk:
        await _looked_at(desk, path)
        await desk.to(Step.SAVE)
        assert "99.0 %" in desk.drawn("#figures")
        if size[1] == 40:
            assert "actual 97.3 %" in desk.drawn("#predictions")
        await desk.press("4")
        await desk.to(Step.TRAIN)
        assert "compression 24.5×" in desk.drawn("#live")
        assert desk.drawn("#now").startswith("now 9")
        await desk.press("3")
        await desk.to(Step.PLAN)
        assert [desk.cell(row, "sparsity") for row in ("conv1", "conv2", "fc1", "fc2")] == [
            "0.40",
            "0.85",
            "0.97",
            "0.80",
        ]
        assert "geometric, 5 rounds" in desk.drawn("#settings")
        assert "MACs −81 %" in desk.drawn("#totals")
        await desk.press("2")
        await desk.to(Step.SCAN)
        assert desk.cell("conv1", "safe") == "0.50"
        assert "done, 36 cells settled" in desk.drawn("#meter")
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(
    ("step", "key"),
    [("2", "r"), ("2", "e"), ("3", "p"), ("3", "enter"), ("4", "f"), ("5", "enter"), ("5", "f")],
)
async def test_nothing_that_needs_weights_runs(tmp_path: Path, step: str, key: str) -> None:
    path = _copied("quickstart", tmp_path)
    async with open_desk(tmp_path, resume=path) as desk:
        await _looked_at(desk, path)
        await desk.press(step)
        await desk.to(Step(int(step)))
        await desk.press(key)
        await desk.until_drawn("This session can only be looked at")
        await desk.press("c", "enter")
        await desk.until_drawn("read-only")
        assert desk.app.clipboard == _command(path)
        assert desk.step is Step(int(step))
        assert not desk.state.jobs
        assert not desk.script.performed


async def test_a_plan_can_be_tried_and_is_not_kept(tmp_path: Path) -> None:
    path = _copied("quickstart", tmp_path)
    before = path.read_bytes()
    async with open_desk(tmp_path, resume=path) as desk:
        await _looked_at(desk, path)
        await desk.press("3")
        await desk.to(Step.PLAN)
        assert "enter says how to get the checkpoints" in desk.drawn("#next")
        totals = desk.drawn("#totals")
        await desk.press("up", "enter", *"0.5", "enter")
        assert desk.cell("fc2", "sparsity") == "0.50"
        assert desk.drawn("#totals") != totals
        assert "enter says how to get the checkpoints" in desk.drawn("#next")
    assert path.read_bytes() == before


async def test_a_network_of_units_shows_what_goes_together(tmp_path: Path) -> None:
    path = _copied("lenet-structured", tmp_path)
    async with open_desk(tmp_path, resume=path, size=(120, 40)) as desk:
        await _looked_at(desk, path)
        await desk.to(Step.SAVE)
        assert "shrunk" in desk.drawn("#figures")
        await desk.press("S")
        await desk.until_drawn("This session can only be looked at")
        await desk.press("escape", "3")
        await desk.to(Step.PLAN)
        assert "unit" in desk.drawn("#settings")
        assert "locked" in desk.drawn("#layers").splitlines()[-1]


async def test_it_says_where_a_branch_without_a_record_gets_one(tmp_path: Path) -> None:
    """Decisions alone: the network is shown, and the command."""
    path = _copied("quickstart", tmp_path)
    write_session(path, replace(read_session(path), record=None))
    async with open_desk(tmp_path, resume=path) as desk:
        await _looked_at(desk, path)
        await desk.to(Step.SCAN)
        assert desk.rows == ["conv1", "conv2", "fc1", "fc2"]
        assert not desk.script.performed


async def test_another_session_begins_after_it(tmp_path: Path) -> None:
    path = _copied("quickstart", tmp_path)
    async with open_desk(tmp_path, resume=path) as desk:
        await _looked_at(desk, path)
        await desk.press("n")
        await desk.to(Step.PICK)
        await desk.press("enter")
        await desk.to(Step.SCAN)
        await desk.performed(2)
        assert "engine ready" in desk.header


async def test_leaving_says_how_to_get_the_checkpoints(tmp_path: Path) -> None:
    path = _copied("quickstart", tmp_path)
    async with open_desk(tmp_path, resume=path) as desk:
        await _looked_at(desk, path)
        assert farewell(desk.state).endswith(_command(path))
