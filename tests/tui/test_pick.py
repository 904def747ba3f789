"""The picker: pairs that fit, where images come from, names and numbers, earlier sessions."""

import os
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from prune_tui.core.session.decisions import LoadDense, TrainDense
from prune_tui.core.workflow.step import Step
from prune_tui.tui.steps.pick.sessions_dialog import SessionsDialog
from prune_tui.tui.widgets.table import Table
from tests.tui.helpers import Desk, open_desk


def _field(desk: Desk, name: str) -> Input:
    return desk.app.screen.query_one(f"#{name}", Input)


async def test_a_dataset_that_does_not_fit_says_so(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.press("l", "G", "k")
        datasets = desk.app.screen.query_one("#datasets", Table)
        assert datasets.current == "cifar100"
        assert "3×32×32" in desk.cell_of("datasets", "cifar100", "where")
        assert "takes 1×28×28" in desk.text("#problem")
        await desk.press("enter")
        assert desk.step is Step.PICK


async def test_the_end_of_a_table_is_no_way_into_a_field(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.press("G", "j", "down", "j")
        assert desk.drawn("#name") == "resnet56-cifar10"
        await desk.press("g")
        assert "scan lenet5 on digits" in desk.drawn("#next")


async def test_another_model_takes_a_dataset_that_fits(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.press("G")
        assert "resnet56 on cifar10" in desk.next_label
        assert "train a baseline" in desk.next_label
        assert _field(desk, "name").value == "resnet56-cifar10"


async def test_the_baseline_is_chosen(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        assert "loads at once" in desk.text("#baseline")
        await desk.press("b")
        assert _field(desk, "epochs").display
        await desk.press("b", "enter")
        await desk.to(Step.SCAN)
        await desk.until(lambda: desk.script.performed)
        assert desk.script.performed[0] == LoadDense()


async def test_weights_of_ones_own(tmp_path: Path) -> None:
    async with open_desk(tmp_path, weights=tmp_path / "mine.safetensors") as desk:
        assert "mine.safetensors" in desk.text("#baseline")
        await desk.press("enter")
        await desk.to(Step.SCAN)
        await desk.until(lambda: desk.script.performed)
        assert desk.script.performed[0] == LoadDense(weights="dense.safetensors")


async def test_digits_go_into_fields(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        _field(desk, "seed").focus()
        await desk.press("end", *"123", "enter")
        await desk.to(Step.SCAN)
        assert desk.state.session is not None
        assert desk.state.session.seed == 123


async def test_a_name_that_is_none_says_so(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        _field(desk, "name").focus()
        await desk.press("home", *"/[x", "enter")
        assert desk.step is Step.PICK
        assert "letters, digits" in desk.text("#problem")
        await desk.press("escape")
        assert desk.app.focused is desk.app.screen.query_one("#models")


@pytest.mark.parametrize("digit", ["²", "①", "٣"])
async def test_what_only_looks_like_a_digit_says_what_would_be_right(tmp_path: Path, digit: str) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.press("b")
        _field(desk, "epochs").value = digit
        await desk.pilot.pause()
        assert "the number of epochs is a whole number" in desk.drawn("#problem")
        _field(desk, "epochs").value = "3"
        _field(desk, "seed").value = digit
        await desk.pilot.pause()
        assert "the seed is a whole number" in desk.drawn("#problem")
        await desk.press("enter")
        assert desk.step is Step.PICK


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("~nosuchuser/x", "there is no folder ~nosuchuser/x"),
        ("x" * 5000, "File name too long"),
        ("/nul\0byte", "is no path"),
        ("secret", "Permission denied"),
    ],
    ids=["unknown user", "overlong", "nul", "unreadable"],
)
async def test_a_folder_that_cannot_be_taken_says_why_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, why: str
) -> None:
    scandir = os.scandir

    def guarded(folder: Path) -> Any:
        if str(folder) == "secret":
            raise PermissionError(13, "Permission denied", folder)
        return scandir(folder)

    async with open_desk(tmp_path) as desk:
        monkeypatch.setattr(os, "scandir", guarded)
        await desk.press("l", "G", "enter")
        await desk.until(lambda: desk.step is None)
        desk.app.screen.query_one("#path", Input).value = path
        await desk.press("enter")
        await desk.pilot.pause()
        assert why in " ".join(desk.drawn("#reason").split())
        assert len(desk.drawn("#reason").splitlines()) <= 2
        await desk.press("escape")
        await desk.to(Step.PICK)


async def test_a_folder_of_images(tmp_path: Path) -> None:
    (tmp_path / "flowers[1" / "rose").mkdir(parents=True)
    async with open_desk(tmp_path) as desk:
        await desk.press("l", "G", "enter")
        await desk.until(lambda: desk.step is None)
        await desk.press(*"nowhere", "enter")
        assert "no folder" in desk.text("#reason")
        desk.app.screen.query_one("#path", Input).value = str(tmp_path / "flowers[1")
        await desk.press("enter")
        await desk.to(Step.PICK)
        assert _field(desk, "name").value == "lenet5-flowers-1"
        await desk.press("enter")
        await desk.to(Step.SCAN)
        await desk.until(lambda: desk.script.performed)
        assert desk.state.session is not None
        assert desk.state.session.dataset == f"imagefolder:{tmp_path / 'flowers[1'}"
        assert isinstance(desk.script.performed[0], TrainDense)


async def test_an_earlier_session_is_opened_and_a_broken_one_says_why(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_plan()
    (tmp_path / "sessions" / "broken.json").write_text("{")
    async with open_desk(tmp_path) as desk:
        await desk.press("o")
        await desk.until(lambda: isinstance(desk.app.screen, SessionsDialog))
        table = desk.app.screen.query_one(Table)
        await desk.until(lambda: table.row_count == 2)
        await desk.press("enter")
        assert "not JSON" in desk.text("#reason")
        await desk.press("j", "enter")
        await desk.to(Step.PLAN)
        assert desk.state.session is not None
        assert desk.state.session.name == "lenet5-digits"


async def test_what_is_no_session_file_is_marked_and_blocks_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "sessions"
    folder.mkdir()
    (folder / "dangling.json").symlink_to(tmp_path / "nowhere")
    (folder / "round.json").symlink_to(folder / "round.json")
    (folder / "folder.json").mkdir()
    os.mkfifo(folder / "pipe.json")
    (folder / "odd\x1b[2J.json").write_text("{")
    names = ("dangling", "round", "folder", "pipe", "odd?[2J")
    async with open_desk(tmp_path) as desk:
        await desk.press("o")
        await desk.until(lambda: isinstance(desk.app.screen, SessionsDialog))
        table = desk.app.screen.query_one(Table)
        await desk.until(lambda: table.row_count == len(names))
        await desk.pilot.pause()
        shown = desk.screen_text().splitlines()
        for name in names:
            assert any(name in line and "can't be read" in line for line in shown)
        for key in table.shown_keys:
            table.go_to(key)
            await desk.press("enter")
            assert desk.text("#reason")
        await desk.press("escape")
        await desk.to(Step.PICK)


async def test_no_sessions_yet(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.press("o")
        await desk.until(lambda: isinstance(desk.app.screen, SessionsDialog))
        await desk.until(lambda: "no sessions" in desk.text("#reason"))
        await desk.press("enter", "escape")
        await desk.to(Step.PICK)
