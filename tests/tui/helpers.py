"""What the screen tests share: an app over a script, and waiting for a condition, never for a time."""

import asyncio
import time
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.coordinate import Coordinate
from textual.pilot import Pilot
from textual.widgets import Static

from prune_tui.core.workflow.step import Step
from prune_tui.tui.app import PruneApp
from prune_tui.tui.options import Options
from prune_tui.tui.state import State
from prune_tui.tui.steps.plan.cell_editor import place_of_cell
from prune_tui.tui.steps.step_screen import StepScreen
from prune_tui.tui.widgets.footer import NextBar
from prune_tui.tui.widgets.table import Table
from tests.tui.fake_runner import Script, maker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

DEADLINE_SECONDS = 10.0


async def wait_until(
    condition: Callable[[], object], what: str = "", *, deadline_seconds: float = DEADLINE_SECONDS
) -> None:
    """Let the app run until a condition holds."""
    deadline = time.monotonic() + deadline_seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what or condition}"
        await asyncio.sleep(0.005)


def options_for(folder: Path, **changes: Any) -> Options:
    """The command line's choices, as if none had been given."""
    options = Options(
        model=None,
        dataset=None,
        weights=None,
        data_dir=folder / "data",
        sessions_dir=folder / "sessions",
        device="cpu",
        num_threads=1,
        seed=0,
        resume=None,
    )
    return replace(options, **changes)


@dataclass
class Desk:
    """A running app, its pilot and its script."""

    app: PruneApp
    pilot: Pilot[None]
    script: Script

    @property
    def state(self) -> State:
        """What the screens show."""
        return self.app.state

    @property
    def step(self) -> Step | None:
        """The step in sight, if no dialog is over it."""
        return self.app.screen.step if isinstance(self.app.screen, StepScreen) else None

    @property
    def table(self) -> Table:
        """The step's table of layers."""
        return self.app.screen.query_one("#layers", Table)

    @property
    def num_cells_done(self) -> int:
        """How many cells of the scan have a figure."""
        scan = self.state.view.report.scan
        curves = scan.layers if scan is not None else ()
        return sum(accuracy is not None for curve in curves for accuracy in curve.accuracies)

    @property
    def next_label(self) -> str:
        """What the line above the keys says."""
        return self.app.screen.query_one(NextBar).label

    def text(self, selector: str) -> str:
        """What a static text says."""
        return str(self.app.screen.query_one(selector, Static).render())

    def cell(self, row: str, column: str) -> str:
        """What a cell of the step's table says."""
        return self.table.get_cell(row, column).plain

    @property
    def header(self) -> str:
        """The line at the top, as it stands on the screen."""
        return self.screen_text().splitlines()[0]

    def drawn(self, selector: str) -> str:
        """What stands on the screen in a widget's room, without the spaces at the ends of its lines."""
        room = self.app.screen.query_one(selector).content_region
        lines = self.screen_text().splitlines()[room.y : room.bottom]
        return "\n".join(line[room.x : room.right].rstrip() for line in lines).strip()

    def drawn_cell(self, row: str, column: str) -> str:
        """What stands on the screen where a cell of the step's table is."""
        table = self.table
        at = Coordinate(table.get_row_index(row), table.get_column_index(column))
        x, y, width = place_of_cell(table, at)
        assert table.content_region.contains(x, y), f"{row} is out of sight"
        return self.screen_text().splitlines()[y][x : x + width].strip()

    def cell_of(self, table: str, row: str, column: str) -> str:
        """What a cell of another table says."""
        return self.app.screen.query_one(f"#{table}", Table).get_cell(row, column).plain

    def screen_text(self) -> str:
        """The whole screen as text."""
        return "\n".join(
            "".join(segment.text for segment in strip)
            for strip in self.app.screen._compositor.render_strips()
        )

    async def press(self, *keys: str) -> None:
        """Press keys."""
        await self.pilot.press(*keys)

    async def until(
        self, condition: Callable[[], object], what: str = "", *, deadline_seconds: float = DEADLINE_SECONDS
    ) -> None:
        """Wait for a condition."""
        await wait_until(condition, what, deadline_seconds=deadline_seconds)

    async def idle(self) -> None:
        """Wait until nothing runs."""
        await self.until(lambda: not self.state.jobs, "idle")
        await self.pilot.pause()

    async def to(self, step: Step) -> None:
        """Wait for a step to be in sight."""
        await self.until(lambda: self.step is step and self.app.screen.is_current, f"step {step}")
        await self.pilot.pause()

    async def to_plan(self) -> None:
        """Go from the picker to a plan made of a whole scan."""
        await self.press("enter")
        await self.to(Step.SCAN)
        await self.until(lambda: self.state.view.num_decisions == 2, "the scan")
        await self.idle()
        await self.press("enter")
        await self.to(Step.PLAN)

    async def to_train(self) -> None:
        """Go on from there, to a plan being carried out."""
        await self.to_plan()
        await self.press("enter")
        await self.to(Step.TRAIN)


@asynccontextmanager
async def open_desk(
    folder: Path,
    script: Script | None = None,
    *,
    size: tuple[int, int] = (80, 24),
    notifications: bool = False,
    **changes: Any,
) -> "AsyncIterator[Desk]":
    """Run the app over a script, in a terminal of this size; with `notifications` those are drawn too."""
    script = script or Script()
    options = options_for(folder, **changes)
    app = PruneApp(options, make_runner=maker(script, options.sessions_dir))
    async with app.run_test(size=size, notifications=notifications) as pilot:
        desk = Desk(app, pilot, script)
        await desk.to(Step.PICK)
        await desk.until(lambda: desk.state.engine == "ready", "the engine")
        yield desk
        for gate in script.gates.values():
            gate.release(100_000)
    app.release()
