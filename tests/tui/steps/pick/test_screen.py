"""The picker: pairs, where images come from, names and numbers."""

import os
from pathlib import Path
from typing import Any

import pytest

from prune_tui.core.session.decisions import LoadDense, TrainDense
from prune_tui.core.workflow.step import Step
from tests.tui.helpers import Desk, open_desk


async def test_the_bundled_pair_is_chosen_and_steps_without_input_are_closed(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        assert "scan lenet5 on digits" in desk.drawn("#next")
        await desk.press("2", "3", "4", "5")
        assert desk.step is Step.PICK


async def test_a_dataset_of_another_shape_says_how_it_changes(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        assert "→" not in desk.drawn("#about")
        await desk.press("l", "G", "k", "k")
        about = desk.drawn("#about").splitlines()[1]
        assert about.startswith("cifar100")
        assert "3×32×32 → 1×28×28: turned grey, resized bilinearly" in about
        assert desk.drawn("#problem") == ""
        assert "scan lenet5 on cifar100" in desk.drawn("#next")


async def test_a_dataset_that_was_chosen_stays_whatever_the_model(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.press("l", "G", "k", "k", "h", "G", "k")
        assert "resnet56 on cifar100" in desk.drawn("#next")
        await desk.press("g")
        assert "lenet5 on cifar100" in desk.drawn("#next")


async def test_images_are_limited_by_the_command_line(tmp_path: Path) -> None:
    async with open_desk(tmp_path, num_images=400) as desk:
        await desk.press("enter")
        await desk.to(Step.SCAN)
        await desk.performed(2)
        assert (desk.saved().num_train_images, desk.saved().num_test_images) == (400, 400)


async def test_images_are_limited_in_the_picker(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        assert "all" in desk.drawn("#images")
        await desk.type_into("#images", "0")
        assert "the number of images is a whole number from 1, or empty for all" in desk.drawn("#problem")
        await desk.type_into("#images", "250")
        await desk.press("enter")
        await desk.to(Step.SCAN)
        await desk.performed(2)
        assert (desk.saved().num_train_images, desk.saved().num_test_images) == (250, 250)
        await desk.press("1")
        await desk.to(Step.PICK)
        assert "go on with" in desk.drawn("#next")
        assert "250" in desk.drawn("#images")
        await desk.type_into("#images", "300")
        assert "another session" in desk.drawn("#next")


async def test_the_end_of_a_table_is_no_way_into_a_field(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.press("G", "j", "down", "j")
        assert "enter on another…" in desk.drawn("#next")
        await desk.press("g")
        assert "scan lenet5 on digits" in desk.drawn("#next")


async def test_another_model_takes_a_dataset_that_fits(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.press("G", "k")
        assert "resnet56 on cifar10" in desk.drawn("#next")
        assert "train a baseline" in desk.drawn("#next")
        assert desk.drawn("#name") == "resnet56-cifar10"


async def test_the_baseline_is_chosen(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        assert "loads at once" in desk.drawn("#baseline")
        await desk.press("T")
        assert "train for" in desk.drawn("#baseline")
        assert int(desk.drawn("#epochs")) > 0
        await desk.press("T")
        assert "loads at once" in desk.drawn("#baseline")
        await desk.press("enter")
        await desk.to(Step.SCAN)
        await desk.until(lambda: desk.script.performed)
        assert desk.script.performed[0] == LoadDense()


async def test_weights_of_ones_own(tmp_path: Path) -> None:
    async with open_desk(tmp_path, weights=Path("mine.safetensors")) as desk:
        assert desk.drawn("#baseline") == "from mine.safetensors"
        await desk.press("enter")
        await desk.to(Step.SCAN)
        await desk.until(lambda: desk.script.performed)
        assert desk.script.performed[0] == LoadDense(weights="dense.safetensors")


async def test_digits_go_into_fields(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.type_into("#seed", "123")
        assert desk.step is Step.PICK
        assert desk.drawn("#seed") == "123"
        await desk.press("enter")
        await desk.to(Step.SCAN)
        await desk.performed(2)
        assert desk.saved().seed == 123


async def test_a_name_that_is_none_says_so(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.type_into("#name", "/[x")
        await desk.press("enter")
        assert desk.step is Step.PICK
        assert "letters, digits" in desk.drawn("#problem")
        await desk.press("escape", "j")
        assert desk.drawn("#about").startswith("lenet-300-100")


@pytest.mark.parametrize("digit", ["²", "①", "٣"])
async def test_what_only_looks_like_a_digit_says_what_would_be_right(tmp_path: Path, digit: str) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.press("T")
        await desk.paste_into("#epochs", digit)
        assert "the number of epochs is a whole number" in desk.drawn("#problem")
        await desk.paste_into("#epochs", "3")
        await desk.paste_into("#seed", digit)
        assert "the seed is a whole number" in desk.drawn("#problem")
        await desk.press("enter")
        assert desk.step is Step.PICK


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("~nosuchuser/x", "there is no folder ~nosuchuser/x"),
        ("x" * 5000, "File name too long"),
        ("/nul\0byte", "is not a path"),
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
        await desk.press("l", "G", "k", "enter")
        await desk.until(lambda: desk.step is None)
        await desk.paste_into("#path", path)
        await desk.press("enter")
        await desk.pilot.pause()
        assert why in desk.words("#reason")
        assert len(desk.drawn("#reason").splitlines()) <= 2
        await desk.press("escape")
        await desk.to(Step.PICK)


async def test_a_folder_of_images(tmp_path: Path) -> None:
    folder = tmp_path / "flowers[1"
    (folder / "rose").mkdir(parents=True)
    async with open_desk(tmp_path) as desk:
        await desk.press("l", "G", "k", "enter")
        await desk.until(lambda: desk.step is None)
        await desk.press(*"nowhere", "enter")
        assert "no folder" in desk.drawn("#reason")
        await desk.type_into("#path", str(folder))
        await desk.press("enter")
        await desk.to(Step.PICK)
        assert desk.drawn("#name") == "lenet5-flowers-1"
        await desk.press("enter")
        await desk.to(Step.SCAN)
        await desk.performed(2)
        assert desk.saved("lenet5-flowers-1").dataset == f"imagefolder:{folder}"
        assert isinstance(desk.script.performed[0], TrainDense)


# --- beside an open session ---------------------------------------------------------------------------------


async def _back_from_the_plan(desk: Desk) -> None:
    await desk.to_plan()
    await desk.press("1")
    await desk.to(Step.PICK)


async def test_enter_on_the_picker_goes_on_with_the_open_session(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _back_from_the_plan(desk)
        assert "go on with lenet5-digits; n begins another" in desk.drawn("#next")
        await desk.press("enter")
        await desk.to(Step.SCAN)
        assert "engine ready" in desk.header
        assert len(desk.script.performed) == 2


@pytest.mark.parametrize(("keys", "back"), [("j", "k"), ("tab tab tab end 7", "backspace"), ("T", "T")])
async def test_what_is_picked_otherwise_is_another_session(tmp_path: Path, keys: str, back: str) -> None:
    async with open_desk(tmp_path) as desk:
        await _back_from_the_plan(desk)
        await desk.press(*keys.split())
        assert "another session:" in desk.drawn("#next")
        assert desk.drawn("#name") != "lenet5-digits"
        await desk.press(back)
        assert "go on with lenet5-digits" in desk.drawn("#next")
        assert desk.drawn("#name") == "lenet5-digits"


async def test_a_name_that_is_taken_is_not_written_over(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _back_from_the_plan(desk)
        before = desk.file().read_bytes()
        await desk.press("n")
        await desk.pilot.pause()
        await desk.press("tab", "tab", "end", "backspace", "backspace", "enter")
        assert desk.drawn("#name") == "lenet5-digits"
        assert "there is a session lenet5-digits already" in desk.drawn("#problem")
        assert desk.step is Step.PICK
        assert desk.file().read_bytes() == before


async def test_the_picker_shows_the_session_that_was_resumed(tmp_path: Path) -> None:
    async with open_desk(tmp_path, model="resnet20", dataset="cifar10", seed=3) as desk:
        await desk.to_plan()
        file = desk.file("resnet20-cifar10")
    async with open_desk(tmp_path, resume=file) as desk:
        await desk.to(Step.PLAN)
        await desk.press("1")
        await desk.to(Step.PICK)
        assert "go on with resnet20-cifar10" in desk.drawn("#next")
        assert "● resnet20" in desk.drawn("#models")
        assert desk.drawn("#seed") == "3"
        await desk.press("enter")
        await desk.to(Step.SCAN)
        assert not desk.script.performed


async def test_another_session_that_was_thought_better_of(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_pruned()
        await desk.to_save()
        await desk.press("n")
        await desk.to(Step.PICK)
        assert "another session:" in desk.drawn("#next")
        assert desk.drawn("#name") == "lenet5-digits-2"
        await desk.press("5")
        await desk.to(Step.SAVE)
        await desk.press("1")
        await desk.to(Step.PICK)
        assert "go on with lenet5-digits" in desk.drawn("#next")


async def test_a_new_session_gets_a_name_of_its_own(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _back_from_the_plan(desk)
        assert desk.drawn("#name") == "lenet5-digits"
        await desk.press("n")
        await desk.pilot.pause()
        assert desk.drawn("#name") == "lenet5-digits-2"
        assert "another session: load the baseline" in desk.drawn("#next")
        await desk.press("enter")
        await desk.to(Step.SCAN)
        await desk.performed(4)
        assert desk.kinds_saved("lenet5-digits-2") == ["load_dense", "scan"]
