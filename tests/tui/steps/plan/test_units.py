"""A unit plan shows units, and the figures of the network that shrinking will give."""

from pathlib import Path

from prune_tui.core.planning.price import price
from prune_tui.core.workflow.step import Step
from prune_tui.reports.numbers import times_text
from tests.core.chain import chain, layers_of
from tests.tui.fake_runner import Script
from tests.tui.helpers import Desk, open_desk

SIZES, POSITIONS = (3, 20, 50, 500, 10), (576, 64, 1, 1)


async def _to_units(desk: Desk) -> None:
    await desk.scan()
    await desk.press("w", "r")
    await desk.performed(3)
    await desk.press("enter")
    await desk.to(Step.PLAN)


async def test_units_are_counted_and_the_totals_are_of_the_shrunk_network(tmp_path: Path) -> None:
    layers, shape = tuple(layers_of(SIZES, POSITIONS)), chain(SIZES, POSITIONS)
    async with open_desk(tmp_path, Script(layers=layers, shape=shape), size=(120, 40)) as desk:
        await _to_units(desk)
        await desk.press("up", "g", "enter", *".5", "enter")
        assert desk.cell("layer0", "kept") == "10 of 20"
        await desk.press("y")
        plan = dict.fromkeys(("layer0", "layer1", "layer2"), 0.5)
        paid = price(layers, plan, other_parameters=0, other_macs=0, shape=shape)
        assert desk.cell("layer2", "kept") == "250 of 500"
        assert paid.compression_ratio > 3
        assert times_text(paid.compression_ratio) in desk.drawn("#totals")


async def test_a_budget_over_units_is_met_by_the_shrunk_network(tmp_path: Path) -> None:
    layers, shape = tuple(layers_of(SIZES, POSITIONS)), chain(SIZES, POSITIONS)
    async with open_desk(tmp_path, Script(layers=layers, shape=shape)) as desk:
        await _to_units(desk)
        for typed, shown in (("3x MACs", "3.0×"), ("90 %", "90.0 %"), ("10k params", "≤ 10k ok")):
            await desk.press("b", *typed, "enter")
            assert shown in desk.drawn("#totals")
            assert " ok)" in desk.drawn("#totals")


async def test_what_shrinking_leaves_beside_the_kept_units_is_said(tmp_path: Path) -> None:
    layers, shape = tuple(layers_of(SIZES, POSITIONS)), chain(SIZES, POSITIONS, step=8)
    async with open_desk(tmp_path, Script(layers=layers, shape=shape), size=(120, 40)) as desk:
        await _to_units(desk)
        await desk.press("up", "g", "enter", *".5", "enter", "k")
        assert desk.cell("layer0", "kept") == "10 of 20"
        assert "shrinking leaves 16 of its units" in desk.drawn("#explain")
