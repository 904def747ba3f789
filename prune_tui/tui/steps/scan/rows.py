"""The rows of step 2: columns that suit the width, cells, and what they can be sorted by."""

from collections.abc import Sequence
from typing import Final

from rich.text import Text

from prune_tui.core.planning.groups import PruningGroup
from prune_tui.core.report import ScanFigures
from prune_tui.core.scanning.cells import half_width_where_safe
from prune_tui.core.scanning.curves import curve_of, is_scanned, safe_sparsity
from prune_tui.reports.numbers import count_text, macs_text, shortened
from prune_tui.tui.palette import Palette
from prune_tui.tui.state import State
from prune_tui.tui.steps.layer_rows import LayerRow, orders_of, shape_words
from prune_tui.tui.widgets.group_text import group_label
from prune_tui.tui.widgets.sparsity_ruler import loss_level, loss_style, ruler_label, sparsity_ruler
from prune_tui.tui.widgets.tables.columns import Cells, Column, Rank, fitted
from prune_tui.tui.widgets.tables.ordering import Order

RANKS: Final[tuple[Rank, ...]] = (
    *("layer", "curve", "safe", "parameters", "sure", ("layer", 14), "kind", ("layer", 16), ("kind", 20)),
    *("macs", "shape", ("layer", 40), ("kind", 30)),
)
"""The columns by importance: the first stay when the table gets narrow, and grow last."""

LEADING: Final = 9
"""How many of the ranks come before the accuracies at each sparsity."""


def columns(width: int, scan: ScanFigures | None, *, score: str = "acc") -> list[Column]:
    """Return the table's columns for a width; names and kinds share what is left. `score` is a short name.

    Where all of them fit, there is also one for each sparsity.
    """
    sparsities = scan.sparsities if scan is not None else ()
    numbers = [Column(number_key(at), sparsity_label(at), 4, True) for at in sparsities]
    all_ranks: list[Rank] = [*RANKS[:LEADING], *(column.key for column in numbers), *RANKS[LEADING:]]
    found = fitted(width, [*_columns(scan, score), *numbers], ranks=all_ranks)
    if not numbers or numbers[-1].key in {column.key for column in found}:
        return found
    return fitted(width, _columns(scan, score), ranks=RANKS)


def number_key(sparsity: float) -> str:
    """Return the key of the column with the accuracies at a sparsity."""
    return f"at {sparsity:g}"


def sparsity_label(sparsity: float) -> str:
    """Return a sparsity as it heads a column: `.5`."""
    return f"{sparsity:g}".removeprefix("0")


def _columns(scan: ScanFigures | None, score: str) -> list[Column]:
    return [
        Column("layer", "layer", 10),
        Column("kind", "kind", 13),
        Column("shape", "output", 10),
        Column("macs", "MACs", 8, True),
        Column("parameters", "weights", 10, True),
        Column("curve", ruler_label(scan), 9),
        Column("safe", "safe", 5, True),
        Column("sure", f"±{score}", 6, True),
    ]


def cells(row: LayerRow, state: State, columns: Sequence[Column], palette: Palette) -> Cells:
    """Return the cells of a row for these columns."""
    width = columns[0].width
    by_key = {
        "macs": Text(macs_text(row.macs), palette.muted),
        "shape": Text(shape_words(row), palette.muted),
        "parameters": Text(count_text(row.parameters), palette.text),
    }
    if row.group is None:
        by_key |= _stage_cells(row, width, palette)
    else:
        by_key |= _group_cells(row.group, width, state, palette)
    kind = next((column.width for column in columns if column.key == "kind"), 0)
    by_key["kind"] = Text(shortened(by_key["kind"].plain, kind) if kind else "", palette.muted)
    return tuple(by_key.get(column.key, Text()) for column in columns)


def _group_cells(group: PruningGroup, width: int, state: State, palette: Palette) -> dict[str, Text]:
    layer, scan, reason = group.leader, state.scan, group.locked_reason
    curve = curve_of(scan, layer.name)
    has_cell = curve is not None and curve.accuracies[:1] != (None,)
    safe = f"{safe_sparsity(scan, layer.name):.2f}" if has_cell and not state.is_at_chance else ""
    half_width = half_width_where_safe(scan, curve) if scan is not None and curve is not None else None
    ruler = sparsity_ruler(scan, layer.name, palette)
    if scan is not None and not is_scanned(scan, layer.name) and not state.is_running("scan"):
        ruler = Text("unscanned", palette.warn)
    name = group_label(group, width)
    known = curve.accuracies if curve is not None and not reason else ()
    numbers = {
        number_key(at): _number(accuracy, scan, palette)
        for at, accuracy in zip(scan.sparsities if scan is not None else (), known, strict=False)
    }
    tone = palette.faint if reason else palette.text
    if state.is_running("scan") and state.view.scanned_layer == layer.name:
        tone = palette.selected
    return {
        "layer": Text(name, tone),
        "kind": Text(layer.kind),
        "curve": Text("locked", palette.faint) if reason else ruler,
        "safe": Text("" if reason else safe, palette.bold),
        "sure": Text("" if reason else half_width_text(half_width), palette.muted),
        **numbers,
    }


def _number(accuracy: float | None, scan: ScanFigures | None, palette: Palette) -> Text:
    """Return an accuracy in percent, as `show` prints it, in the colour of what was lost."""
    if accuracy is None or scan is None:
        return Text("·", palette.faint)
    lost = scan.dense_accuracy - accuracy
    tone = palette.text if loss_level(lost) < 3 else loss_style(lost, palette)
    return Text(f"{accuracy * 100:.1f}"[:4].removesuffix("."), tone)


def _stage_cells(row: LayerRow, width: int, palette: Palette) -> dict[str, Text]:
    """Return the cells of a folded stage."""
    return {
        "layer": Text(shortened(row.key, width), palette.cool),
        "kind": Text(f"{len(row.groups)} rows, folded"),
        "curve": Text(f"{len(row.groups)} rows", palette.muted),
        "safe": Text(""),
        "sure": Text(""),
    }


def half_width_text(half_width: float | None) -> str:
    """Say half an interval in points: `±0.8`, or `exact` where every image was evaluated."""
    return "" if half_width is None else f"±{half_width * 100:.1f}" if half_width else "exact"


def orders(rows: Sequence[LayerRow], state: State) -> list[Order]:
    """Return what the rows can be sorted by."""

    def safe(row: LayerRow) -> float | None:
        if row.group is None or not row.group.is_free or not is_scanned(state.scan, row.key):
            return None
        return safe_sparsity(state.scan, row.key)

    return orders_of(rows, safe=("safe", "safe sparsity", safe))
