"""The result is complete, says where everything is, and is measured once."""

import re
from pathlib import Path

import pytest

from prune_tui.core.errors import DecisionError
from prune_tui.core.report import NativeFigures
from prune_tui.core.session.decisions import Finetune, LoadDense, Measure, Prune, Scan, Shrink
from prune_tui.core.workflow.step import Step
from prune_tui.native.building import NO_COMPILER
from prune_tui.reports.python import python_text
from tests.tui.fake_runner import Script
from tests.tui.helpers import Desk, open_desk
from tests.tui.made_up_network import RESIDUAL

WIDE = (120, 80)


async def _saved(desk: Desk) -> None:
    """Go to the result of a plan of weights."""
    await desk.to_pruned()
    await desk.to_save()


async def _pruned(desk: Desk, *, granularity: int) -> None:
    """Scan by the granularity so many steps of `w` away, and carry the plan out."""
    await desk.scan()
    await desk.press(*["w"] * granularity, "r")
    await desk.performed(3)
    await desk.press("enter")
    await desk.to(Step.PLAN)
    await desk.press("p")
    await desk.to(Step.TRAIN)
    await desk.idle()


def _predicted(desk: Desk) -> str:
    """Return the line that holds the plan's predicted and the actual accuracy."""
    return desk.drawn("#predictions").splitlines()[1]


async def test_the_test_set_is_read_once_a_result(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.to_pruned()
        for _ in range(2):
            await desk.to_save()
            assert "test set read 2 times" in desk.drawn("#caveats")
            await desk.press("4")
            await desk.to(Step.TRAIN)
        assert sum(isinstance(decision, Measure) for decision in desk.script.performed) == 1


async def test_the_result_is_complete(tmp_path: Path) -> None:
    async with open_desk(tmp_path, size=WIDE) as desk:
        await _saved(desk)
        figures = desk.drawn("#figures")
        for label in ("accuracy", "loss", "nonzero", "sparsity", "MACs", "file", "batch 1", "batch 64"):
            assert label in figures
        assert "compression ratio" in figures
        assert "theoretical speedup" in figures
        assert "no faster and no smaller" in desk.words("#caveats")
        assert "[/x]" in desk.drawn("#predictions")
        where = desk.words("#where")
        assert "dense.safetensors 1.72 MB" in where
        assert "pruned.safetensors 0.59 MB" in where
        assert "4 measure on the test set" in where


async def test_command_summary_and_picture_can_be_taken_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk(tmp_path) as desk:
        copied: list[str] = []
        monkeypatch.setattr(desk.app, "copy_to_clipboard", copied.append)
        await _saved(desk)
        await desk.press("C")
        assert copied == [f"prune-tui replay {desk.file()} --data-dir {tmp_path / 'data'}"]
        await desk.press("m")
        summary = desk.file().with_suffix(".md").read_text()
        assert summary == copied[1]
        assert copied[0] in summary
        assert "| test accuracy |" in summary
        await desk.press("f8")
        picture = tmp_path / "sessions" / "lenet5-digits-save.svg"
        assert picture.read_text().startswith("<svg")
        await desk.press("n")
        await desk.to(Step.PICK)


async def test_the_same_in_python_can_be_read_and_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk(tmp_path, size=WIDE) as desk:
        copied: list[str] = []
        monkeypatch.setattr(desk.app, "copy_to_clipboard", copied.append)
        await _saved(desk)
        await desk.press("P")
        await desk.until_drawn("The same in Python", "import prune_tui as pt", "bench.measure(sparse=True)")
        await desk.press("c")
        (text,) = copied
        session = desk.saved()
        assert text == python_text(session, folder=desk.file().with_suffix(""), data_dir=tmp_path / "data")
        compile(text, "copied", "exec")
        await desk.press("P")
        await desk.to(Step.SAVE)


async def test_a_pruned_network_is_fine_tuned_on_and_measured_again(tmp_path: Path) -> None:
    async with open_desk(tmp_path, size=WIDE) as desk:
        await _saved(desk)
        predicted = _predicted(desk)
        await desk.press("f")
        await desk.to(Step.TRAIN)
        await desk.idle()
        prune, finetune = desk.script.performed[2], desk.last
        assert isinstance(prune, Prune)
        assert isinstance(finetune, Finetune)
        assert finetune.training == prune.finetune
        assert "previous run" in desk.drawn("#now")
        assert "read the test set once" in desk.drawn("#next")
        await desk.to_save()
        assert "pruned" in desk.drawn("#figures")
        assert "5 fine-tune" in desk.drawn("#where")
        assert isinstance(desk.last, Measure)
        assert _predicted(desk) == predicted


async def test_the_network_as_c_stands_under_each_batch_with_how_much_faster_it_is(tmp_path: Path) -> None:
    script = Script(native=NativeFigures(disagreement=2e-7, num_images=500, dense_layers=("conv1",)))
    held = script.hold("build")
    async with open_desk(tmp_path, script=script, size=WIDE) as desk:
        await desk.to_pruned()
        await desk.press("enter")
        await desk.until_drawn("measuring", "building the pruned network as C")
        held.release(100)
        await desk.to(Step.SAVE)
        await desk.idle()
        lines = desk.drawn("#figures").splitlines()
        rows = [line.split() for line in lines if line.startswith("  as C (sparse)")]
        assert [row[-2:] for row in rows] == [["10.0×", "faster"]] * 2
        assert lines.index(next(line for line in lines if "as C" in line)) < len(lines) - 2
        caveats = desk.words("#caveats")
        assert "In torch, zeros in dense weights make a network no faster" in caveats
        assert "ran 10.0× faster at batch 1, 10.0× faster at batch 64 than dense" in caveats
        assert "computed like other weights in conv1" in caveats


async def test_without_a_compiler_the_result_says_what_to_install(tmp_path: Path) -> None:
    script = Script(native=NativeFigures(refusal=NO_COMPILER))
    async with open_desk(tmp_path, script=script, size=WIDE) as desk:
        await _saved(desk)
        assert "as C (sparse)" not in desk.drawn("#figures")
        assert "not run as C" in desk.words("#caveats")
        assert "apt install gcc" in desk.words("#caveats")


async def test_what_an_earlier_attempt_was_measured_at_stays_to_be_seen(tmp_path: Path) -> None:
    async with open_desk(tmp_path, size=WIDE) as desk:
        await _saved(desk)
        figures = desk.drawn("#figures")
        assert all(one in figures for one in ("99.0 %", "98.7–99.1 %", "3.2×", "2.5×", "0.59 MB"))
        assert not desk.drawn("#attempts")
        await desk.press("3")
        await desk.to(Step.PLAN)
        await desk.press("b", *"20x", "enter", "p")
        await desk.to(Step.TRAIN)
        await desk.idle()
        await desk.press("5")
        await desk.to(Step.SAVE)
        assert desk.drawn("#figures").splitlines()[0].split() == ["dense"]
        first, _, second = desk.words("#attempts").partition("2 prune")
        assert "1 prune l1 weight, 1 round" in first
        assert all(one in first for one in ("99.0 %", "3.2×", "2.5×", "0.59 MB", "batch 64 3.07 ms as CSR"))
        assert all(one in second for one in ("validation 98.1 %", "20.0×", "not measured"))
        await desk.to_save()
        assert "20." in desk.drawn("#figures")
        after, _, second = desk.words("#attempts").partition("2 prune")
        assert after == first
        assert "98.9 %" in second


@pytest.mark.parametrize("size", [(80, 90), (120, 50)])
async def test_the_trade_off_is_drawn_once_there_is_one(tmp_path: Path, size: tuple[int, int]) -> None:
    async with open_desk(tmp_path, size=size) as desk:
        await _saved(desk)
        # One attempt is drawn beside the figures, and left out where they would be pushed down by it.
        assert desk.is_drawn("Pareto front") is (size[0] >= 110)
        await desk.press("3")
        await desk.to(Step.PLAN)
        await desk.press("b", *"20x", "enter", "p")
        await desk.to(Step.TRAIN)
        await desk.idle()
        await desk.press("5")
        await desk.to(Step.SAVE)
        await desk.until_drawn("Pareto front")
        assert "validation accuracy, %" in desk.drawn("#tradeoff-title")
        assert "by compression ratio" in desk.drawn("#tradeoff-title")
        assert all(sign in desk.drawn("#tradeoff") for sign in ("1", "2", "8×"))
        assert "dense 98.5 %" in desk.words("#legend")
        await desk.press("A")
        assert "by theoretical speedup" in desk.drawn("#tradeoff-title")


async def test_each_layer_says_what_it_costs_by_itself_and_how_that_is_known(tmp_path: Path) -> None:
    async with open_desk(tmp_path, size=WIDE) as desk:
        await desk.to_plan()
        await desk.press("up", "g", "j", "enter", *["backspace"] * 6, *"0.62", "enter", "p")
        await desk.to(Step.TRAIN)
        await desk.idle()
        await desk.to_save()
        rows = {line.split()[0]: line.split()[1:] for line in desk.drawn("#predictions").splitlines()[2:]}
        assert rows["layer"] == ["target", "actual", "kept", "Δacc", "alone"]
        assert rows["conv2"][:3] == ["0.62", "0.62", "9,500"]
        assert rows["conv2"][-1] == "predicted"
        assert rows["[/x]"][-1] == "measured"
        assert rows["[/x]"][-2].startswith("−")


async def test_the_predicted_stands_beside_the_actual_accuracy(tmp_path: Path) -> None:
    async with open_desk(tmp_path, size=WIDE) as desk:
        await desk.to_plan()
        estimate = desk.drawn("#accuracy").partition("predicted ≈")[2].split()[0]
        await desk.press("enter")
        await desk.to(Step.TRAIN)
        await desk.idle()
        await desk.to_save()
        told = re.search(r"predicted ([0-9.]+) % \([0-9.]+–[0-9.]+\)", _predicted(desk))
        assert told is not None
        assert f"{float(told[1]):.0f}" == estimate


async def test_two_of_four_says_what_it_takes_to_be_faster(tmp_path: Path) -> None:
    async with open_desk(tmp_path, size=WIDE) as desk:
        await _pruned(desk, granularity=4)
        await desk.to_save()
        assert "sparse tensor cores" in desk.words("#caveats")
        assert desk.last == Measure()


async def test_blocks_are_timed_as_sparse_matrices_too_and_nothing_is_shrunk(tmp_path: Path) -> None:
    async with open_desk(tmp_path, size=WIDE) as desk:
        await _pruned(desk, granularity=2)
        await desk.to_save()
        assert desk.last == Measure(sparse=True)


async def test_one_enter_shrinks_and_measures_after_units(tmp_path: Path) -> None:
    async with open_desk(tmp_path, size=WIDE) as desk:
        await _pruned(desk, granularity=1)
        assert "remove the pruned units" in desk.drawn("#next")
        await desk.to_save()
        kinds = [type(decision) for decision in desk.script.performed]
        assert kinds == [LoadDense, Scan, Scan, Prune, Shrink, Measure]
        figures = desk.drawn("#figures")
        assert figures.splitlines()[0].split() == ["dense", "pruned", "shrunk", "change"]
        for label in ("parameters", "nonzero", "compression", "speedup", "file", "batch 64"):
            assert label in figures
        assert "1.2e-06 of the largest output" in desk.words("#caveats")
        assert "conv1 20→10" in desk.words("#caveats")
        await desk.press("S")
        await desk.idle()
        assert len(desk.script.performed) == 6


async def test_a_shrink_that_is_refused_is_shown_and_the_rest_is_measured(tmp_path: Path) -> None:
    script = Script(errors={"shrink": DecisionError("nothing to shrink: conv1 [/x] is grouped")})
    async with open_desk(tmp_path, script, size=WIDE) as desk:
        await _pruned(desk, granularity=1)
        await desk.press("enter")
        await desk.until_drawn("conv1 [/x] is grouped")
        await desk.press("escape")
        await desk.to(Step.SAVE)
        await desk.idle()
        assert desk.drawn("#figures").splitlines()[0].split() == ["dense", "pruned", "change"]
        assert "still there as zeros" in desk.words("#caveats")
        await desk.press("S")
        await desk.performed(8)
        assert "shrunk" in desk.drawn("#figures").splitlines()[0]


async def test_weights_of_linear_layers_are_timed_as_sparse_matrices(tmp_path: Path) -> None:
    async with open_desk(tmp_path, size=WIDE) as desk:
        await _saved(desk)
        assert desk.last == Measure(sparse=True)
        assert "as sparse (CSR)" in desk.drawn("#figures")
        assert "There is no sparse convolution" in desk.words("#caveats")
        await desk.press("S")
        await desk.idle()
        assert desk.last == Measure(sparse=True)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_pruned_network_is_told_from_the_shrunk(tmp_path: Path, size: tuple[int, int]) -> None:
    async with open_desk(tmp_path, Script(layers=RESIDUAL), size=size) as desk:
        await _pruned(desk, granularity=1)
        await desk.to_save()
        headings = desk.drawn("#figures").splitlines()[0]
        assert headings.split() == ["dense", "pruned", "shrunk", "change"]
        assert desk.is_drawn("batch 64")


async def test_of_a_resumed_session_the_result_is_the_same(tmp_path: Path) -> None:
    async with open_desk(tmp_path, size=WIDE) as desk:
        await _pruned(desk, granularity=1)
        await desk.to_save()
        drawn = [desk.drawn(f"#{id}") for id in ("figures", "caveats", "predictions", "where")]
        file = desk.file()
    async with open_desk(tmp_path, size=WIDE, resume=file) as desk:
        await desk.to(Step.SAVE)
        await desk.idle()
        assert [desk.drawn(f"#{id}") for id in ("figures", "caveats", "predictions", "where")] == drawn
        assert not desk.script.performed
