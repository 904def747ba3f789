"""Sessions are found, sorted, branched, renamed and deleted from the list; the open one is left alone."""

import os
import threading
from pathlib import Path

import pytest

from prune_tui.core.workflow.step import Step
from prune_tui.storage import read_session
from prune_tui.tui.steps.pick.sessions import reading
from tests.tui.helpers import Desk, open_desk

NAMES = ("alpha", "beta", "gamma")


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    """Three measured sessions with their checkpoints; gamma is the newest."""
    async with open_desk(tmp_path) as desk:
        await desk.to_pruned()
        await desk.to_save()
    made = tmp_path / "sessions" / "lenet5-digits.json"
    for at, name in enumerate(NAMES):
        path = tmp_path / "sessions" / f"{name}.json"
        path.write_text(made.read_text().replace('"name": "lenet5-digits"', f'"name": "{name}"'))
        inside = made.with_suffix("")
        path.with_suffix("").mkdir()
        for file in inside.iterdir():
            (path.with_suffix("") / file.name).write_bytes(file.read_bytes())
        os.utime(path, (1_700_000_000 + at * 86_400,) * 2)
    for file in [made, *inside.iterdir()]:
        file.unlink()
    inside.rmdir()
    return tmp_path


async def _listed(desk: Desk) -> None:
    await desk.press("o")
    await desk.until_drawn("Earlier sessions")
    await desk.until(lambda: not desk.is_drawn("reading"), "the list")
    await desk.pilot.pause()


async def _pressed(desk: Desk, *keys: str) -> None:
    await desk.press(*keys)
    await desk.pilot.pause()


def _names(desk: Desk) -> list[str]:
    lines = desk.drawn("#sessions").splitlines()[1:]
    return [line.split()[0] for line in lines if line.strip()]


def _files(folder: Path, name: str) -> dict[str, bytes]:
    place = folder / "sessions"
    files = [place / f"{name}.json", *(place / name).rglob("*")]
    return {file.name: file.read_bytes() for file in files if file.is_file()}


async def test_rows_say_what_when_how_good_and_how_far(folder: Path) -> None:
    async with open_desk(folder) as desk:
        await _listed(desk)
        assert _names(desk) == ["gamma", "beta", "alpha"]
        row = desk.drawn("#sessions").splitlines()[1].split()
        assert row == ["gamma", "lenet5", "on", "digits", "2023-11-16", "99.0", "%", "3.2×", "measured"]
        assert "gamma lenet5 on digits" in desk.words("#about")
        assert "4 decisions, the last: measure on the test set" in desk.words("#about")
        assert "best 99.0 % (98.7–99.1) on the test set at 3.2×: attempt 1" in desk.words("#about")


async def test_sorting_by_name_and_back_keeps_the_row(folder: Path) -> None:
    async with open_desk(folder) as desk:
        await _listed(desk)
        await _pressed(desk, "j", "s")
        assert _names(desk) == ["alpha", "beta", "gamma"]
        assert desk.words("#about").startswith("beta ")
        await _pressed(desk, "s", "s")
        assert _names(desk) == ["gamma", "beta", "alpha"]
        assert desk.words("#about").startswith("beta ")


async def test_a_filter_finds_names_models_and_states_and_escape_clears_it_first(folder: Path) -> None:
    (folder / "sessions" / "torn.json").write_text("{")
    async with open_desk(folder) as desk:
        await _listed(desk)
        await _pressed(desk, "slash", *"lph")
        assert _names(desk) == ["alpha"]
        await _pressed(desk, "escape", "slash", *"measured", "enter")
        assert _names(desk) == ["gamma", "beta", "alpha"]
        await _pressed(desk, "escape")
        assert _names(desk) == ["torn", "gamma", "beta", "alpha"]
        await desk.press("escape")
        await desk.to(Step.PICK)


async def test_the_list_can_be_used_while_it_is_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go, began = threading.Event(), threading.Event()
    really_read = reading.read

    def slowly(path: Path) -> reading.Found:
        began.set()
        assert go.wait(20)
        return really_read(path)

    monkeypatch.setattr(reading, "read", slowly)
    async with open_desk(folder) as desk:
        await desk.press("o")
        await desk.until(began.is_set)
        await desk.until(lambda: desk.is_drawn("gamma", "reading"))
        assert sorted(_names(desk)) == sorted(NAMES)
        await _pressed(desk, "G")
        chosen = desk.words("#about")
        assert "reading" in chosen
        go.set()
        await desk.until(lambda: desk.words("#about").startswith("alpha "), "the session under the cursor")
        assert "99.0 %" in desk.words("#about")


async def test_a_branch_of_the_whole_is_made_and_opened(folder: Path) -> None:
    before = _files(folder, "beta")
    async with open_desk(folder) as desk:
        await _listed(desk)
        await _pressed(desk, "j", "b")
        await desk.until_drawn("Branch beta", "beta-2", "the whole session")
        await desk.press("enter")
        await desk.until_drawn("beta-2 is made")
        assert "beta-2" in _names(desk)
        await _pressed(desk, "enter")
        await desk.to(Step.SAVE)
        await desk.press("f")
        await desk.to(Step.TRAIN)
        await desk.idle()
    assert _files(folder, "beta") == before
    assert len(read_session(folder / "sessions" / "beta-2.json").decisions) == 5


async def test_a_branch_from_a_decision_has_a_name_of_its_own(folder: Path) -> None:
    async with open_desk(folder) as desk:
        await _listed(desk)
        await _pressed(desk, "b")
        await desk.until_drawn("Branch gamma", "after 2")
        await _pressed(desk, "j", "j", "tab", "end", *["backspace"] * 7, *"beta", "enter")
        await desk.until_drawn("there is a session beta already")
        await _pressed(desk, "end", *"-early", "enter")
        await desk.until_drawn("beta-early is made")
    copy = read_session(folder / "sessions" / "beta-early.json")
    assert [decision.kind for decision in copy.decisions] == ["load_dense", "scan"]


async def test_renaming_moves_the_files_and_the_row(folder: Path) -> None:
    others = _files(folder, "alpha"), _files(folder, "beta")
    async with open_desk(folder) as desk:
        await _listed(desk)
        await _pressed(desk, "r")
        await desk.until_drawn("Rename gamma")
        await _pressed(desk, "end", *"/x", "enter")
        await desk.until_drawn("letters, digits")
        await _pressed(desk, "backspace", "backspace", *"-new", "enter")
        await desk.until_drawn("gamma is now gamma-new")
        assert _names(desk) == ["gamma-new", "beta", "alpha"]
        await _pressed(desk, "enter")
        await desk.to(Step.SAVE)
    assert not _files(folder, "gamma")
    assert "pruned.safetensors" in _files(folder, "gamma-new")
    assert (_files(folder, "alpha"), _files(folder, "beta")) == others


async def test_deleting_asks_and_enter_keeps(folder: Path) -> None:
    others = _files(folder, "alpha"), _files(folder, "gamma")
    async with open_desk(folder) as desk:
        await _listed(desk)
        await _pressed(desk, "j", "d")
        await desk.until_drawn("Delete beta?", "beta.json", "checkpoint", "can't be undone")
        await _pressed(desk, "enter")
        assert _names(desk) == ["gamma", "beta", "alpha"]
        await _pressed(desk, "d")
        await desk.until_drawn("Delete beta?")
        await _pressed(desk, "d")
        await desk.until_drawn("beta is deleted")
        assert _names(desk) == ["gamma", "alpha"]
    assert not _files(folder, "beta")
    assert not (folder / "sessions" / "beta").exists()
    assert (_files(folder, "alpha"), _files(folder, "gamma")) == others


async def test_what_can_not_be_read_can_be_deleted_only(folder: Path) -> None:
    torn = folder / "sessions" / "torn.json"
    torn.write_text("{")
    async with open_desk(folder) as desk:
        await _listed(desk)
        for key in "br":
            await _pressed(desk, key)
            assert "torn can't be read" in desk.words("#reason")
        await _pressed(desk, "d", "d")
        await desk.until_drawn("torn is deleted")
    assert not torn.exists()


@pytest.mark.parametrize("is_resumed", [True, False])
async def test_the_open_session_is_not_renamed_or_deleted_but_branched(
    folder: Path, is_resumed: bool
) -> None:
    name = "beta" if is_resumed else "lenet5-digits"
    place = folder / "sessions" / "beta.json"
    async with open_desk(folder, resume=place if is_resumed else None) as desk:
        if is_resumed:
            await desk.to(Step.SAVE)
            await desk.press("1")
            await desk.to(Step.PICK)
        else:
            await desk.to_plan()
            await desk.press("1")
            await desk.to(Step.PICK)
        before = _files(folder, name)
        await _listed(desk)
        await _pressed(desk, "slash", *name, "enter")
        assert desk.drawn("#sessions").splitlines()[1].rstrip().endswith("● open")
        for key in "rd":
            await _pressed(desk, key)
            assert f"{name} is open" in desk.words("#reason")
        await _pressed(desk, "b", "enter")
        await desk.until_drawn(f"{name}-2 is made")
    assert _files(folder, name) == before


async def test_what_can_not_be_done_is_said(folder: Path) -> None:
    (folder / "sessions" / "gamma").rename(folder / "elsewhere")
    (folder / "sessions" / "gamma").symlink_to(folder / "elsewhere")
    async with open_desk(folder) as desk:
        await _listed(desk)
        await _pressed(desk, "d", "d")
        await desk.until_drawn("✗", "is a link")
        assert _names(desk) == ["gamma", "beta", "alpha"]
    assert (folder / "elsewhere" / "pruned.safetensors").exists()


@pytest.mark.parametrize("size", [(40, 12), (80, 24), (200, 60)])
async def test_name_and_result_are_in_sight_on_any_terminal(folder: Path, size: tuple[int, int]) -> None:
    async with open_desk(folder, size=size) as desk:
        await desk.press("o")
        await desk.until(lambda: "99.0 % 3.2×" in desk.words("#sessions"), "the result")
        assert _names(desk) == ["gamma", "beta", "alpha"]
        assert "enter open" in desk.screen_text()
        assert ("99.0 % (98.7–99.1) on the test set" in desk.screen_text()) == (size[1] > 12)
