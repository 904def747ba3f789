"""Step 2: what each layer loses when it alone is pruned, and what the whole network loses by each method."""

from functools import partial

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Container, Vertical

from prune_tui.core.planning.groups import PruningGroup
from prune_tui.core.run.view import epochs_of
from prune_tui.core.scanning.cells import num_settled
from prune_tui.core.scanning.curves import curve_of
from prune_tui.core.terms import each_text
from prune_tui.core.workflow.step import Step
from prune_tui.tui.messages import GoTo, StopWork
from prune_tui.tui.state import State
from prune_tui.tui.steps.layer_rows import LayerRow, stage_words
from prune_tui.tui.steps.plots import curve_plot, training_plot
from prune_tui.tui.steps.scan import rows as scan_rows
from prune_tui.tui.steps.scan import sweep_text
from prune_tui.tui.steps.scan import text as scan_text
from prune_tui.tui.steps.scan.follower import Follower
from prune_tui.tui.steps.scan.numbers import numbers_text
from prune_tui.tui.steps.scan.sweep_panel import SweepPanel
from prune_tui.tui.steps.scan.view_switch import ViewSwitch
from prune_tui.tui.steps.scan.work_screen import WorkScreen
from prune_tui.tui.widgets.chart import Chart
from prune_tui.tui.widgets.fixed_text import FixedText
from prune_tui.tui.widgets.meter import Meter, progress_words
from prune_tui.tui.widgets.tables.table import Table

MIN_CURVE = 10
"""The lines that a curve above its numbers has at least."""

VIEWS = {"scan": "layer by layer", "sweep": "whole network"}


class ScanScreen(WorkScreen):
    """A row per layer, filled while the scan runs, with the chosen layer's curve; or the sweep's curves."""

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self._follower = Follower()

    def compose_body(self) -> ComposeResult:
        yield Meter(id="meter")
        yield ViewSwitch(VIEWS, key="t")
        with Container(id="scan", classes="split"):
            yield Table(id="layers")
            with Vertical(classes="aside"):
                yield FixedText(id="curve-title")
                with Container(id="curve-room"):
                    yield Chart(id="curve")
                    yield FixedText(id="numbers")
        yield SweepPanel(self.state)
        yield FixedText(id="facts")

    def on_mount(self) -> None:
        super().on_mount()
        self.panel.display = False

    def arrive(self) -> None:
        self.action_enter_table()

    @property
    def attempt_in_sight(self) -> str | None:
        return self.panel.table.current if self.is_sweep else None

    @property
    def row(self) -> LayerRow | None:
        """The row under the cursor; none while the sweep is on show."""
        return None if self.is_sweep else super().row

    @property
    def _table(self) -> Table:
        return self.layers_table

    def show(self) -> None:
        state = self.state
        title, share, words = progress_words(state)
        if self.is_sweep and not title:
            title, words = "sweep", self._sweep_words()
        elif state.is_running("scan") or not title:
            title = self._scan_title()
        self.query_one("#meter", Meter).show(title, share, words or scan_text.idle_words(state))
        self.query_one(ViewSwitch).show(
            "sweep" if self.is_sweep else "scan",
            note=f"{self.panel.axis_words}   A next axis" if self.is_sweep and self.panel.curves else "",
        )
        if self.is_sweep:
            self.panel.show()
        else:
            self._show_table()
            self._show_curve()
        self.query_one("#facts", FixedText).show(self._facts())
        label, is_ready = scan_text.next_words(state)
        self.next_bar.show(label, is_ready=is_ready)

    def _scan_title(self) -> str:
        """Name the running scan, or the one that the options give."""
        state, running = self.state, self.state.view.report.scan if self.state.is_running("scan") else None
        shown = running or state.settings
        is_quick = running.tolerance_points is not None if running else state.scans_quickly
        return f"{'quick' if is_quick else 'exact'} scan by {shown.criterion}, {each_text(shown.granularity)}"

    def _sweep_words(self) -> str:
        curves = self.panel.curves
        points = sum(len(curve.points) for curve in curves)
        return f"{len(curves)} curves, {points} points" if curves else "not swept yet: v sweeps"

    def _show_table(self) -> None:
        columns = scan_rows.columns(self._table.size.width, self.state.scan, score=self.state.short_score)
        self._table.set_columns(columns)
        rows = self.rows
        self.stack_rows(len(rows))
        self._table.set_rows(
            [(row.key, scan_rows.cells(row, self.state, columns, self.palette)) for row in rows],
            orders=partial(scan_rows.orders, rows, self.state),
        )
        self._follow()

    def _follow(self) -> None:
        """Go to the row that is being scanned, unless the person looks at another."""
        layer = self.state.view.scanned_layer if self.state.is_running("scan") else None
        row = next((row.key for row in self.rows if layer in row.names), None) if layer is not None else None
        self._follower.follow(self._table, row)

    def _selected(self) -> PruningGroup | None:
        row = self.row
        return row.group if row is not None else None

    def _show_curve(self) -> None:
        palette, view, scan = self.palette, self.state.view, self.state.scan
        title, chart = self.query_one("#curve-title", FixedText), self.query_one("#curve", Chart)
        group = self._selected()
        running = self.state.running
        numbers = self.query_one("#numbers", FixedText)
        numbers.display = False
        if running is not None and running.kind == "train_dense":
            title.show(Text(f"validation {self.state.score_name} by epoch, %", palette.muted))
            num_epochs = running.batch.num_epochs if running.batch else 2
            chart.show(
                training_plot(epochs_of(view, running.index), num_epochs),
                hint="the first epoch is running…",
            )
            return
        if group is None or scan is None or curve_of(scan, group.name) is None:
            title.show(Text())
            chart.show(None)
            return
        text = Text(no_wrap=True, overflow="ellipsis")
        text.append(group.name, palette.bold).append(f"  {self.state.score_name}, %", palette.muted)
        text.append("   ┄ −1 point", palette.faint)
        if scan.tolerance_points is not None or num_settled(scan) < scan.num_known:
            text.append("   ⠕ 95 %", palette.faint)
        title.show(text)
        chart.show(curve_plot(scan, group.name), hint="")
        room = self.query_one("#curve-room")
        has_room = room.size.height > len(scan.sparsities) + (0 if self.has_class("-stacked") else MIN_CURVE)
        numbers.display = has_room and (self.has_class("-wide") or self.has_class("-high"))
        if numbers.display:
            numbers.show(numbers_text(scan, group.name, palette, score=self.state.short_score))

    def _facts(self) -> Text:
        if not self.is_sweep:
            row = self.row
            if row is not None and row.is_stage:
                return Text(f"{stage_words(row)}\nz unfolds it, i lists its layers", self.palette.text)
            return scan_text.facts(self._selected(), self.state, self.palette)
        selected = self.panel.selected
        if selected is None:
            return Text("on the validation split, each from the dense baseline", self.palette.muted)
        return sweep_text.facts(*selected, self.palette, dense=self.panel.dense)

    @on(Table.Moved)
    def _moved(self) -> None:
        if self.is_drawable:
            if not self.is_sweep:
                self._show_curve()
            self.query_one("#facts", FixedText).show(self._facts())

    @on(Table.Scrolled)
    def _scrolled(self) -> None:
        self._follower.stop()

    @on(Table.Left)
    def _left(self, message: Table.Left) -> None:
        if message.towards in ("left", "right"):
            self.turn_to(is_sweep=message.towards == "right")

    @on(ViewSwitch.Chosen)
    def _chosen(self, message: ViewSwitch.Chosen) -> None:
        self.turn_to(is_sweep=message.name == "sweep")

    def action_toggle_view(self) -> None:
        self.turn_to(is_sweep=not self.is_sweep)

    def action_next_axis(self) -> None:
        if not self.is_sweep:
            self.turn_to(is_sweep=True)
            return
        self.panel.next_axis()
        self.show()

    def action_go_on(self) -> None:
        """Go to the plan; a running scan ends with what it has."""
        if not scan_text.next_words(self.state)[1]:
            self.app.bell()
            return
        if self.state.is_running("scan"):
            self.post_message(StopWork())
        self.post_message(GoTo(Step.PLAN))
