"""What the steps with a table of layers share: its rows, folded stages, and everything about a row."""

from textual import on

from prune_tui.core.layer_stages import stages_of
from prune_tui.core.scanning.curves import explain
from prune_tui.tui.state import State
from prune_tui.tui.steps.layer_rows import STAGE_END, LayerRow, rows_of, stage_at
from prune_tui.tui.steps.step_screen import StepScreen
from prune_tui.tui.widgets.tables.table import Table

STACKED_SHARE = 0.3
"""A table that takes no more of the height than this stands above what is beside longer ones."""


class LayersScreen(StepScreen):
    """A step over the table `#layers`; a filter looks into folded stages."""

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self._known_rows: tuple[object, object, list[LayerRow]] = (None, None, [])

    @property
    def layers_table(self) -> Table:
        return self.query_one("#layers", Table)

    def stack_rows(self, num_rows: int) -> None:
        """Give few rows the whole width, with what is beside them below: else half the height stays empty."""
        is_stacked = num_rows + 2 <= STACKED_SHARE * self.size.height
        if self.has_class("-stacked") is not is_stacked:
            self.set_class(is_stacked, "-stacked")
            if self.has_class("-wide"):
                self.call_after_refresh(self.redraw)

    @property
    def rows(self) -> list[LayerRow]:
        """The rows of the network, before any filter; worked out once for the same groups."""
        groups = self.state.groups
        folded = self.state.folded if not self.layers_table.filter_text else frozenset()
        known_groups, known_folded, rows = self._known_rows
        if known_groups is not groups or known_folded != folded:
            rows = rows_of(groups, folded)
            self._known_rows = groups, folded, rows
        return rows

    @property
    def row(self) -> LayerRow | None:
        """The row under the cursor."""
        current = self.layers_table.current
        return next((row for row in self.rows if row.key == current), None)

    @property
    def layer_in_sight(self) -> str | None:
        row = self.row
        return row.groups[0].name if row is not None else None

    @on(Table.Arranged)
    def _arranged(self, message: Table.Arranged) -> None:
        if self.is_drawable:
            self.say_order(message.words)
            self.show()

    def say_order(self, words: str) -> None:
        """Say how the rows are sorted now; nothing if that has not changed."""

    def action_toggle_stage(self) -> None:
        """Fold the stage of the row under the cursor, or unfold it."""
        row = self.row
        stage = stage_at(row, self.state.groups) if row is not None else None
        if stage is None or row is None or self.layers_table.filter_text:
            self.app.bell()
            return
        self.state.folded = self.state.folded ^ {stage}
        self.show()
        self.layers_table.go_to(row.groups[0].name if row.is_stage else stage + STAGE_END)
        self.show()

    def action_toggle_all_stages(self) -> None:
        stages = set(stages_of([group.name for group in self.state.groups]).values())
        row = self.row
        if not stages or row is None or self.layers_table.filter_text:
            self.app.bell()
            return
        names = set(row.names)
        self.state.folded = frozenset() if stages <= self.state.folded else frozenset(stages)
        self.show()
        self.layers_table.go_to(next(one.key for one in self.rows if not names.isdisjoint(one.names)))
        self.show()

    def action_show_row(self) -> None:
        from prune_tui.tui.dialogs.row import RowDialog

        row = self.row
        if row is None:
            self.app.bell()
            return
        state = self.state
        facts = [
            explain(group.name, state.planner.share(group), state.scan)
            for group in row.groups
            if group.is_free and (len(row.groups) == 1)
        ]
        self.app.push_screen(RowDialog(row.key, row.groups, facts=[*facts, *self.more_facts(row)]))

    def more_facts(self, row: LayerRow) -> list[str]:  # noqa: ARG002 - a step may know more of a row
        """Return what else is known of a row, a line each."""
        return []
