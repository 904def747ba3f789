"""The part of step 2 that starts scans and sweeps, and turns to what shows them."""

from dataclasses import replace

from prune_tui.catalog.criteria import CRITERIA
from prune_tui.catalog.recipes import recipe_of
from prune_tui.core.session.decisions import Sweep
from prune_tui.core.workflow.baselines import training_like_dense
from prune_tui.core.workflow.offers import next_granularity
from prune_tui.core.workflow.step import Step
from prune_tui.core.workflow.steps import has_baseline
from prune_tui.core.workflow.sweep_settings import SweepSettings, sweep_of
from prune_tui.tui.messages import Perform, StopWork, UnitsWanted
from prune_tui.tui.state import State
from prune_tui.tui.steps.layers_screen import LayersScreen
from prune_tui.tui.steps.scan.sweep_dialog import SweepDialog
from prune_tui.tui.steps.scan.sweep_panel import SweepPanel
from prune_tui.tui.widgets.filter_bar import FilterBar
from prune_tui.tui.widgets.tables.table import Table


class WorkScreen(LayersScreen):
    """Shows the scan or the sweep, the one that was last asked for."""

    step = Step.SCAN
    home = "#layers"

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.is_sweep = False
        self._sweep_settings = SweepSettings()

    @property
    def tables(self) -> list[Table]:
        """The table in sight."""
        return [self.panel.table if self.is_sweep else self.layers_table]

    @property
    def panel(self) -> SweepPanel:
        return self.query_one(SweepPanel)

    def turn_to(self, *, is_sweep: bool) -> None:
        """Show the sweep, or the scan layer by layer."""
        self.is_sweep = is_sweep
        self.query_one("#scan").display = not is_sweep
        self.panel.display = is_sweep
        self.action_enter_table()
        self.query_one(FilterBar).follow(*self.tables)
        self.show()
        # A table that was hidden has no width until it has been laid out.
        self.call_after_refresh(self.redraw)

    def action_enter_table(self) -> None:
        self.tables[0].focus()

    def action_rescan(self) -> None:
        """Scan with the options on show; or load or train the baseline again, if there is none."""
        if self.state.is_busy or not self.state.view.is_ready:
            self.app.bell()
        elif not has_baseline(self.state.session):
            self.post_message(Perform(self.state.baseline))
        else:
            self.turn_to(is_sweep=False)
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
        self.turn_to(is_sweep=False)
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
            self.turn_to(is_sweep=True)

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
        self.turn_to(is_sweep=False)

    def _with(self, *, criterion: str) -> None:
        self.state.settings = replace(self.state.settings, criterion=criterion)
        self.turn_to(is_sweep=False)
