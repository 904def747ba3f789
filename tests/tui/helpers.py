"""What the screen tests share: an app over a script, what it draws, and waiting for a condition."""

import asyncio
import re
import time
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.pilot import Pilot
from textual.widgets import Input

from prune_tui.core.session.decisions import Decision
from prune_tui.core.session.session import Session
from prune_tui.core.workflow.step import Step
from prune_tui.storage import read_session
from prune_tui.tui.app import PruneApp
from prune_tui.tui.options import Options
from prune_tui.tui.palette import Palette, coloured
from prune_tui.tui.state import State
from prune_tui.tui.steps.step_screen import StepScreen
from prune_tui.tui.widgets.tables.table import Table
from tests.tui.fake_runner import Script, maker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

DEADLINE_SECONDS = 10.0
PALETTE: Palette = coloured("#ffffff", "#000000", "#00ff00", "#00ff00", "#ffff00", "#ff0000", "#0000ff")


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
    """A running app as a person has it before them: what is drawn, the keys, and the files it writes."""

    app: PruneApp
    pilot: Pilot[None]
    script: Script

    @property
    def state(self) -> State:
        """What the screens are drawn from; tests of screens look at what is drawn."""
        return self.app.state

    # --- what is drawn ------------------------------------------------------------------------------------

    def screen_text(self) -> str:
        """The whole screen as text."""
        return "\n".join(
            "".join(segment.text for segment in strip)
            for strip in self.app.screen._compositor.render_strips()
        )

    @property
    def header(self) -> str:
        """The line at the top; empty before anything is drawn."""
        return self.screen_text().partition("\n")[0]

    @property
    def footer(self) -> str:
        """The line at the bottom."""
        return self.screen_text().rpartition("\n")[2]

    @property
    def step(self) -> Step | None:
        """The step that the header names, if no dialog is over it."""
        here = re.search(r"\[([1-5]) \w+\]", self.header)
        return Step(int(here[1])) if here and isinstance(self.app.screen, StepScreen) else None

    def drawn(self, selector: str) -> str:
        """What stands on the screen in a widget's room, without the spaces at the ends of its lines."""
        room = self.app.screen.query_one(selector).content_region
        lines = self.screen_text().splitlines()[room.y : room.bottom]
        return "\n".join(line[room.x : room.right].rstrip() for line in lines).strip()

    def words(self, selector: str) -> str:
        """What stands in a widget's room, as if on one line, with one space between words."""
        return " ".join(self.drawn(selector).split())

    @property
    def table(self) -> Table:
        """The step's table of layers."""
        return self.app.screen.query_one("#layers", Table)

    @property
    def rows(self) -> list[str]:
        """The names in the first column of the step's table."""
        return [line.split()[0] for line in self.drawn("#layers").splitlines()[1:] if line.strip()]

    def cell(self, row: str, column: str, *, table: str = "layers") -> str:
        """What stands on the screen where a cell of a table is."""
        widget = self.app.screen.query_one(f"#{table}", Table)
        room = widget.region_of(row, column)
        assert room is not None, f"{row} is out of sight"
        return self.screen_text().splitlines()[room.y][room.x : room.right].strip()

    @property
    def layer_in_sight(self) -> str:
        """The layer that the histogram beside the plan is of."""
        return self.drawn("#weights").split()[0]

    def is_drawn(self, *words: str) -> bool:
        """Whether all these words are on the screen."""
        text = self.screen_text()
        return all(one in text for one in words)

    # --- what it leaves -----------------------------------------------------------------------------------

    def file(self, name: str = "lenet5-digits") -> Path:
        """Where a session's file is."""
        return self.state.options.sessions_dir / f"{name}.json"

    def saved(self, name: str = "lenet5-digits") -> Session:
        """A session as it is on disk."""
        return read_session(self.file(name))

    def kinds_saved(self, name: str = "lenet5-digits") -> list[str]:
        """The decisions of a session as they are on disk."""
        return [decision.kind for decision in self.saved(name).decisions]

    @property
    def last(self) -> Decision:
        """The newest decision that the runner was given."""
        return self.script.performed[-1]

    # --- what a person does -------------------------------------------------------------------------------

    async def press(self, *keys: str) -> None:
        """Press keys."""
        await self.pilot.press(*keys)

    async def type_into(self, selector: str, text: str) -> None:
        """Type a text in place of what a field holds."""
        field = self.app.screen.query_one(selector, Input)
        field.focus()
        await self.press("end", *["backspace"] * len(field.value), *text)

    async def paste_into(self, selector: str, text: str) -> None:
        """Put a text in place of what a field holds at once, also one that keys can't type there."""
        field = self.app.screen.query_one(selector, Input)
        field.focus()
        field.value = text
        await self.pilot.pause()

    async def resize(self, width: int, height: int) -> None:
        """Have a terminal of another size."""
        await self.pilot.resize_terminal(width, height)
        await self.pilot.pause()

    async def until(
        self, condition: Callable[[], object], what: str = "", *, deadline_seconds: float = DEADLINE_SECONDS
    ) -> None:
        """Wait for a condition."""
        await wait_until(condition, what, deadline_seconds=deadline_seconds)

    async def until_drawn(self, *words: str) -> None:
        """Wait until these words are on the screen."""
        await self.until(lambda: self.is_drawn(*words), f"{words} on the screen")

    async def idle(self) -> None:
        """Wait until nothing runs."""
        await self.until(lambda: not self.state.jobs, "idle")
        await self.pilot.pause()

    async def performed(self, num_decisions: int) -> None:
        """Wait until so many decisions have been carried out."""
        await self.until(lambda: len(self.script.performed) == num_decisions, f"{num_decisions} decisions")
        await self.idle()

    async def to(self, step: Step) -> None:
        """Wait for a step to be in sight."""
        await self.until(lambda: self.step is step and self.app.screen.is_current, f"step {step}")
        await self.pilot.pause()

    async def scan(self) -> None:
        """Go from the picker to a whole scan."""
        await self.press("enter")
        await self.to(Step.SCAN)
        await self.until_drawn("cells settled")
        await self.idle()

    async def to_plan(self) -> None:
        """Go from the picker to a plan made of a whole scan."""
        await self.scan()
        await self.press("enter")
        await self.to(Step.PLAN)

    async def to_train(self) -> None:
        """Go on from there, to a plan being carried out."""
        await self.to_plan()
        await self.press("enter")
        await self.to(Step.TRAIN)

    async def to_pruned(self) -> None:
        """Go on from there, to a plan that has been carried out."""
        await self.to_train()
        await self.idle()

    async def to_save(self) -> None:
        """Go on from a plan that has been carried out, to what came of it."""
        await self.press("enter")
        await self.to(Step.SAVE)
        await self.idle()


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
        await desk.until(lambda: desk.header and desk.state.engine == "ready", "the engine")
        yield desk
        for gate in script.gates.values():
            gate.release(100_000)
    app.release()
