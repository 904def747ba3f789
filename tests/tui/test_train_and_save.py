"""Work is watched, paused, stopped and left alone; the result says where everything is."""

from pathlib import Path

import pytest

from prune_tui.core.session.decisions import Finetune, Measure
from prune_tui.core.workflow.step import Step
from prune_tui.tui.widgets.meter import Meter
from tests.tui.fake_runner import Script
from tests.tui.helpers import Desk, open_desk


async def _held_train(desk: Desk, *, after: int = 20) -> None:
    desk.script.hold("prune", after=after)
    await desk.to_train()
    await desk.until(lambda: desk.state.running and desk.state.running.batch)


async def test_space_pauses_and_goes_on(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _held_train(desk)
        await desk.press("space")
        await desk.until(lambda: desk.state.is_paused)
        desk.script.gates["prune"].release()
        await desk.until(lambda: "paused" in desk.screen_text())
        assert "goes on" in desk.next_label
        desk.script.let_go("prune")
        await desk.pilot.pause(0.05)
        before = desk.app.worker.latest
        await desk.pilot.pause(0.05)
        assert desk.app.worker.latest is before
        assert desk.state.jobs
        await desk.press("space")
        await desk.idle()
        assert desk.state.view.counted is not None


async def test_x_stops_and_keeps_the_best(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _held_train(desk)
        await desk.press("x")
        await desk.idle()
        assert "stopped early" in desk.text("#log")
        assert desk.state.view.num_decisions == 3
        assert "read the test set once" in desk.next_label


async def test_work_goes_on_while_the_plan_is_in_sight(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await _held_train(desk)
        await desk.press("escape")
        await desk.to(Step.PLAN)
        assert "4 shows it" in desk.next_label
        await desk.press("p")
        assert desk.step is Step.PLAN
        desk.script.let_go("prune")
        await desk.idle()
        assert "prune" in desk.next_label
        await desk.press("4")
        await desk.to(Step.TRAIN)


async def test_live_figures_and_the_ghost_of_the_run_before(tmp_path: Path) -> None:
    async with open_desk(tmp_path, size=(120, 40)) as desk:
        await desk.to_train()
        await desk.idle()
        assert "ghost" not in desk.text("#now")
        assert "sparsity held" in desk.text("#live")
        await desk.press("down")
        assert "conv2 live" in desk.drawn("#weights")
        await desk.press("k", "up")
        assert "fc[ live" in desk.drawn("#weights")
        await desk.press("escape")
        await desk.to(Step.PLAN)
        await desk.press("up", "+", "p")
        await desk.to(Step.TRAIN)
        await desk.idle()
        assert "ghost" in desk.text("#now")


async def test_the_test_set_is_read_once_a_result(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_train()
        await desk.idle()
        for _ in range(2):
            await desk.press("enter")
            await desk.to(Step.SAVE)
            await desk.idle()
            await desk.press("4")
            await desk.to(Step.TRAIN)
        assert sum(isinstance(decision, Measure) for decision in desk.script.performed) == 1
        assert desk.state.view.report.test_reads == 2


async def test_the_result_is_complete_and_can_be_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk(tmp_path) as desk:
        copied: list[str] = []
        monkeypatch.setattr(desk.app, "copy_to_clipboard", copied.append)
        await desk.to_train()
        await desk.idle()
        await desk.press("enter")
        await desk.to(Step.SAVE)
        await desk.idle()
        figures = desk.text("#figures")
        for label in ("accuracy", "loss", "nonzero", "sparsity", "MACs", "file", "batch 1", "batch 64"):
            assert label in figures
        assert "compression ratio" in figures
        assert "theoretical speedup" in figures
        assert "no faster and no smaller" in desk.text("#ratios")
        assert "[/x]" in desk.text("#foreseen")
        await desk.press("c")
        assert copied == [f"prune-tui replay {desk.state.path} --data-dir {tmp_path / 'data'}"]
        await desk.press("m")
        summary = (tmp_path / "sessions" / "lenet5-digits.md").read_text()
        assert summary == copied[1]
        assert copied[0] in summary
        assert "| test accuracy |" in summary
        await desk.press("f8")
        picture = tmp_path / "sessions" / "lenet5-digits-save.svg"
        assert picture.read_text().startswith("<svg")
        await desk.press("n")
        await desk.to(Step.PICK)


async def _saved(desk: Desk) -> None:
    await desk.press("enter")
    await desk.to(Step.SAVE)
    await desk.idle()


async def test_a_pruned_network_is_fine_tuned_on_and_measured_again(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_train()
        await desk.idle()
        await _saved(desk)
        foreseen = desk.text("#foreseen").splitlines()[1]
        await desk.press("f")
        await desk.to(Step.TRAIN)
        await desk.idle()
        finetune = desk.script.performed[-1]
        assert isinstance(finetune, Finetune)
        assert finetune.training.num_epochs == desk.state.settings.num_epochs
        assert "ghost" in desk.text("#now")
        assert "read the test set once" in desk.next_label
        await _saved(desk)
        assert "pruned" in desk.text("#figures")
        assert "5 fine-tune" in desk.text("#where")
        assert isinstance(desk.script.performed[-1], Measure)
        assert desk.text("#foreseen").splitlines()[1] == foreseen


async def test_what_was_foreseen_stands_beside_what_came(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_plan()
        estimate = desk.text("#totals").partition("est acc ")[2].split()[0]
        await desk.press("enter")
        await desk.to(Step.TRAIN)
        await desk.idle()
        await _saved(desk)
        foreseen = desk.text("#foreseen").splitlines()[1]
        assert foreseen.startswith(f"foreseen {estimate} % ±")
        assert ", came " in foreseen


async def test_progress_is_in_words_too(tmp_path: Path) -> None:
    script = Script()
    script.hold("scan", after=9)
    async with open_desk(tmp_path, script) as desk:
        await desk.press("enter")
        await desk.to(Step.SCAN)
        await desk.until(lambda: "9/36 cells" in desk.app.screen.query_one(Meter).words)
