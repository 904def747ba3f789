"""Whatever keys were pressed, in any order, the plan that is drawn is the plan that would run."""

import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from prune_tui.core.errors import DecisionError
from prune_tui.core.numbers import sparsity_text
from prune_tui.core.planning.settings import prune_decision
from prune_tui.core.run.measured_plans import measured_plan
from prune_tui.core.session.decisions import Prune
from prune_tui.core.workflow.step import Step
from prune_tui.reports.numbers import times_text
from prune_tui.tui.steps.plan.cell_editor import CellEditor
from tests.tui.fake_runner import Script
from tests.tui.helpers import Desk, open_desk

SIZE = (110, 28)
ACTIONS: Sequence[tuple[str, ...]] = (
    *(("up",), ("down",), ("home",), ("+",), ("-",), ("=",), ("*",), ("ctrl+a",), ("R",), ("y",)),
    *(("u",), ("U",), ("B",), ("<",), (">",), ("z",), ("tab",), ("escape",), ("M",), ("d",), ("i",), ("a",)),
    ("enter", "0", ".", "7", "enter"),
    ("enter", "9", "5", "%", "escape"),
    ("b", *"20x", "enter"),
    ("b", *"1 point", "enter"),
    ("b", *"0.5 MB", "escape"),
    ("slash", "c", "enter"),
)
"""What a person can do to a plan; keys that open a dialog are followed by Esc."""


def each_after_each(count: int) -> Iterator[int]:
    """Yield numbers below a count in an order in which each comes right after each (de Bruijn)."""
    for one in range(count):
        yield one
        for other in range(one + 1, count):
            yield from (one, other)


def would_run(desk: Desk) -> Prune | None:
    """The decision that pruning now would be."""
    state = desk.state
    try:
        return prune_decision(state.current_plan(), state.groups, state.settings)
    except DecisionError:
        return None


def drawn_sparsities(desk: Desk, lines: Sequence[str]) -> dict[str, str]:
    """The sparsity that stands in each row in sight."""
    table = desk.table
    found = {}
    for key in table.shown_keys:
        room = table.region_of(key, "sparsity")
        if room is not None:
            found[key] = lines[room.y][room.x : room.right].strip().removeprefix("=")
    return found


def check(desk: Desk, done: str) -> None:
    """Compare what is drawn with what would run."""
    decision = would_run(desk)
    plan = decision.plan if decision is not None else {}
    assert not isinstance(plan, float)
    text = desk.screen_text()
    for name, drawn in drawn_sparsities(desk, text.splitlines()).items():
        assert drawn == sparsity_text(plan.get(name, 0.0)), f"{name} after {done}"
    ratio = desk.state.planner.price(desk.state.current_plan()).compression_ratio
    assert f"compression {times_text(ratio)}" in text, done
    measured = re.search(r"^ +measured ([0-9.]+)", text, re.MULTILINE)
    if measured is not None and decision is not None:
        known = measured_plan(desk.state.view.measured_plans, decision, len(desk.script.performed))
        assert known is not None, done
        assert measured[1] == f"{known.accuracy * 100:.1f}", f"the accuracy after {done}"


async def back_to_plan(desk: Desk) -> None:
    """Close what lies over the plan, and come back to it."""
    for _ in range(4):
        if desk.step is Step.PLAN:
            return
        await desk.press("3" if desk.step is not None else "escape")
        await desk.pilot.pause()
    await desk.to(Step.PLAN)


async def play(desk: Desk, numbers: Sequence[int]) -> None:
    done: list[str] = []
    for number in numbers:
        keys = ACTIONS[number]
        if keys == ("enter", *keys[1:]) and desk.app.screen.focused is not desk.table:
            await desk.press("up")
        await desk.press(*keys)
        await back_to_plan(desk)
        if desk.app.screen.query_one(CellEditor).is_open:
            await desk.press("escape")
        done.append(" ".join(keys))
        check(desk, " | ".join(done[-4:]))


@pytest.mark.parametrize("quarter", range(4))
async def test_after_each_action_and_each_other(tmp_path: Path, quarter: int) -> None:
    numbers = list(each_after_each(len(ACTIONS)))
    part = numbers[quarter * len(numbers) // 4 : (quarter + 1) * len(numbers) // 4 + 1]
    async with open_desk(tmp_path, Script(measures_plans=True), size=SIZE) as desk:
        await desk.to_plan()
        await play(desk, part)
        last = would_run(desk)
        if last is not None:
            await desk.press("p")
            await desk.to(Step.TRAIN)
            await desk.until(lambda: isinstance(desk.last, Prune), "the prune")
            assert desk.last == last


@pytest.mark.parametrize("seed", range(2))
async def test_in_random_order(tmp_path: Path, seed: int) -> None:
    numbers = random.Random(seed).choices(range(len(ACTIONS)), k=150)
    async with open_desk(tmp_path, Script(measures_plans=True), size=SIZE) as desk:
        await desk.to_plan()
        await play(desk, numbers)
