"""Step 2: what each layer loses when it alone is pruned, and what the whole network loses by each method."""

from dataclasses import replace
from functools import partial

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Container, Vertical

from prune_tui.catalog.criteria import CRITERIA
from prune_tui.catalog.recipes import recipe_of
from prune_tui.core.planning.groups import PruningGroup
from prune_tui.core.run.view import epochs_of
from prune_tui.core.scanning.cells import num_settled
from prune_tui.core.scanning.curves import curve_of
from prune_tui.core.session.decisions import Sweep
from prune_tui.core.terms import each_text
from prune_tui.core.workflow.baselines import training_like_dense
from prune_tui.core.workflow.offers import next_granularity
from prune_tui.core.workflow.step import Step
from prune_tui.core.workflow.steps import has_baseline
from prune_tui.core.workflow.sweep_settings import SweepSettings, sweep_of
from prune_tui.tui.messages import GoTo, Perform, StopWork, UnitsWanted
from prune_tui.tui.state import State
from prune_tui.tui.steps.layer_rows import LayerRow, stage_words
from prune_tui.tui.steps.layers_screen import LayersScreen
from prune_tui.tui.steps.plots import curve_plot, training_plot
from prune_tui.tui.steps.scan import rows as scan_rows
from prune_tui.tui.steps.scan import sweep_text
from prune_tui.tui.steps.scan import text as scan_text
from prune_tui.tui.steps.scan.follower import Follower
from prune_tui.tui.steps.scan.numbers import numbers_text
from prune_tui.tui.steps.scan.sweep_dialog import SweepDialog
from prune_tui.tui.steps.scan.sweep_panel import SweepPanel
from prune_tui.tui.steps.scan.view_switch import ViewSwitch
from prune_tui.tui.widgets.chart import Chart
from prune_tui.tui.widgets.filter_bar import FilterBar
from prune_tui.tui.widgets.fixed_text import FixedText
from prune_tui.tui.widgets.meter import Meter, progress_words
from prune_tui.tui.widgets.tables.table import Table

MIN_CURVE = 10
"""The lines that a curve above its numbers has at least."""

VIEWS = {"scan": "layer by layer", "sweep": "whole network"}


class ScanScreen(LayersScreen):
    """A row per layer, filled while the scan runs, with the chosen layer's curve; or the sweep's curves."""

    step = Step.SCAN
    home = "#layers"

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self._is_sweep = False
        self._sweep_settings = SweepSettings()
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
        self._panel.display = False

    def arrive(self) -> None:
        self.action_enter_table()

    @property
    def tables(self) -> list[Table]:
        return [self._panel.table if self._is_sweep else self._table]

    @property
    def attempt_in_sight(self) -> str | None:
        return self._panel.table.current if self._is_sweep else None

    @property
    def row(self) -> LayerRow | None:
        """The row under the cursor; none while the sweep is on show."""
        return None if self._is_sweep else super().row

    @property
    def _panel(self) -> SweepPanel:
        return self.query_one(SweepPanel)

    @property
    def _table(self) -> Table:
        return self.layers_table

    def show(self) -> None:
        state = self.state
        title, share, words = progress_words(state)
        if self._is_sweep and not title:
            title, words = "sweep", self._sweep_words()
        elif state.is_running("scan") or not title:
            title = self._scan_title()
        self.query_one("#meter", Meter).show(title, share, words or scan_text.idle_words(state))
        self.query_one(ViewSwitch).show(
            "sweep" if self._is_sweep else "scan",
            note=f"{self._panel.axis_words}   A next axis" if self._is_sweep and self._panel.curves else "",
        )
        if self._is_sweep:
            self._panel.show()
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
        curves = self._panel.curves
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
        if not self._is_sweep:
            row = self.row
            if row is not None and row.is_stage:
                return Text(f"{stage_words(row)}\nz unfolds it, i lists its layers", self.palette.text)
            return scan_text.facts(self._selected(), self.state, self.palette)
        selected = self._panel.selected
        if selected is None:
            return Text("on the validation split, each from the dense baseline", self.palette.muted)
        return sweep_text.facts(*selected, self.palette, dense=self._panel.dense)

    @on(Table.Moved)
    def _moved(self) -> None:
        if self.is_drawable:
            if not self._is_sweep:
                self._show_curve()
            self.query_one("#facts", FixedText).show(self._facts())

    @on(Table.Scrolled)
    def _scrolled(self) -> None:
        self._follower.stop()

    @on(Table.Left)
    def _left(self, message: Table.Left) -> None:
        if message.towards in ("left", "right"):
            self._turn_to(is_sweep=message.towards == "right")

    @on(ViewSwitch.Chosen)
    def _chosen(self, message: ViewSwitch.Chosen) -> None:
        self._turn_to(is_sweep=message.name == "sweep")

    def _turn_to(self, *, is_sweep: bool) -> None:
        self._is_sweep = is_sweep
        self.query_one("#scan").display = not is_sweep
        self._panel.display = is_sweep
        self.action_enter_table()
        self.query_one(FilterBar).follow(*self.tables)
        self.show()
        # A table that was hidden has no width until it has been laid out.
        self.call_after_refresh(self.redraw)

    def action_enter_table(self) -> None:
        self.tables[0].focus()

    def action_toggle_view(self) -> None:
        self._turn_to(is_sweep=not self._is_sweep)

    def action_next_axis(self) -> None:
        if not self._is_sweep:
            self._turn_to(is_sweep=True)
            return
        self._panel.next_axis()
        self.show()

    def action_go_on(self) -> None:
        """Go to the plan; a running scan ends with what it has."""
        if not scan_text.next_words(self.state)[1]:
            self.app.bell()
            return
        if self.state.is_running("scan"):
            self.post_message(StopWork())
        self.post_message(GoTo(Step.PLAN))

    def action_rescan(self) -> None:
        """Scan with the options on show; or load or train the baseline again, if there is none."""
        if self.state.is_busy or not self.state.view.is_ready:
            self.app.bell()
        elif not has_baseline(self.state.session):
            self.post_message(Perform(self.state.baseline))
        else:
            self._turn_to(is_sweep=False)
            self.post_message(Perform(self.state.offered_scan))

    def action_toggle_quick(self) -> None:
        """Switch between quick and exact, and scan again; a running scan is stopped."""
        state = self.state
        is_scanning = state.is_running("scan")
        is_held_up = state.is_busy and (not is_scanning or state.is_stopping)
        if is_held_up or not has_baseline(state.session):
            self.app.bell()
            return
        state.is_quick = not state.scans_quickly
        if is_scanning:
            self.post_message(StopWork())
        self._turn_to(is_sweep=False)
        self.post_message(Perform(state.offered_scan))

    def action_sweep(self) -> None:
        if not has_baseline(self.state.session):
            self.app.bell()
            return
        view = self.state.view
        dialog = SweepDialog(self._sweep_settings, layers=view.layers, epoch_seconds=view.pace.epoch_seconds)
        self.app.push_screen(dialog, self._sweep_given)

    def _sweep_given(self, settings: SweepSettings | None) -> None:
        if settings is not None:
            self._sweep_settings = settings
            self.post_message(Perform(self._sweep_decision(settings)))
            self._turn_to(is_sweep=True)

    def _sweep_decision(self, settings: SweepSettings) -> Sweep:
        state, session = self.state, self.state.session
        assert session is not None
        return sweep_of(
            settings,
            state.view.layers,
            finetuning=state.settings.finetuning,
            training=training_like_dense(session, recipe_of(session)),
        )

    def action_next_criterion(self) -> None:
        names = list(CRITERIA)
        now = names.index(self.state.settings.criterion) if self.state.settings.criterion in names else -1
        self._with(criterion=names[(now + 1) % len(names)])

    def action_next_granularity(self) -> None:
        self.state.settings = replace(self.state.settings, granularity=next_granularity(self.state.settings))
        self.post_message(UnitsWanted())
        self._turn_to(is_sweep=False)

    def _with(self, *, criterion: str) -> None:
        self.state.settings = replace(self.state.settings, criterion=criterion)
        self._turn_to(is_sweep=False)
