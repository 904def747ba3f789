"""Enter goes through the five steps; steps are reached by number and mouse once there is something there."""

from pathlib import Path

import pytest

from prune_tui.core.session.decisions import LoadDense, Measure, Prune, Scan
from prune_tui.core.session.session import Session
from prune_tui.core.workflow.step import Step
from prune_tui.storage import read_session, write_session
from tests.tui.helpers import open_desk


async def test_enter_goes_through_all_five_steps_and_edits_a_cell_on_the_way(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_plan()
        await desk.press("up", "enter", *"0.77", "enter")
        assert desk.cell("fc[", "sparsity") == "0.77"
        await desk.press("tab", "enter")
        await desk.to(Step.TRAIN)
        await desk.idle()
        await desk.to_save()
        assert "pruned" in desk.drawn("#figures")
        assert "prune-tui replay" in desk.screen_text()
        kinds = [type(decision) for decision in desk.script.performed]
        assert kinds == [LoadDense, Scan, Prune, Measure]
        prune = desk.script.performed[2]
        assert isinstance(prune, Prune)
        assert isinstance(prune.plan, dict)
        assert prune.plan["fc["] == 0.77
        assert desk.kinds_saved() == ["load_dense", "scan", "prune", "measure"]


async def test_steps_by_number_and_by_mouse(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_plan()
        await desk.press("1")
        await desk.to(Step.PICK)
        await desk.press("3")
        await desk.to(Step.PLAN)
        await desk.pilot.click("StepHeader", offset=(desk.header.index("2 Scan") + 1, 0))
        await desk.to(Step.SCAN)
        await desk.press("5")
        await desk.pilot.pause()
        assert desk.step is Step.SCAN


async def test_escape_goes_back_and_never_quits(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_plan()
        await desk.press("escape")
        await desk.to(Step.SCAN)
        await desk.press("escape")
        await desk.to(Step.PICK)
        await desk.press("escape", "escape")
        assert desk.app.is_running
        assert desk.step is Step.PICK


@pytest.mark.parametrize("step", [Step.SCAN, Step.PLAN])
async def test_escape_shows_all_rows_before_it_goes_back(tmp_path: Path, step: Step) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_plan()
        await desk.press(str(step.value))
        await desk.to(step)
        if step is Step.PLAN:
            await desk.press("up")
        await desk.press("slash", *"conv", "enter")
        assert desk.rows == ["conv1", "conv2"]
        await desk.press("escape")
        await desk.pilot.pause()
        assert desk.step is step
        assert "[/x]" in desk.rows
        assert "conv" not in desk.screen_text().splitlines()[-3]
        await desk.press("escape")
        await desk.to(Step(step - 1))


async def test_a_step_is_never_entered_in_a_field(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_plan()
        await desk.press("1")
        await desk.to(Step.PICK)
        await desk.press("tab", "tab", "end", "7")
        assert desk.drawn("#name").endswith("7")
        await desk.pilot.click("StepHeader", offset=(desk.header.index("2 Scan") + 1, 0))
        await desk.to(Step.SCAN)
        await desk.press("1")
        await desk.to(Step.PICK)
        await desk.press("2")
        await desk.to(Step.SCAN)
        await desk.press("3")
        await desk.to(Step.PLAN)
        await desk.press("up", "enter", "0")
        await desk.pilot.click("StepHeader", offset=(desk.header.index("2 Scan") + 1, 0))
        await desk.to(Step.SCAN)
        await desk.press("3")
        await desk.to(Step.PLAN)
        assert desk.drawn("#next").endswith("enter ⏎")
        await desk.press("1")
        await desk.to(Step.PICK)


@pytest.mark.parametrize(
    ("file", "name"),
    [("my session.json", "my-session"), ("b (1).json", "b-1"), ("étude.json", "etude"), ("b.txt", "b-2")],
)
async def test_a_file_that_is_named_as_no_session_goes_on_in_one_that_is(
    tmp_path: Path, file: str, name: str
) -> None:
    folder = tmp_path / "sessions"
    write_session(folder / "b.json", Session(name="b", model="lenet5", dataset="digits", seed=7))
    copy = folder / file
    write_session(copy, Session(name="b", model="lenet5", dataset="digits"))
    before = {path: path.read_bytes() for path in folder.iterdir()}
    async with open_desk(tmp_path, resume=copy, size=(120, 40), notifications=True) as desk:
        await desk.until(lambda: f"Goes on as {name}.json" in desk.screen_text())
        await desk.to(Step.SCAN)
        await desk.performed(2)
    saved = read_session(folder / f"{name}.json")
    assert saved.name == name
    assert len(saved.decisions) == 2
    assert {path: path.read_bytes() for path in before} == before


async def test_a_resumed_session_lands_on_the_furthest_step(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_pruned()
        file = desk.file()
    async with open_desk(tmp_path, resume=file) as desk:
        await desk.to(Step.TRAIN)
        assert "sparsity held" in desk.drawn("#live")
        assert not desk.script.performed
        await desk.press("3")
        await desk.to(Step.PLAN)
        await desk.press("1")
        await desk.to(Step.PICK)
        assert "go on with lenet5-digits" in desk.drawn("#next")


async def test_every_step_takes_any_size(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_pruned()
        await desk.to_save()
        for number in "12345":
            await desk.press(number)
            await desk.to(Step(int(number)))
            before = desk.screen_text()
            for size in ((200, 60), (30, 8), (80, 24)):
                await desk.resize(*size)
            await desk.until_drawn(before)


async def test_a_resized_table_keeps_its_place(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_plan()
        await desk.press("up", "k")
        assert desk.layer_in_sight == "[/x]"
        await desk.resize(200, 60)
        await desk.until(lambda: "kind" in desk.drawn("#layers") and len(desk.rows) == 4)
        assert desk.layer_in_sight == "[/x]"


async def test_keys_in_the_footer_and_rows_work_by_mouse(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.pilot.click("#models", offset=(5, 1), times=2)
        await desk.to(Step.SCAN)
        await desk.performed(2)
        await desk.pilot.click("KeyBar", offset=(desk.footer.index("criterion"), 0))
        assert "scan by l2" in desk.drawn("#meter")
        await desk.pilot.click("KeyBar", offset=(desk.footer.index("help"), 0))
        await desk.until(lambda: desk.step is None)
        await desk.press("escape", "3")
        await desk.to(Step.PLAN)
        await desk.pilot.click("#layers", offset=(5, 2), times=2)
        await desk.press(*".4")
        assert desk.cell("conv2", "sparsity") == ".4"
