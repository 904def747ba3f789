"""Earlier sessions are listed with their figures, and opened; what can't be read says why."""

import os
from pathlib import Path

from prune_tui.core.workflow.step import Step
from tests.tui.helpers import Desk, open_desk


async def _listed(desk: Desk) -> None:
    await desk.press("o")
    await desk.until_drawn("Earlier sessions")
    await desk.until(lambda: not desk.is_drawn("reading"), "the list")
    await desk.pilot.pause()


async def test_an_earlier_session_is_opened_and_a_broken_one_says_why(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_plan()
    (tmp_path / "sessions" / "broken.json").write_text("{")
    async with open_desk(tmp_path) as desk:
        await _listed(desk)
        await desk.until_drawn("broken", "can't be read", "lenet5 on digits", "99.1 %")
        assert "not JSON" in desk.drawn("#about")
        await desk.press("enter")
        assert desk.is_drawn("Earlier sessions")
        await desk.press("j", "enter")
        await desk.to(Step.PLAN)
        await desk.press("1")
        await desk.to(Step.PICK)
        assert "go on with lenet5-digits" in desk.drawn("#next")


async def test_what_was_measured_is_listed(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_pruned()
        await desk.to_save()
        await desk.press("1")
        await desk.to(Step.PICK)
        await _listed(desk)
        await desk.until_drawn("99.0 %", "3.2×")


async def test_figures_measured_before_the_last_prune_stay_listed(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_pruned()
        await desk.to_save()
        await desk.press("3")
        await desk.to(Step.PLAN)
        await desk.press("p")
        await desk.to(Step.TRAIN)
        await desk.idle()
        await desk.press("1")
        await desk.to(Step.PICK)
        await _listed(desk)
        await desk.until_drawn("99.0 %", "3.2×")


async def test_what_is_no_file_is_left_out_and_what_is_no_session_is_marked(tmp_path: Path) -> None:
    folder = tmp_path / "sessions"
    folder.mkdir()
    (folder / "dangling.json").symlink_to(tmp_path / "nowhere")
    (folder / "round.json").symlink_to(folder / "round.json")
    (folder / "folder.json").mkdir()
    os.mkfifo(folder / "pipe.json")
    (folder / "odd\x1b[2J.json").write_text("{")
    (folder / "list.json").write_text("[]")
    async with open_desk(tmp_path) as desk:
        await _listed(desk)
        await desk.until_drawn("odd?[2J", "list")
        rows = desk.drawn("#sessions").splitlines()[1:]
        assert [row.split()[0] for row in rows if row.strip()] == ["list", "odd?[2J"]
        assert all("can't be read" in row for row in rows if row.strip())
        reasons = set()
        for key in ("g", "G"):
            await desk.press(key)
            await desk.pilot.pause()
            reasons.add(desk.words("#about"))
        assert len(reasons) == 2
        assert all("not a session" in reason for reason in reasons)
        await desk.press("escape")
        await desk.to(Step.PICK)


async def test_no_sessions_yet(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _listed(desk)
        assert "no sessions" in desk.drawn("#about")
        await desk.press("enter", "escape")
        await desk.to(Step.PICK)
