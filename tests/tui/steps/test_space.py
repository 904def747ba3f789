"""The steps use the room that there is: much of it at 200x60, and what matters at 40x12."""

from pathlib import Path

import pytest

from prune_tui.core.report import EpochFigures
from prune_tui.core.workflow.step import Step
from prune_tui.tui.steps.train.screen import cut_words, run_plot
from tests.tui.helpers import Desk, open_desk

LARGE, SMALL = (200, 60), (40, 12)


def empty_lines(desk: Desk) -> int:
    """The longest run of lines with nothing on them."""
    longest = now = 0
    for line in desk.screen_text().splitlines():
        now = 0 if line.strip() else now + 1
        longest = max(longest, now)
    return longest


def share_drawn(desk: Desk, *, below: int, right_of: int = 100) -> float:
    """How many of the lines below a line have something right of a column."""
    lines = desk.screen_text().splitlines()[below:-3]
    return sum(bool(line[right_of:].strip()) for line in lines) / len(lines)


async def test_at_200x60_no_step_is_a_third_empty(tmp_path: Path) -> None:
    async with open_desk(tmp_path, size=LARGE) as desk:
        await desk.until(lambda: "▀" in desk.drawn("#pictures"), "images")
        assert empty_lines(desk) <= 6
        await desk.scan()
        assert empty_lines(desk) <= 3
        assert share_drawn(desk, below=4) > 0.8
        await desk.press("enter")
        await desk.to(Step.PLAN)
        await desk.pilot.pause()
        assert share_drawn(desk, below=2) > 0.8
        await desk.press("enter")
        await desk.to(Step.TRAIN)
        await desk.idle()
        await desk.until_drawn("weights of each layer")
        assert empty_lines(desk) <= 3
        await desk.to_save()
        await desk.until(lambda: desk.app.screen.query_one("#tradeoff").size.height > 20, "the picture")
        assert share_drawn(desk, below=2, right_of=80) > 0.8


async def test_the_scan_has_a_number_for_each_layer_and_sparsity(tmp_path: Path) -> None:
    async with open_desk(tmp_path, size=LARGE) as desk:
        await desk.scan()
        scan = desk.state.scan
        assert scan is not None
        for curve in scan.layers:
            for sparsity, accuracy in zip(scan.sparsities, curve.accuracies, strict=True):
                assert accuracy is not None
                assert desk.cell(curve.name, f"at {sparsity:g}") == f"{accuracy * 100:.1f}"[:4].rstrip(".")
        lines = desk.drawn("#numbers").splitlines()
        assert [line.split()[0] for line in lines[1:]] == [f"{at:.2f}" for at in scan.sparsities]
        await desk.press("j")
        assert desk.drawn("#numbers").splitlines() != lines


async def test_a_narrower_scan_leaves_the_numbers_out_all_together(tmp_path: Path) -> None:
    async with open_desk(tmp_path, size=(80, 24)) as desk:
        await desk.scan()
        assert desk.drawn("#layers").splitlines()[0].split() == [
            *("layer", "kind", "weights", ".1───.98", "safe", "±acc")
        ]


def _epoch(epoch: int, accuracy: float) -> EpochFigures:
    return EpochFigures(
        decision=0, round=1, epoch=epoch, train_loss=None, accuracy=accuracy, loss=0.1, learning_rate=0.1
    )


def test_the_scale_of_a_run_does_not_follow_an_earlier_collapse_and_says_so() -> None:
    run = tuple(_epoch(at, accuracy) for at, accuracy in enumerate((0.12, 0.95, 0.96, 0.97)))
    collapsed = tuple(_epoch(at, accuracy) for at, accuracy in enumerate((0.1, 0.2, 0.3)))
    plot = run_plot(run, collapsed)
    assert plot is not None
    assert 0.9 < plot.y_range[0] < 0.95
    assert cut_words(run, collapsed) == (
        "↓ below the picture: 12.0 right after pruning, 10.0 of the previous run"
    )
    assert cut_words(run[1:], run[1:]) == ""


@pytest.mark.parametrize("step", list(Step))
async def test_at_40x12_every_step_names_all_five_and_shows_what_matters(tmp_path: Path, step: Step) -> None:
    async with open_desk(tmp_path) as desk:
        if step > Step.PICK:
            await desk.to_train()
            await desk.idle()
            await desk.to_save()
            await desk.press(str(step.value))
            await desk.to(step)
        await desk.resize(*SMALL)
        assert all(other.title in desk.header for other in Step)
        assert f"[{step.value} {step.title}]" in desk.header
        matters = {
            Step.PICK: ("lenet5", "digits", "session", "baseline"),
            Step.SCAN: ("conv1", "safe"),
            Step.PLAN: ("conv1", "sparsity", "MACs"),
            Step.TRAIN: ("now", "┤"),
            Step.SAVE: ("pruned", "test accuracy"),
        }
        assert desk.is_drawn(*matters[step])
