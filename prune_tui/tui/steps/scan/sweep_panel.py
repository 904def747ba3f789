"""The sweep in step 2: its curves, their legend, and a table of the points."""

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from prune_tui.core.report import Curve, CurvePoint
from prune_tui.core.run.sweep_curves import curve_name
from prune_tui.tui.palette import palette_of
from prune_tui.tui.state import State
from prune_tui.tui.steps.scan import sweep_text
from prune_tui.tui.steps.scan.sweep_text import AXES, Axis
from prune_tui.tui.widgets.chart import Chart
from prune_tui.tui.widgets.fixed_text import FixedText
from prune_tui.tui.widgets.tables.table import Table

NOT_SWEPT = """
  A sweep prunes the whole network by several methods, each at several
  sparsities, and draws the accuracy it keeps. It compares criteria, and
  pruning weights with pruning units.

  v chooses the methods"""


class SweepPanel(Vertical):
    """The curves of the last sweep; the point under the cursor has its curve drawn in front."""

    def __init__(self, state: State) -> None:
        super().__init__(id="sweep")
        self._state = state
        self._axis: Axis = "sparsity"

    def compose(self) -> ComposeResult:
        with Horizontal(id="sweep-top"):
            yield Chart(id="sweep-chart")
            yield FixedText(id="legend")
        yield Table(id="points")

    @property
    def table(self) -> Table:
        return self.query_one("#points", Table)

    @property
    def curves(self) -> tuple[Curve, ...]:
        return sweep_text.latest(self._state.view.report.curves)

    @property
    def axis_words(self) -> str:
        return f"{self._state.score_name}, %, by {AXES[self._axis]}"

    @property
    def dense(self) -> float | None:
        """The dense validation accuracy, where a scan has found it."""
        scan = self._state.view.report.scan
        return scan.dense_accuracy if scan is not None else None

    @property
    def selected(self) -> tuple[Curve, CurvePoint] | None:
        current = self.table.current
        found = ((curve, point) for curve in self.curves for point in curve.points)
        return next((one for one in found if sweep_text.key(*one) == current), None)

    def show(self) -> None:
        palette, curves = palette_of(self.app), self.curves
        columns = sweep_text.columns(self.table.size.width, sweep_text.batch_timed(curves))
        self.table.set_columns(columns)
        self.table.set_rows(
            [
                (sweep_text.key(curve, point), sweep_text.cells(curve, position, point, palette, columns))
                for position, curve in enumerate(curves)
                for point in curve.points
            ]
        )
        self.table.show_heading(bool(curves))
        legend = self.query_one("#legend")
        if legend.display is not bool(curves):
            legend.display = bool(curves)
            self.call_after_refresh(self._show_curves)  # how many lines it holds is known once laid out
        self._show_curves()

    def next_axis(self) -> None:
        offered = sweep_text.axes(self.curves)
        at = offered.index(self._axis) if self._axis in offered else -1
        self._axis = offered[(at + 1) % len(offered)]
        self._show_curves()

    def _show_curves(self) -> None:
        palette, curves, selected = palette_of(self.app), self.curves, self.selected
        front = curve_name(selected[0]) if selected is not None else None
        axis = self._axis if self._axis in sweep_text.axes(curves) else "sparsity"
        hint = "\n  the first point is running…" if curves else NOT_SWEPT
        self.query_one("#sweep-chart", Chart).show(
            sweep_text.plot(curves, axis, front=front, dense=self.dense), hint=hint
        )
        legend = self.query_one("#legend", FixedText)
        room = legend.content_size.height
        legend.show(sweep_text.legend(curves, palette, dense=self.dense, front=front, room=room))

    @on(Table.Moved)
    def _moved(self) -> None:
        self._show_curves()
