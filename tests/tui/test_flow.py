"""Enter goes through the five steps; steps are reached by number and mouse once there is something there."""

from pathlib import Path

import pytest
from textual.widgets import Input

from prune_tui.core.session.decisions import LoadDense, Measure, Prune, Scan, TrainDense
from prune_tui.core.session.session import Session
from prune_tui.core.workflow.step import Step
from prune_tui.storage import read_session, write_session
from tests.tui.fake_runner import Script
from tests.tui.helpers import open_desk


async def test_enter_goes_through_all_five_steps_and_edits_a_cell_on_the_way(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.press("enter")
        await desk.to(Step.SCAN)
        await desk.until(lambda: desk.state.view.num_decisions == 2)
        await desk.idle()
        await desk.press("enter")
        await desk.to(Step.PLAN)
        await desk.press("up", "enter", *"0.77", "enter")
        assert desk.drawn_cell("fc[", "sparsity") == "0.77"
        await desk.press("tab", "enter")
        await desk.to(Step.TRAIN)
        await desk.idle()
        await desk.press("enter")
        await desk.to(Step.SAVE)
        await desk.until(lambda: desk.state.view.report.pruned is not None)
        await desk.idle()
        assert "pruned" in desk.text("#figures")
        assert "prune-tui replay" in desk.text("#where")
        kinds = [type(decision) for decision in desk.script.performed]
        assert kinds == [LoadDense, Scan, Prune, Measure]
        prune = desk.script.performed[2]
        assert isinstance(prune, Prune)
        assert isinstance(prune.plan, dict)
        assert prune.plan["fc["] == 0.77
        assert desk.state.path is not None
        assert len(read_session(desk.state.path).decisions) == 4


async def test_the_bundled_pair_is_chosen_and_steps_without_input_are_closed(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        assert "scan lenet5 on digits" in desk.next_label
        await desk.press("2", "3", "4", "5")
        assert desk.step is Step.PICK


async def test_steps_by_number_and_by_mouse(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_plan()
        await desk.press("1")
        await desk.to(Step.PICK)
        await desk.press("3")
        await desk.to(Step.PLAN)
        header = desk.screen_text().splitlines()[0]
        await desk.pilot.click("StepHeader", offset=(header.index("2 Scan") + 1, 0))
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
        assert "[/x]" not in desk.drawn("#layers")
        await desk.press("escape")
        await desk.pilot.pause()
        assert f"[{step.value} {step.title}]" in desk.header
        assert "[/x]" in desk.drawn("#layers")
        assert "conv" not in desk.screen_text().splitlines()[-3]
        await desk.press("escape")
        await desk.to(Step(step - 1))


async def test_each_view_of_the_scan_has_its_own_filter(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_plan()
        await desk.press("2")
        await desk.to(Step.SCAN)
        await desk.press("slash", *"conv", "enter", "t")
        await desk.pilot.pause()
        assert "conv" not in desk.screen_text()
        await desk.press("t")
        await desk.pilot.pause()
        assert desk.drawn("#filter") == "conv"
        await desk.press("escape")
        await desk.pilot.pause()
        assert "[/x]" in desk.drawn("#layers")


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


async def test_enter_early_ends_the_scan_with_what_there_is(tmp_path: Path) -> None:
    script = Script()
    script.hold("scan", after=12)
    async with open_desk(tmp_path, script) as desk:
        await desk.press("enter")
        await desk.to(Step.SCAN)
        await desk.until(lambda: desk.num_cells_done == 12)
        await desk.press("4", "5")
        assert desk.step is Step.SCAN
        assert "so far" in desk.next_label
        await desk.press("enter")
        await desk.to(Step.PLAN)
        await desk.idle()
        assert desk.cell("conv1", "sparsity") == "0.50"
        assert desk.cell("fc[", "sparsity") == "0.00"
        assert desk.state.view.num_decisions == 2


async def test_a_baseline_is_trained_for_the_epochs_given_and_may_be_stopped(tmp_path: Path) -> None:
    script = Script()
    script.hold("train", after=20)
    async with open_desk(tmp_path, script) as desk:
        await desk.press("b")
        desk.app.screen.query_one("#epochs", Input).focus()
        await desk.press("end", "backspace", "backspace", "7", "enter")
        await desk.to(Step.SCAN)
        await desk.until(lambda: desk.state.is_running("train_dense"))
        await desk.press("enter")
        assert desk.step is Step.SCAN
        await desk.press("x")
        await desk.until(lambda: desk.state.view.num_decisions == 2)
        first = script.performed[0]
        assert isinstance(first, TrainDense)
        assert first.training.num_epochs == 7
        assert isinstance(script.performed[1], Scan)


async def test_a_resumed_session_lands_on_the_furthest_step(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_train()
        await desk.idle()
        path = desk.state.path
    async with open_desk(tmp_path, resume=path) as desk:
        await desk.to(Step.TRAIN)
        assert desk.state.session is not None
        assert desk.state.session.name == "lenet5-digits"
        assert not desk.script.performed
        await desk.press("3")
        await desk.to(Step.PLAN)


async def test_enter_on_the_picker_goes_on_with_the_open_session(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_plan()
        done = len(desk.script.performed)
        await desk.press("1")
        await desk.to(Step.PICK)
        assert "go on with lenet5-digits; n begins another" in desk.drawn("#next")
        await desk.press("enter")
        await desk.to(Step.SCAN)
        assert "engine ready" in desk.header
        assert len(desk.script.performed) == done


@pytest.mark.parametrize(("keys", "back"), [("j", "k"), ("tab tab tab end 7", "backspace"), ("b", "b")])
async def test_what_is_picked_otherwise_is_another_session(tmp_path: Path, keys: str, back: str) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_plan()
        await desk.press("1")
        await desk.to(Step.PICK)
        await desk.press(*keys.split())
        assert "another session:" in desk.drawn("#next")
        assert desk.drawn("#name") != "lenet5-digits"
        await desk.press(back)
        assert "go on with lenet5-digits" in desk.drawn("#next")
        assert desk.drawn("#name") == "lenet5-digits"


async def test_a_name_that_is_taken_is_not_written_over(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_plan()
        before = (tmp_path / "sessions" / "lenet5-digits.json").read_bytes()
        await desk.press("1")
        await desk.to(Step.PICK)
        await desk.press("n")
        await desk.pilot.pause()
        await desk.press("tab", "tab", "end", "backspace", "backspace", "enter")
        assert desk.drawn("#name") == "lenet5-digits"
        assert "there is a session lenet5-digits already" in desk.drawn("#problem")
        assert desk.step is Step.PICK
        assert (tmp_path / "sessions" / "lenet5-digits.json").read_bytes() == before


async def test_the_picker_shows_the_session_that_was_resumed(tmp_path: Path) -> None:
    async with open_desk(tmp_path, model="resnet20", dataset="cifar10", seed=3) as desk:
        await desk.to_plan()
        path = desk.state.path
    async with open_desk(tmp_path, resume=path) as desk:
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
        await desk.to_train()
        await desk.idle()
        await desk.press("enter")
        await desk.to(Step.SAVE)
        await desk.idle()
        await desk.press("n")
        await desk.to(Step.PICK)
        assert "another session:" in desk.drawn("#next")
        assert desk.drawn("#name") == "lenet5-digits-2"
        await desk.press("5")
        await desk.to(Step.SAVE)
        await desk.press("1")
        await desk.to(Step.PICK)
        assert "go on with lenet5-digits" in desk.drawn("#next")


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
        await desk.until(lambda: desk.state.view.num_decisions == 2)
        await desk.idle()
    saved = read_session(folder / f"{name}.json")
    assert saved.name == name
    assert len(saved.decisions) == 2
    assert {path: path.read_bytes() for path in before} == before


async def test_a_new_session_gets_a_name_of_its_own(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_plan()
        await desk.press("1")
        await desk.to(Step.PICK)
        assert desk.drawn("#name") == "lenet5-digits"
        await desk.press("n")
        await desk.pilot.pause()
        assert desk.drawn("#name") == "lenet5-digits-2"
        assert "another session: load the baseline" in desk.drawn("#next")
        await desk.press("enter")
        await desk.to(Step.SCAN)
        await desk.until(lambda: desk.state.view.num_decisions == 2)
        assert desk.state.session is not None
        assert desk.state.session.name == "lenet5-digits-2"


async def test_rescan_by_other_options(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.press("enter")
        await desk.to(Step.SCAN)
        await desk.until(lambda: desk.state.view.num_decisions == 2)
        await desk.idle()
        await desk.press("c", "w")
        assert "r scans" in desk.text("#facts")
        await desk.press("r")
        await desk.until(lambda: desk.state.view.num_decisions == 3)
        await desk.idle()
        scan = desk.state.view.report.scan
        assert scan is not None
        assert (scan.criterion, scan.granularity) == ("l2", "unit")
        assert desk.cell("fc[", "curve") == "locked"


async def test_every_step_takes_any_size(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_train()
        await desk.idle()
        await desk.press("enter")
        await desk.to(Step.SAVE)
        await desk.idle()
        for number in "12345":
            await desk.press(number)
            await desk.to(Step(int(number)))
            for size in ((200, 60), (30, 8), (80, 24)):
                await desk.pilot.resize_terminal(*size)
                await desk.pilot.pause()
                assert desk.app.is_running


async def test_a_resized_table_keeps_its_place(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_plan()
        await desk.press("up", "k")
        assert desk.table.current == "[/x]"
        await desk.pilot.resize_terminal(200, 60)
        await desk.until(lambda: "kind" in desk.table.columns and desk.table.row_count == 4)
        assert desk.table.current == "[/x]"


async def test_keys_in_the_footer_and_rows_work_by_mouse(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.pilot.click("#models", offset=(5, 1), times=2)
        await desk.to(Step.SCAN)
        await desk.until(lambda: desk.state.view.num_decisions == 2)
        await desk.idle()
        footer = desk.screen_text().splitlines()[-1]
        await desk.pilot.click("KeyBar", offset=(footer.index("criterion"), 0))
        assert desk.state.settings.criterion == "l2"
        await desk.pilot.click("KeyBar", offset=(footer.index("help"), 0))
        await desk.until(lambda: desk.step is None)
        await desk.press("escape", "3")
        await desk.to(Step.PLAN)
        await desk.pilot.click("#layers", offset=(5, 2), times=2)
        assert desk.app.screen.query_one("#editor").display


async def test_ctrl_c_does_not_kill(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.press("ctrl+c")
        assert desk.app.is_running
        assert "q leaves" in str([notification.message for notification in desk.app._notifications])
