"""Which rows a key changes: those that are marked, else those that a filter shows, else the cursor's."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from prune_tui.core.planning.plan_editor import EditablePlan
from prune_tui.tui.steps.layer_rows import LayerRow


@dataclass(frozen=True, slots=True)
class Selection:
    """The groups that a key changes, by name, and why these: `3 marked rows`.

    `names` are those that can be pruned at all, whether the person locked them or not. `words` is empty for
    the one row under the cursor.
    """

    names: tuple[str, ...]
    words: str = ""

    def unlocked(self, plan: EditablePlan) -> tuple[str, ...]:
        return tuple(name for name in self.names if not plan.entries[name].is_locked)


def selection_of(
    rows: Sequence[LayerRow], current: LayerRow | None, marked: Collection[str], *, filter_text: str
) -> Selection:
    """Return what a key changes, given the rows on show: never a row that a filter hides."""
    if marked:
        chosen = [group for row in rows for group in row.groups if group.name in marked]
        kind = "marked row"
    elif filter_text:
        chosen = [group for row in rows for group in row.groups]
        kind = "row shown"
    elif current is not None:
        chosen, kind = list(current.groups), f"row of {current.key}" if current.is_stage else ""
    else:
        chosen, kind = [], ""
    names = tuple(group.name for group in chosen if group.is_free)
    if not kind or (filter_text and not marked and len(chosen) == 1):
        return Selection(names)
    return Selection(names, f"{len(names)} {kind if len(names) == 1 else kind.replace('row', 'rows', 1)}")


def selection_text(selection: Selection, plan: EditablePlan, rows: Sequence[LayerRow]) -> str:
    """Say what the next key changes: `enter, + - = R change 3 marked rows: a, b and 1 more`."""
    names = list(selection.names)
    num_locked = len(names) - len(selection.unlocked(plan))
    locked = f" ({num_locked} locked)" if num_locked else ""
    shown = ", ".join(names[:2]) + (f" and {len(names) - 2} more" if len(names) > 2 else "")
    listed = f": {shown}" if names and len(names) < sum(len(row.groups) for row in rows) else ""
    return f"enter, + - = R change {selection.words}{locked}{listed}"
