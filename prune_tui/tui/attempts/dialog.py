"""Lists the attempts and the points of the sweep under a picture of their trade-off, to take one up again."""

from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from prune_tui.core.attempts.attempt import AttemptView
from prune_tui.core.attempts.tradeoff import Axis, Tradeoff, front
from prune_tui.core.run.sureness import num_test_images
from prune_tui.core.session.decisions import Prune
from prune_tui.tui.attempts import text as attempts_text
from prune_tui.tui.attempts.known import known_tradeoff, prune_at
from prune_tui.tui.attempts.picture import tradeoff_plot
from prune_tui.tui.attempts.sides_dialog import SidesDialog
from prune_tui.tui.dialogs.dialog import HEIGHTS, Dialog
from prune_tui.tui.palette import palette_of
from prune_tui.tui.state import State
from prune_tui.tui.widgets.chart import Chart
from prune_tui.tui.widgets.fixed_text import FixedText
from prune_tui.tui.widgets.tables.table import Table


@dataclass(frozen=True, slots=True)
class TakenUp:
    """What was chosen to be the plan: a prune, and what it is called."""

    prune: Prune
    words: str


class AttemptsDialog(Dialog[TakenUp]):
    """Returns what is to be the plan; `chosen` is the key of the row to begin at, else the newest attempt."""

    VERTICAL_BREAKPOINTS = HEIGHTS
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take", "take as the plan", show=False),
        Binding("c", "compare", "compare", show=False),
        Binding("A", "next_axis", "axis", show=False),
        Binding("a,q", "dismiss_dialog", "close", show=False),
    ]

    def __init__(self, state: State, *, chosen: str | None = None) -> None:
        super().__init__()
        self._state = state
        self._chosen = chosen
        self._axis: Axis = "compression"
        self._known: tuple[object, Tradeoff] | None = None

    def compose(self) -> ComposeResult:
        with Vertical(classes="panel -whole", id="attempts-panel"):
            yield FixedText(id="axis")
            yield Chart(id="tradeoff")
            yield Table(id="tried")
            yield FixedText(id="attempt-facts")
            yield Static("c compare plans   A axis   enter edit as the plan   esc close", classes="hint")

    def on_mount(self) -> None:
        self.query_one(Table).focus()
        self.call_after_refresh(self._begin)
        self.set_interval(0.5, self._show)

    def _begin(self) -> None:
        self._show()
        attempts = [point.key for point in self._tradeoff.attempts]
        wanted = self._chosen if self._tradeoff.point(self._chosen) is not None else None
        self._table.go_to(wanted or (attempts[-1] if attempts else ""))
        self._show_chosen()

    def on_resize(self) -> None:
        self.call_after_refresh(self._show)

    @property
    def _table(self) -> Table:
        return self.query_one("#tried", Table)

    @property
    def _tradeoff(self) -> Tradeoff:
        """What can be compared; worked out again when the session has changed."""
        view = self._state.view
        if self._known is None or self._known[0] is not view:
            self._known = (view, known_tradeoff(self._state))
        return self._known[1]

    def _show(self) -> None:
        if not self.is_mounted:
            return
        tradeoff, palette = self._tradeoff, palette_of(self.app)
        best = front((tradeoff.dense, *tradeoff.points), self._axis)
        columns = attempts_text.columns(self._table.size.width, tradeoff, self._axis)
        self._table.set_columns(columns)
        self._table.set_rows(
            [
                (point.key, attempts_text.cells(point, tradeoff, best, palette, columns))
                for point in tradeoff.points
            ]
        )
        self._table.show_heading(bool(tradeoff.points))
        self._show_chosen()

    @on(Table.Moved)
    def _show_chosen(self) -> None:
        """Draw the picture with the chosen point, and say what is known of it."""
        tradeoff, palette = self._tradeoff, palette_of(self.app)
        chart, words = self.query_one(Chart), self.query_one("#axis", FixedText)
        point = tradeoff.point(self._table.current)
        chart.show(
            tradeoff_plot(tradeoff, self._axis, chosen=point.key if point is not None else None),
            hint=attempts_text.NOTHING if not tradeoff.points else "\n  nothing to draw along this axis",
        )
        score, width = self._state.score_name, words.size.width
        words.show(attempts_text.title(self._axis, tradeoff, palette, score=score, width=width))
        facts = Text()
        if point is not None:
            best = front((tradeoff.dense, *tradeoff.points), self._axis)
            dense = tradeoff.dense.accuracy if tradeoff.dense is not None else None
            num_images = num_test_images(self._state.view.report)
            facts = attempts_text.facts(point, best, self._axis, palette, dense=dense, num_images=num_images)
        self.query_one("#attempt-facts", FixedText).show(facts)

    @on(Table.Activated)
    def action_take(self) -> None:
        """Take the chosen point as the plan to edit."""
        point = self._tradeoff.point(self._table.current)
        prune = prune_at(point, self._state) if point is not None else None
        if point is None or prune is None:
            self.app.bell()
        else:
            self.dismiss(TakenUp(prune, attempts_text.taken_words(point, prune)))

    def action_compare(self) -> None:
        """Show the chosen attempt beside the plan being edited."""
        point = self._tradeoff.point(self._table.current)
        if point is None:
            self.app.bell()
            return
        is_attempt = isinstance(point.source, AttemptView)
        self.app.push_screen(SidesDialog(self._state, right=point.key if is_attempt else None))

    def action_next_axis(self) -> None:
        offered = self._tradeoff.axes
        self._axis = offered[(offered.index(self._axis) + 1) % len(offered)]
        self._show()
