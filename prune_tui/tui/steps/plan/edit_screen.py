"""The part of step 3 that changes rows: that of the cursor, those marked, or those that a filter shows."""

from collections.abc import Callable, Mapping

from prune_tui.core.planning.plan_editor import (
    EditablePlan,
    copied_down,
    nudged,
    redone,
    reset,
    stepped,
    undone,
    with_all,
    with_locks_toggled,
    with_sparsities,
)
from prune_tui.core.scanning.curves import cliff
from prune_tui.core.session.decisions import N_M_SPARSITY
from prune_tui.tui.messages import UnitsWanted
from prune_tui.tui.state import State
from prune_tui.tui.steps.layer_rows import LayerRow
from prune_tui.tui.steps.plan.budget.screen import BudgetScreen
from prune_tui.tui.steps.selection import Selection, selection_of, selection_text


class EditScreen(BudgetScreen):
    """Changes the plan by keys, as one step to undo each; never a row that a filter hides."""

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self._marked: frozenset[str] = frozenset()

    @property
    def is_on_or_off(self) -> bool:
        """Whether a row is pruned or not, and nothing lies between."""
        return self.state.settings.granularity == "n_m"

    @property
    def is_global(self) -> bool:
        """Whether there is one sparsity for the whole network."""
        return self.state.settings.scope == "global"

    @property
    def marked(self) -> frozenset[str]:
        """The groups that are marked; those of another granularity are forgotten."""
        return self._marked & {group.name for group in self.state.groups} if self._marked else self._marked

    @property
    def shown_rows(self) -> list[LayerRow]:
        """The rows on show, in their order."""
        by_key = {row.key: row for row in self.rows}
        return [by_key[key] for key in self.layers_table.shown_keys if key in by_key]

    @property
    def selection(self) -> Selection:
        """What the next key changes."""
        return selection_of(self.shown_rows, self.row, self.marked, filter_text=self.layers_table.filter_text)

    @property
    def selection_note(self) -> str:
        """What the next key changes, if that is more than the row under the cursor."""
        if not self.marked and not self.layers_table.filter_text:
            return ""  # nothing else is looked through for a key that only moves
        chosen = self.selection
        return selection_text(chosen, self.plan, self.rows) if chosen.words else ""

    def say_order(self, words: str) -> None:
        self._note = f"sorted {words}: > the next way, < turns it round" if words else ""

    def takes_no_change(self, chosen: Selection) -> bool:
        """Return whether nothing that is chosen can be changed, and say why."""
        why = self._why_unchangeable(chosen)
        if why:
            self._say_no(why)
        return bool(why)

    def _why_unchangeable(self, chosen: Selection) -> str:
        row = self.row
        if not chosen.names:
            if chosen.words:
                return f"{chosen.words}: none of what is on show can be changed; esc shows all rows"
            group = row.group if row is not None else None
            return f"{group.name} stays whole: {group.locked_reason}" if group is not None else "no row"
        if self.is_global or chosen.unlocked(self.plan):
            return ""
        if chosen.words:
            return f"{chosen.words}: all are locked, = unlocks them"
        return f"{chosen.names[0]} is locked: = unlocks it"

    def with_typed(self, sparsity: float) -> EditablePlan:
        """Return the plan with a sparsity in all rows that are chosen, or in the whole network."""
        plan = self.state.current_plan()
        if self.is_global:
            return with_all(plan, sparsity)
        return with_sparsities(plan, dict.fromkeys(self.selection.names, round(sparsity, 4)))

    def _change(self, change: Callable[[EditablePlan], EditablePlan]) -> None:
        self._note = ""
        self.state.edit(change(self.state.current_plan()))
        self.show()

    def _step_through_changes(self, change: Callable[[EditablePlan], EditablePlan]) -> None:
        """Undo or redo: neither counts as an edit by hand."""
        self._note = ""
        self.state.step_to(change(self.state.current_plan()))
        self.post_message(UnitsWanted())
        self.show()

    def turn(self, chosen: Selection, is_on: bool) -> None:
        """Prune what is chosen 2:4, or leave it whole: nothing lies between."""
        value = N_M_SPARSITY if is_on else 0.0
        self._change(lambda plan: with_sparsities(plan, dict.fromkeys(chosen.names, value)))
        what = chosen.words or chosen.names[0]
        self._note = f"{what}: two of every four inputs" if is_on else f"{what} stays whole"
        self.show()

    def _cliffs(self, chosen: Selection) -> Mapping[str, float | None]:
        return {name: cliff(self.state.scan, name) for name in chosen.names}

    def action_nudge(self, num_steps: int) -> None:
        """Raise or lower what is chosen, each row by steps that get shorter towards its cliff."""
        chosen = self.selection
        if self.takes_no_change(chosen):
            return
        if self.is_on_or_off:
            self.turn(chosen, num_steps > 0)
        elif self.is_global:
            overall = self.state.planner.overall(self.state.current_plan())
            self._change(lambda plan: with_all(plan, stepped(overall, num_steps, None)))
        else:
            cliffs = self._cliffs(chosen)
            self._change(lambda plan: nudged(plan, chosen.names, num_steps, cliffs=cliffs))

    def action_toggle_lock(self) -> None:
        """Lock what is chosen; unlock it if all of it is locked."""
        chosen = self.selection
        if chosen.names:
            self._change(lambda plan: with_locks_toggled(plan, chosen.names))
        else:
            self.takes_no_change(chosen)

    def action_reset(self) -> None:
        chosen = self.selection
        if not self.takes_no_change(chosen):
            self._change(lambda plan: reset(plan, chosen.names))

    def action_copy_down(self) -> None:
        """Copy the row's sparsity to the rows below that are on show, or to the marked rows."""
        row = self.row
        if row is None:
            return
        if self.is_global:
            self._say_no("there is one sparsity for the whole network: nothing to copy")
            return
        if row.group is None:
            self._say_no(f"{row.key} is a folded stage: z unfolds it, then y copies the sparsity of one row")
            return
        if self.marked:
            below = set(self.selection.names)
        else:
            keys = set(self.layers_table.keys_below)
            groups = [group for other in self.rows if other.key in keys for group in other.groups]
            below = {group.name for group in groups if group.is_free}
        name = row.group.name
        self._change(lambda plan: copied_down(plan, name, to=below))

    def action_undo(self) -> None:
        self._step_through_changes(undone)

    def action_redo(self) -> None:
        self._step_through_changes(redone)

    def action_toggle_mark(self) -> None:
        """Mark the row under the cursor, or take its mark away, and go to the next."""
        row = self.row
        if row is None:
            return
        names = set(row.free_names)
        if not names:
            self.takes_no_change(Selection(()))
            return
        self._marked = self.marked - names if names <= self.marked else self.marked | names
        self._note = ""
        self.layers_table.action_cursor_down()
        self.show()

    def action_mark_all(self) -> None:
        """Mark all rows on show; take all marks away if they are marked already."""
        names = frozenset(group.name for row in self.shown_rows for group in row.groups if group.is_free)
        self._marked = self.marked - names if names <= self.marked else self.marked | names
        self._note = ""
        self.show()

    def action_go_back(self) -> None:
        """Show all rows, where a filter hides some; else forget the marks; else go back to the scan."""
        if self.layers_table.filter_text or not self.marked:
            super().action_go_back()
            return
        self._marked, self._note = frozenset(), ""
        self.show()
