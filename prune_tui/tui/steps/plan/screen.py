"""Step 3: a sparsity for each layer, priced at every keystroke."""

from functools import partial

from textual import on
from textual.app import ComposeResult
from textual.containers import Container, Vertical

from prune_tui.core.errors import DecisionError
from prune_tui.core.planning.settings import PlanSettings, prune_decision
from prune_tui.core.workflow.baselines import trained_baseline
from prune_tui.core.workflow.step import Step
from prune_tui.core.workflow.steps import is_pruning
from prune_tui.reports.numbers import sparsity_text
from prune_tui.tui.messages import GoTo, Perform, UnitsWanted
from prune_tui.tui.state import State
from prune_tui.tui.steps.layer_rows import stage_words
from prune_tui.tui.steps.plan import rows as plan_rows
from prune_tui.tui.steps.plan import text as plan_text
from prune_tui.tui.steps.plan import totals_text
from prune_tui.tui.steps.plan.budget import trial
from prune_tui.tui.steps.plan.budget.bar import BudgetBar
from prune_tui.tui.steps.plan.cell_editor import CellEditor
from prune_tui.tui.steps.plan.edit_screen import EditScreen
from prune_tui.tui.steps.plan.next_text import next_text
from prune_tui.tui.steps.plan.settings.dialog import SettingsDialog
from prune_tui.tui.steps.plan.units_text import kept_width
from prune_tui.tui.steps.plots import curve_plot
from prune_tui.tui.steps.step_screen import READ_ONLY_WORDS
from prune_tui.tui.widgets.chart import Chart
from prune_tui.tui.widgets.fixed_text import FixedText
from prune_tui.tui.widgets.tables.table import Table
from prune_tui.tui.widgets.weight_histogram import WeightHistogram


class PlanScreen(EditScreen):
    """A table edited in place; the last line prunes, and has the focus on arrival."""

    step = Step.PLAN

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self._rows = plan_rows.PlanRows()

    def compose_body(self) -> ComposeResult:
        with Container(classes="split"):
            yield Table(id="layers")
            with Vertical(classes="aside"):
                yield WeightHistogram(id="weights")
                yield Chart(id="curve")
        yield FixedText(id="explain")
        yield BudgetBar()
        yield FixedText(id="settings")
        yield FixedText(id="totals")
        yield FixedText(id="accuracy")
        yield CellEditor()

    def arrive(self) -> None:
        """Begin at the last line, and say what was taken as the plan, if it was not made here."""
        words = self.state.taken_words
        self._note = f"✓ {words} is the plan now: u takes it back" if words else ""
        super().arrive()
        self.redraw()

    @property
    def _table(self) -> Table:
        return self.layers_table

    def show(self) -> None:
        state, plan = self.state, self.plan
        if not state.view.layers:
            return
        self._measurer.follow(plan)
        sparsities, price = state.planner.sparsities(plan), state.planner.price(plan)
        columns = plan_rows.columns(
            self._table.size.width, state.scan, score=state.short_score, kept_width=kept_width(state)
        )
        self._table.set_columns(columns)
        rows = self.rows
        self.stack_rows(len(rows))
        drawn = self._rows.drawn(rows, plan, sparsities, self.marked, state, columns, self.palette)
        self._table.set_rows(drawn, orders=partial(plan_rows.orders, rows, sparsities, state))
        self._show_row_of(sparsities, is_unmet=trial.whether_met(self._goal, price, state) is False)
        self.query_one("#settings", FixedText).show(plan_text.settings_line(plan, state, self.palette))
        totals = self.query_one("#totals", FixedText)
        shown = self._totals(price)
        totals.show(totals_text.totals(shown, self.palette, width=self.size.width - 4))
        line = totals_text.accuracy_line(shown, self.palette, width=self.size.width - 4)
        self.query_one("#accuracy", FixedText).show(line)
        if state.is_read_only:
            self.next_bar.show(READ_ONLY_WORDS)
        elif is_pruning(state.view):
            self.next_bar.show("a plan is being carried out: 4 shows it", is_ready=False)
        else:
            self.next_bar.show(next_text(state))

    def _show_row_of(self, sparsities: dict[str, float], *, is_unmet: bool = False) -> None:
        row, state = self.row, self.state
        if row is None:
            return
        group = row.groups[0]
        layer = group.leader
        sparsity = sparsities.get(layer.name, 0.0)
        histogram, num_pruned_bins = plan_text.pruned_bins(layer, sparsity, state)
        weights = self.query_one("#weights", WeightHistogram)
        title = plan_text.histogram_title(
            layer, sparsity, histogram, num_pruned_bins, state, self.palette, width=weights.size.width
        )
        weights.show(histogram, title, pruned_bins=num_pruned_bins)
        chart = self.query_one("#curve", Chart)
        if chart.display:
            chart.show(curve_plot(state.scan, layer.name, chosen=sparsity) if state.scan else None)
        on_action = self.next_bar.has_focus and not self._note
        note = self._kernels_note() or self._polishing_note() or self._note or self.selection_note
        if is_unmet and not note and state.goal is not None and self._typed is None:
            note = trial.way_back(state.goal, self.plan, state)
        explanation = plan_text.explanation(
            group,
            sparsity,
            state,
            self.palette,
            note=note or (stage_words(row) if row.is_stage else ""),
            is_arrival=on_action and not self.plan.past,
            measured_loss=self._measured_loss,
        )
        self.query_one("#explain", FixedText).show(explanation)

    @on(Table.Moved)
    def _moved(self) -> None:
        if not self.is_drawable:
            return
        if self._table.has_focus and not self.query_one(CellEditor).is_open:
            self._note = ""
        self._show_row()

    def _show_row(self) -> None:
        price = self.state.planner.price(self.plan)
        is_unmet = trial.whether_met(self._goal, price, self.state) is False
        self._show_row_of(self.state.planner.sparsities(self.plan), is_unmet=is_unmet)

    def on_descendant_focus(self) -> None:
        """Update the explanation: it says what Enter does, which depends on the focus."""
        if self.is_drawable and self.state.view.layers:
            self._show_row()

    def action_enter_table(self) -> None:
        """Go up from the last line to the last row."""
        self._table.action_last_row()
        self._table.focus()
        self._moved()

    async def action_enter(self) -> None:
        """Edit the row under the cursor, or prune from the last line."""
        if self.next_bar.has_focus:
            self.action_prune()
        else:
            self.action_edit()

    async def action_go_on(self) -> None:
        """Prune, as a click on the last line does."""
        self.action_prune()

    def action_edit(self) -> None:
        row, chosen = self.row, self.selection
        if row is None or self.takes_no_change(chosen):
            return
        plan = self.state.current_plan()
        own = [name for name in row.names if name in chosen.names]
        first = own[0] if own else chosen.names[0]
        if self.is_on_or_off:
            self.turn(chosen, plan.entries[first].sparsity <= 0)
            return
        if not own:
            self._table.go_to(next(one.key for one in self.shown_rows if first in one.names))
        now = self.state.planner.overall(plan) if self.is_global else plan.entries[first].sparsity
        self._note = "one sparsity for the whole network" if self.is_global else ""
        room = self._table.region_of(self._table.current or row.key, "sparsity")
        if room is not None:
            self.query_one(CellEditor).open(room, first, sparsity_text(now, least=1, most=6))
        self.show()

    @on(CellEditor.Typed)
    def _edited(self, message: CellEditor.Typed) -> None:
        self._note = f"✗ {message.reason}" if message.reason else ""
        if message.sparsity is not None:
            self._typed = self.with_typed(message.sparsity)
        self.show()

    @on(CellEditor.Done)
    def _done(self, message: CellEditor.Done) -> None:
        self._typed, self._note = None, ""
        if not message.is_left:
            self._table.focus()
        if message.sparsity is not None:
            is_one = not self.selection.words
            self.state.edit(self.with_typed(message.sparsity))
            row = self._table.cursor_row + (message.move if is_one else 0)
            self._table.move_cursor(row=row)
        self.show()

    def action_settings(self) -> None:
        state = self.state
        dialog = SettingsDialog(
            state.settings,
            can_go_on=state.view.counted is not None,
            baseline=trained_baseline(state.session),
            epoch_seconds=state.view.pace.epoch_seconds,
        )
        self.app.push_screen(dialog, self._settings_given)

    def _settings_given(self, settings: PlanSettings | None) -> None:
        if settings is not None:
            self.state.settings = settings
            self.post_message(UnitsWanted())
            self._note = ""
            self.show()

    def action_prune(self) -> None:
        if self.refuses_work():
            return
        if is_pruning(self.state.view):
            self.app.bell()
            return
        try:
            decision = prune_decision(self.state.current_plan(), self.state.groups, self.state.settings)
        except DecisionError as error:
            self._say_no(f"✗ {error}")
            return
        self.post_message(Perform(decision))
        self.post_message(GoTo(Step.TRAIN))
