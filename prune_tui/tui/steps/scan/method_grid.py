"""A grid of methods to tick: criteria down; across, the granularities and their scopes."""

from collections import Counter
from collections.abc import Sequence
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual import events
from textual.app import RenderResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget

from prune_tui.catalog.criteria import criterion_entry
from prune_tui.core.session.decisions import Method
from prune_tui.core.terms import GRANULARITY_NAMES
from prune_tui.core.workflow.offers import SWEPT
from prune_tui.tui.palette import Palette, palette_of

LABEL_WIDTH = 15
CELL_WIDTH = 7
HEADING_LINES = 2


class MethodGrid(Widget, can_focus=True):
    """Arrows move, space ticks; `·` can't be ticked, and says why under the cursor."""

    DEFAULT_CSS = "MethodGrid { height: auto; padding: 0 1; text-wrap: nowrap; }"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "move(0, -1)", "left", show=False),
        Binding("right,l", "move(0, 1)", "right", show=False),
        Binding("up,k", "move(-1, 0)", "up", show=False),
        Binding("down,j", "move(1, 0)", "down", show=False),
        Binding("space", "tick", "tick", show=False),
    ]

    class Changed(Message):
        """A tick or the cursor has changed."""

    def __init__(self, criteria: Sequence[str], methods: Sequence[Method], *, id: str) -> None:
        super().__init__(id=id)
        self._criteria = list(criteria)
        self._ticked = set(methods)
        self._row = self._column = 0
        self.styles.height = HEADING_LINES + len(criteria)

    @property
    def methods(self) -> tuple[Method, ...]:
        """What is ticked, in the order it is shown."""
        columns = range(len(SWEPT))
        every = (self._method(row, column) for row in range(len(self._criteria)) for column in columns)
        return tuple(method for method in every if method in self._ticked)

    @property
    def reason(self) -> str:
        """Why the method under the cursor can't be ticked, if so."""
        return why_not(self._method(self._row, self._column))

    def _method(self, row: int, column: int) -> Method:
        granularity, scope = SWEPT[column]
        return Method(criterion=self._criteria[row], granularity=granularity, scope=scope)

    def render(self) -> RenderResult:
        palette = palette_of(self.app)
        text = Text(no_wrap=True)
        for heading in headings():
            text.append("\n" if text else "").append(heading.rstrip(), palette.muted)
        for row, criterion in enumerate(self._criteria):
            text.append(f"\n{criterion:<{LABEL_WIDTH}}", palette.text)
            for column in range(len(SWEPT)):
                text.append(" " * (CELL_WIDTH - 4) if column else "")
                text.append(*self._cell(row, column, palette))
        return text

    def _cell(self, row: int, column: int, palette: Palette) -> tuple[str, Style]:
        method = self._method(row, column)
        is_here = self.has_focus and (row, column) == (self._row, self._column)
        is_ticked = method in self._ticked
        sign = " · " if why_not(method) else "[x]" if is_ticked else "[ ]"
        style = palette.selected if is_ticked else palette.muted
        return (f"▸{sign}", style + Style(bold=True, reverse=True)) if is_here else (f" {sign}", style)

    def on_click(self, event: events.Click) -> None:
        row, column = event.y - HEADING_LINES, (event.x - 1 - LABEL_WIDTH) // CELL_WIDTH
        if 0 <= row < len(self._criteria) and 0 <= column < len(SWEPT):
            self._row, self._column = row, column
            self.action_tick()

    def action_move(self, down: int, right: int) -> None:
        """Move the cursor, or out of the grid."""
        row = self._row + down
        if not 0 <= row < len(self._criteria):
            if row < 0:
                self.screen.focus_previous()
            else:
                self.screen.focus_next()
            return
        self._row, self._column = row, min(len(SWEPT) - 1, max(0, self._column + right))
        self._changed()

    def action_tick(self) -> None:
        if self.reason:
            self.app.bell()
        else:
            self._ticked ^= {self._method(self._row, self._column)}
        self._changed()

    def _changed(self) -> None:
        self.refresh()
        self.post_message(self.Changed())


def headings() -> tuple[str, str]:
    """Return the two lines over the cells: what is pruned at once, and below it the scopes."""
    scopes = Counter(granularity for granularity, _ in SWEPT)
    names = (f"{GRANULARITY_NAMES[name]:<{CELL_WIDTH * count}}" for name, count in scopes.items())
    label = " " * LABEL_WIDTH
    return label + "".join(names), label + "".join(f"{scope:<{CELL_WIDTH}}" for _, scope in SWEPT)


def why_not(method: Method) -> str:
    """Say why a method is not worth a curve, if so."""
    return criterion_entry(method.criterion).why_not_swept(method.granularity, method.scope)
