"""Shows two plans side by side, row by row: attempts, and the plan being edited."""

from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from prune_tui.core.attempts.sides import Side, side_of_attempt, side_of_plan, side_rows
from prune_tui.core.run.sureness import num_test_images
from prune_tui.tui.attempts import sides_text
from prune_tui.tui.attempts.known import known_attempts
from prune_tui.tui.dialogs.dialog import HEIGHTS, Dialog
from prune_tui.tui.palette import palette_of
from prune_tui.tui.state import State
from prune_tui.tui.widgets.fixed_text import FixedText
from prune_tui.tui.widgets.tables.table import Table

THE_PLAN: Final = 0


class SidesDialog(Dialog[None]):
    """Left and right choose the plan on the right, tab swaps the sides; so any two can be compared."""

    VERTICAL_BREAKPOINTS = HEIGHTS
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "swap", "swap", show=False, priority=True),
        Binding("c,q,enter", "dismiss_dialog", "close", show=False),
    ]

    def __init__(self, state: State, *, right: str | None) -> None:
        super().__init__()
        self._sides = (
            side_of_plan(state.current_plan(), state.planner),
            *(side_of_attempt(attempt, state.view.layers) for attempt in known_attempts(state)),
        )
        self._state = state
        names = [side.name for side in self._sides]
        self._left = THE_PLAN
        self._right = names.index(right) if right in names else len(names) - 1

    def compose(self) -> ComposeResult:
        with Vertical(classes="panel -whole"):
            yield Static("Two plans side by side: sparsity and weights kept", classes="heading")
            yield FixedText(id="names")
            yield Table(id="rows")
            yield FixedText(id="totals")
            yield Static("← → another on the right   tab swap sides   esc close", classes="hint -close")

    def on_mount(self) -> None:
        self.query_one(Table).focus()
        self.call_after_refresh(self._show)

    def on_resize(self) -> None:
        self.call_after_refresh(self._show)

    @property
    def _shown(self) -> tuple[Side, Side]:
        return self._sides[self._left], self._sides[self._right]

    def _show(self) -> None:
        palette, table = palette_of(self.app), self.query_one(Table)
        left, right = self._shown
        columns = sides_text.columns(table.size.width, left, right)
        table.set_columns(columns)
        table.set_rows(
            [
                (row.group.name, sides_text.cells(row, palette, columns))
                for row in side_rows(left, right, self._state.view.layers)
            ]
        )
        self._leave_room(table)
        self.query_one("#names", FixedText).show(sides_text.names(left, right, palette))
        state = self._state
        num_images = num_test_images(state.view.report)
        totals = sides_text.totals(
            left, right, palette, columns, score=state.score_name, num_images=num_images
        )
        self.query_one("#totals", FixedText).show(totals)

    def _leave_room(self, table: Table) -> None:
        """Keep the rows as high as leaves room for all that is below them."""
        panel = self.query_one(".panel")
        others = [one for one in panel.children if one is not table and one.display]
        taken = sum(one.outer_size.height + one.styles.margin.height for one in others)
        table.styles.max_height = max(3, panel.content_size.height - taken)

    @on(Table.Left)
    def _turned(self, message: Table.Left) -> None:
        """Show another plan on the right, passing over the one on the left."""
        others = [at for at in range(len(self._sides)) if at != self._left]
        if not others:
            self.app.bell()
            return
        at = others.index(self._right) if self._right in others else 0
        self._right = others[(at + (1 if message.towards == "right" else -1)) % len(others)]
        self._show()

    def action_swap(self) -> None:
        self._left, self._right = self._right, self._left
        self._show()
