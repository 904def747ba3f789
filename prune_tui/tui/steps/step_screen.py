"""What the five steps share: header, body, next action and keys; a step is drawn only while on show."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.geometry import Size
from textual.screen import Screen

from prune_tui.core.workflow.step import Step
from prune_tui.tui.actions import actions_of, bindings_of
from prune_tui.tui.messages import CheckpointsWanted, GoTo, PauseWork, Perform, StopWork, UnitsWanted
from prune_tui.tui.palette import Palette, palette_of
from prune_tui.tui.state import State
from prune_tui.tui.widgets.filter_bar import FilterBar
from prune_tui.tui.widgets.footer import KeyBar, NextBar
from prune_tui.tui.widgets.header import StepHeader
from prune_tui.tui.widgets.tables.table import Table

if TYPE_CHECKING:
    from prune_tui.tui.attempts.dialog import TakenUp

READ_ONLY_WORDS = "read-only: enter says how to get the checkpoints"

WIDTHS = [(0, "-slim"), (64, "-narrow"), (110, "-wide")]
HEIGHTS = [(0, "-tiny"), (18, "-low"), (34, "-high")]


class StepScreen(Screen[None]):
    """A step: `show` draws it from the state, and is called only while the step is on show."""

    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = HEIGHTS
    AUTO_FOCUS = ""  # `arrive` says what has the focus; Textual would first give it to the table.
    step: ClassVar[Step]
    home: ClassVar[str] = "#next"
    """The widget that has the focus when the step is first shown."""

    def __init__(self, state: State) -> None:
        super().__init__()
        self.state = state

    def fit(self, size: Size) -> None:
        """Take on the classes of a size before it is mounted, so that it need not be styled twice."""
        for value, breakpoints in ((size.width, WIDTHS), (size.height, HEIGHTS)):
            self.add_class([name for least, name in breakpoints if value >= least][-1])

    def __init_subclass__(cls, **arguments: Any) -> None:
        if hasattr(cls, "step"):
            cls.BINDINGS = bindings_of(cls.step)
        super().__init_subclass__(**arguments)

    def compose(self) -> ComposeResult:
        yield StepHeader(self.state, self.step)
        yield KeyBar(self.step, self.state.options.keys)
        with Vertical(id="body"):
            yield from self.compose_body()
        yield FilterBar()
        yield NextBar()

    @abstractmethod
    def compose_body(self) -> ComposeResult:
        """Yield the widgets of the step's body."""

    @abstractmethod
    def show(self) -> None:
        """Draw the step from the state."""

    @property
    def palette(self) -> Palette:
        return palette_of(self.app)

    @property
    def next_bar(self) -> NextBar:
        return self.query_one(NextBar)

    def on_mount(self) -> None:
        self.arrive()

    def arrive(self) -> None:
        """Focus what Enter goes on from, never a field; called whenever the step is entered."""
        self.query_one(self.home).focus()

    @property
    def tables(self) -> list[Table]:
        return list(self.query(Table))

    def on_screen_resume(self) -> None:
        self.redraw()

    @property
    def is_drawable(self) -> bool:
        """Whether all widgets exist: messages also arrive while the screen is built or removed."""
        return self.is_mounted and self.app.is_running

    def redraw(self) -> None:
        if self.is_drawable and self.size:
            self.query_one(StepHeader).show()
            self.show()

    def on_resize(self) -> None:
        """Draw again: columns depend on the width."""
        self.call_after_refresh(self.redraw)

    @on(NextBar.Pressed)
    async def _pressed(self) -> None:
        await self.run_action("go_on")

    @on(Table.Activated)
    async def _activated(self) -> None:
        """A double click does what Enter does."""
        await self.run_action(actions_of(self.step)[0].name)

    @on(Table.FilterAsked)
    def _filter_asked(self, message: Table.FilterAsked) -> None:
        self.query_one(FilterBar).open(message.table)

    def action_go_back(self) -> None:
        """Show all rows, where a filter hides some; else go to the step before."""
        if not self.clear_filters():
            self.post_message(GoTo(Step(max(1, self.step - 1))))

    def clear_filters(self) -> bool:
        """Show all rows of the tables in sight, and return whether that changed anything."""
        filtered = [table for table in self.tables if table.filter_text]
        for table in filtered:
            table.set_filter("")
        if filtered:
            self.query_one(FilterBar).close()
        return bool(filtered)

    def refuses_work(self) -> bool:
        """Return whether the session can only be looked at, and say then how to get its checkpoints."""
        if self.state.is_read_only:
            self.post_message(CheckpointsWanted())
        return self.state.is_read_only

    def action_enter_table(self) -> None:
        """Go up from the last line into the step's table, if it has one."""
        if self.home != "#next":
            self.query_one(self.home).focus()

    @property
    def layer_in_sight(self) -> str | None:
        """The layer under the cursor or on show, if any."""
        return None

    def action_show_distributions(self) -> None:
        from prune_tui.tui.dialogs.distributions import DistributionsDialog

        if self.state.view.layers:
            self.app.push_screen(DistributionsDialog(self.state, layer=self.layer_in_sight))
        else:
            self.app.bell()

    @property
    def attempt_in_sight(self) -> str | None:
        """The key of the attempt or the point of a sweep on show, if any."""
        return None

    def action_show_attempts(self) -> None:
        from prune_tui.tui.attempts.dialog import AttemptsDialog

        if self.state.view.layers:
            dialog = AttemptsDialog(self.state, chosen=self.attempt_in_sight)
            self.app.push_screen(dialog, self._attempt_taken)
        else:
            self.app.bell()

    def _attempt_taken(self, taken: TakenUp | None) -> None:
        """Edit what was chosen as the plan."""
        if taken is not None:
            self.state.take_up(taken.prune, taken.words)
            self.post_message(UnitsWanted())
            self.post_message(GoTo(Step.PLAN))
            if self.step is Step.PLAN:
                self.arrive()

    def action_finetune(self) -> None:
        """Fine-tune the pruned network once more, by the recipe of the settings, and watch."""
        from prune_tui.core.planning.settings import finetuning_of
        from prune_tui.core.session.decisions import Finetune

        state = self.state
        if state.is_busy or state.view.counted is None:
            self.app.bell()
            return
        if self.refuses_work():
            return
        self.post_message(Perform(Finetune(training=finetuning_of(state.settings))))
        self.post_message(GoTo(Step.TRAIN))

    def action_toggle_pause(self) -> None:
        self.post_message(PauseWork())

    def action_stop_work(self) -> None:
        self.post_message(StopWork())
