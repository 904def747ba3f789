"""The rows of step 3: columns that suit the width, and cells that are made anew only where they change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from rich.text import Text

from prune_tui.core.planning.groups import PruningGroup
from prune_tui.core.planning.plan_editor import EditablePlan, PlanEntry
from prune_tui.core.planning.price import num_weights_kept
from prune_tui.core.report import ScanFigures
from prune_tui.core.scanning.curves import is_scanned, layer_accuracy, safe_sparsity
from prune_tui.reports.numbers import count_text, macs_text, points_text, shortened, sparsity_text
from prune_tui.tui.palette import Palette
from prune_tui.tui.state import State
from prune_tui.tui.steps.layer_rows import LayerRow, orders_of, shape_words
from prune_tui.tui.steps.plan.units_text import KEPT_WIDTH, kept_text
from prune_tui.tui.widgets.group_text import followers_words, group_label
from prune_tui.tui.widgets.sparsity_ruler import loss_style, ruler_label, sparsity_ruler
from prune_tui.tui.widgets.tables.columns import Cells, Column, LateCells, Rank, fitted
from prune_tui.tui.widgets.tables.ordering import Order

MARK = "*"
NOTE_WIDTH = 7
RANKS: Final[tuple[Rank, ...]] = (
    *("layer", "sparsity", "loss", "parameters", "ruler", "kept", "note"),
    *(("layer", 16), "macs", "kind", "shape", ("note", 24), ("layer", 40), ("kind", 30)),
)
"""The columns by importance: the first stay when the table gets narrow, and grow last."""


def columns(
    width: int, scan: ScanFigures | None, *, score: str = "acc", kept_width: int = KEPT_WIDTH
) -> list[Column]:
    """Return the table's columns for a width. `score` is a short name."""
    return fitted(
        width,
        [
            Column("layer", "layer", 10),
            Column("kind", "kind", 18),
            Column("shape", "output", 10),
            Column("macs", "MACs", 8, True),
            Column("parameters", "weights", 9, True),
            Column("ruler", ruler_label(scan), 10),
            Column("sparsity", "sparsity", 8, True),
            Column("kept", "kept", kept_width, True),
            Column("loss", f"Δ{score}", 6, True),
            Column("note", "", NOTE_WIDTH),
        ],
        ranks=RANKS,
    )


@dataclass(frozen=True, slots=True)
class RowFigures:
    """What the cells of a row are drawn from, besides what holds for all rows."""

    entries: tuple[PlanEntry, ...]
    sparsities: tuple[float, ...]
    suggested: tuple[float, ...]
    is_marked: bool


@dataclass(slots=True)
class PlanRows:
    """The rows of the plan's table, drawn once for the same figures."""

    _for_all: tuple[object, ...] = ()
    _known: dict[str, tuple[RowFigures, Cells]] = field(default_factory=dict)

    def drawn(
        self,
        rows: Sequence[LayerRow],
        plan: EditablePlan,
        sparsities: Mapping[str, float],
        marked: frozenset[str],
        state: State,
        columns: Sequence[Column],
        palette: Palette,
    ) -> list[tuple[str, Cells]]:
        """Return each row's key and cells; `sparsities` is the predicted one of each layer."""
        settings, planner = state.settings, state.planner
        how = (settings.granularity, settings.scope)
        for_all = (tuple(columns), palette, how, state.scan, planner.layers, planner.shape)
        if for_all != self._for_all:
            self._for_all, self._known = for_all, {}
        drawn = []
        for row in rows:
            figures = RowFigures(
                entries=tuple(plan.entries[name] for name in row.names),
                sparsities=tuple(sparsities.get(name, 0.0) for name in row.names),
                suggested=tuple(plan.suggested.get(name, 0.0) for name in row.names),
                is_marked=not marked.isdisjoint(row.names) and marked.issuperset(row.free_names),
            )
            known = self._known.get(row.key)
            if known is None or known[0] != figures:
                known = figures, LateCells(partial(_cells, row, figures, state, columns, palette))
                self._known[row.key] = known
            drawn.append((row.key, known[1]))
        return drawn


def orders(rows: Sequence[LayerRow], sparsities: Mapping[str, float], state: State) -> list[Order]:
    """Return what the rows can be sorted by."""

    def sparsity_of(row: LayerRow) -> float:
        pruned = sum(group.parameters * sparsities.get(group.name, 0.0) for group in row.groups)
        return pruned / max(1, row.parameters)

    def lost(row: LayerRow) -> float | None:
        found = (_lost(group, sparsities.get(group.name, 0.0), state) for group in row.groups)
        return max((one for one in found if one is not None), default=None)

    def safe(row: LayerRow) -> float | None:
        if state.scan is None or row.group is None or not is_scanned(state.scan, row.key):
            return None
        return safe_sparsity(state.scan, row.key)

    return orders_of(
        rows,
        sparsity=("sparsity", "sparsity", sparsity_of),
        loss=("loss", f"loss of {state.score_name}", lost),
        safe=("ruler", "safe sparsity", safe),
    )


def _lost(group: PruningGroup, sparsity: float, state: State) -> float | None:
    accuracy = layer_accuracy(state.scan, group.name, sparsity)
    return state.scan.dense_accuracy - accuracy if state.scan and accuracy is not None else None


def _cells(
    row: LayerRow, figures: RowFigures, state: State, columns: Sequence[Column], palette: Palette
) -> Cells:
    """Return the cells of a row for these columns."""
    group = row.group
    by_key = (
        _stage_cells(row, figures, columns, palette)
        if group is None
        else _group_cells(group, figures, state, columns, palette)
    )
    by_key["macs"] = Text(macs_text(row.macs), palette.muted)
    by_key["shape"] = Text(shape_words(row), palette.muted)
    by_key["parameters"] = Text(count_text(row.parameters), palette.muted)
    if figures.is_marked:
        name = by_key["layer"].plain
        by_key["layer"] = Text(MARK + shortened(name, columns[0].width - 1), palette.selected)
    return tuple(by_key[column.key] for column in columns)


def _group_cells(
    group: PruningGroup, figures: RowFigures, state: State, columns: Sequence[Column], palette: Palette
) -> dict[str, Text]:
    layer, reason = group.leader, group.locked_reason
    entry, sparsity = figures.entries[0], figures.sparsities[0]
    lost = _lost(group, sparsity, state)
    is_changed = abs(entry.sparsity - figures.suggested[0]) > 1e-9
    is_unscanned = state.scan is not None and reason is None and not is_scanned(state.scan, layer.name)
    note_width = next((column.width for column in columns if column.key == "note"), 0)
    has_room = note_width >= 2 * NOTE_WIDTH
    locked = f"locked: {reason}" if has_room else "locked"
    note = locked if reason else "=locked" if entry.is_locked else ""
    note = note or (followers_words(group) if has_room else "")
    tone = palette.faint if reason else palette.selected if is_changed else palette.bold
    shown = (
        f"≈{sparsity:.2f}"
        if state.settings.scope == "global" and not reason
        else sparsity_text(sparsity, most=6)
    )
    if not note_width and (reason or entry.is_locked):
        shown = f"={shown}"  # no column says that it is locked
    ruler = sparsity_ruler(state.scan, layer.name, palette, chosen=sparsity)
    if is_unscanned:
        ruler = Text("unscanned", palette.warn)
    sparsities = dict.fromkeys((one.name for one in group.layers), sparsity)
    return {
        "layer": Text(group_label(group, columns[0].width), palette.faint if reason else palette.text),
        "kind": Text(layer.kind, palette.muted),
        "ruler": Text("") if reason else ruler,
        "sparsity": Text(shown, tone),
        "kept": Text(kept_text(group, sparsities, state), palette.text),
        "loss": Text(
            "—"
            if state.scan is None or is_unscanned
            else points_text(-lost)
            if lost is not None and sparsity
            else "0.0",
            palette.muted if lost is None or not sparsity else loss_style(lost, palette),
        ),
        "note": Text(note, palette.muted),
    }


def _stage_cells(
    row: LayerRow, figures: RowFigures, columns: Sequence[Column], palette: Palette
) -> dict[str, Text]:
    """Return the cells of a folded stage: sums, and the range of its sparsities."""
    free = [at for at, group in enumerate(row.groups) if group.is_free]
    ends = sorted({round(figures.sparsities[at], 2) for at in free} or {0.0})
    shown = "–".join(f"{end:.2f}".removeprefix("0") for end in (ends[0], ends[-1]))
    num_kept = sum(
        num_weights_kept(layer, sparsity if group.is_free else 0.0, group.granularity)
        for group, sparsity in zip(row.groups, figures.sparsities, strict=True)
        for layer in group.layers
    )
    num_locked = sum(figures.entries[at].is_locked for at in free)
    is_changed = any(abs(figures.entries[at].sparsity - figures.suggested[at]) > 1e-9 for at in free)
    return {
        "layer": Text(shortened(row.key, columns[0].width), palette.cool),
        "kind": Text(f"{len(row.groups)} rows, folded", palette.muted),
        "ruler": Text(f"{len(row.groups)} rows", palette.muted),
        "sparsity": Text(
            f"{ends[0]:.2f}" if len(ends) == 1 else shown,
            palette.selected if is_changed else palette.bold,
        ),
        "kept": Text(count_text(num_kept), palette.text),
        "loss": Text("", palette.muted),
        "note": Text(f"={num_locked} lock" if num_locked else "", palette.muted),
    }
