"""The text of two plans side by side: a row per pruning group, and the totals below."""

from collections.abc import Callable, Sequence

from rich.text import Text

from prune_tui.core.attempts.sides import Side, SideRow
from prune_tui.core.scanning.proportion import wilson_interval
from prune_tui.reports.numbers import (
    count_text,
    interval_text,
    percent_text,
    points_text,
    sparsity_text,
    times_text,
)
from prune_tui.tui.palette import Palette
from prune_tui.tui.widgets.group_text import group_label
from prune_tui.tui.widgets.tables.columns import Cells, Column

LEAST_LABEL = 11
LONG_LABEL = 27
NARROW = 50


def columns(width: int, left: Side, right: Side) -> list[Column]:
    """Return the columns for a width: sparsities always, kept weights where there is room."""
    left_name, right_name = _heading(left, right), _heading(right, left)
    numbers = [Column("left", left_name, 9, True), Column("right", right_name, 9, True)]
    if width >= NARROW:
        numbers.append(Column("difference", "change", 8, True))
    if width >= 68:
        numbers += [Column("left_kept", "kept", 9, True), Column("right_kept", "kept", 9, True)]
    taken = sum(column.width + 2 for column in numbers) + 3
    return [Column("group", "layer", max(LEAST_LABEL, min(40, width - taken))), *numbers]


def _heading(side: Side, other: Side) -> str:
    return side.name if side.name != other.name else "the same"


def cells(row: SideRow, palette: Palette, columns: Sequence[Column]) -> Cells:
    """Return the row of a group: its sparsity on both sides, the change, and the weights kept."""
    left, right = row.sparsity(row.left), row.sparsity(row.right)
    change = None if left is None or right is None else right - left
    is_same = change is not None and abs(change) < 5e-4
    style = palette.muted if change is None or is_same else palette.selected
    shown = {
        "group": Text(group_label(row.group, columns[0].width), palette.text),
        "left": Text(sparsity_text(left), palette.text),
        "right": Text(sparsity_text(right), palette.bold),
        "difference": Text("=" if is_same else _signed(change), style),
        "left_kept": Text("—" if row.left is None else count_text(row.left), palette.muted),
        "right_kept": Text("—" if row.right is None else count_text(row.right), palette.text),
    }
    return tuple(shown[column.key] for column in columns)


def _signed(change: float | None) -> str:
    """Say a change of sparsity: `+0.10`, `−0.05`."""
    return sparsity_text(change) if change is None else f"{'−+'[change > 0]}{sparsity_text(abs(change))}"


def names(left: Side, right: Side, palette: Palette) -> Text:
    """Say what the two sides are, a line each."""
    text = Text(no_wrap=True, overflow="ellipsis")
    for side in (left, right):
        text.append("\n" if text else "").append(side.name, palette.bold)
        text.append(f"  {side.description}", palette.muted)
    return text


def _total(side: Side) -> str:
    """Say how many weights a side keeps of all that can be pruned; nothing where one is not known."""
    known = [kept for kept in side.kept.values() if kept is not None]
    return count_text(sum(known)) if len(known) == len(side.kept) else ""


def _interval(side: Side, num_images: int) -> str:
    """Say the 95 % interval of a side's test accuracy."""
    accuracy = side.test_accuracy
    return "—" if accuracy is None else interval_text(*wilson_interval(accuracy, num_images))


def totals(
    left: Side, right: Side, palette: Palette, columns: Sequence[Column], *, score: str, num_images: int
) -> Text:
    """Say what both sides cost and save, a figure a line, below the columns of the rows.

    `num_images` are those of the test set, 0 if no interval can be told.
    """
    text = Text(no_wrap=True, overflow="ellipsis")
    label = columns[0].width
    has_changes = any(column.key == "difference" for column in columns)

    def line(name: str, short: str, cell: Callable[[Side], str], change: str = "") -> None:
        text.append("\n" if text else "")
        text.append(f" {name if label >= LONG_LABEL else short:<{label}}", palette.muted)
        text.append(f"{cell(left):>11}", palette.text)
        text.append(f"{cell(right):>11}", palette.bold)
        text.append(f"{change:>10}" if has_changes else "", palette.accent)

    def points(of: Callable[[Side], float | None]) -> str:
        before, after = of(left), of(right)
        return "" if before is None or after is None else points_text(after - before)

    line("weights kept", "kept", lambda side: _total(side) or "—")
    line("they are", "they are", lambda side: "counted" if side.is_actual else "planned")
    line("compression ratio", "compression", lambda side: times_text(side.compression))
    line("theoretical speedup", "speedup", lambda side: times_text(side.speedup))
    line(f"predicted {score}", "predicted", lambda side: percent_text(side.predicted))
    line("actual, right after pruning", "right after", lambda side: percent_text(side.pruned_accuracy))
    ends, tests = points(lambda side: side.accuracy), points(lambda side: side.test_accuracy)
    line("actual, in the end", "in the end", lambda side: percent_text(side.accuracy), ends)
    line("test", "test", lambda side: percent_text(side.test_accuracy), tests)
    if num_images:
        line("95 % interval", "interval", lambda side: _interval(side, num_images))
    return text
