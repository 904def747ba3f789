"""A tall picker: earlier sessions and images of the dataset below the fields."""

import subprocess
import sys
from pathlib import Path

import pytest

from prune_tui.core.session.session import Session
from prune_tui.storage import write_session
from tests.tui.helpers import open_desk


async def test_images_of_the_bundled_digits_stand_below_with_their_classes(tmp_path: Path) -> None:
    async with open_desk(tmp_path, size=(200, 60)) as desk:
        await desk.until(lambda: "▀" in desk.drawn("#pictures"), "images")
        drawn = desk.drawn("#pictures")
        assert all(number in drawn.split() for number in "0123456789")
        assert max(line.count("▀") for line in drawn.splitlines()) >= 60
        assert sum("▀" in line for line in drawn.splitlines()) >= 18


async def test_of_images_that_are_not_here_it_says_so(tmp_path: Path) -> None:
    async with open_desk(tmp_path, size=(120, 40)) as desk:
        await desk.press("l", "j")
        await desk.until(lambda: "not on this machine" in desk.drawn("#pictures"), "words")
        await desk.press("k")
        await desk.until(lambda: "▀" in desk.drawn("#pictures"), "images")
        assert not (tmp_path / "data").exists()


async def test_without_colour_images_are_shades(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with open_desk(tmp_path, size=(120, 40)) as desk:
        await desk.until(lambda: "▓" in desk.drawn("#pictures"), "images")
        assert "▀" not in desk.drawn("#pictures")


async def test_earlier_sessions_are_listed_beside_them(tmp_path: Path) -> None:
    async with open_desk(tmp_path, size=(120, 40)) as desk:
        await desk.until(lambda: "none yet" in desk.drawn("#earlier"), "words")
    for number in range(40):
        session = Session(name=f"old-{number}", seed=0, model="lenet5", dataset="digits")
        write_session(tmp_path / "sessions" / f"old-{number}.json", session)
    async with open_desk(tmp_path, size=(120, 40)) as desk:
        await desk.until(lambda: "opens one" in desk.drawn("#earlier"), "sessions")
        lines = desk.drawn("#earlier").splitlines()
        shown = [line for line in lines if line.startswith("old-")]
        assert len(shown) >= 8
        assert lines[-1] == f"o opens one; {40 - len(shown)} more"


async def test_a_low_terminal_has_neither(tmp_path: Path) -> None:
    async with open_desk(tmp_path, size=(80, 24)) as desk:
        assert not desk.is_drawn("Earlier sessions")
        assert not desk.is_drawn("Some of its images")


def test_the_picker_is_imported_without_what_it_reads_later() -> None:
    code = (
        "import sys, prune_tui.tui.steps.pick.screen\n"
        "late = {'prune_tui.catalog.datasets.samples', 'prune_tui.core.session.session', 'numpy'}\n"
        "print(*sorted(late & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == ""
