"""The text of the histograms dialog: a layer's histograms on one scale, and a bar per layer."""

from collections.abc import Sequence
from typing import Final

from rich.text import Text

from prune_tui.core.report import Distribution, LayerFigures, Quantity
from prune_tui.reports.blocks import rebinned
from prune_tui.reports.numbers import count_text, shortened
from prune_tui.tui.palette import Palette
from prune_tui.tui.widgets.weight_histogram import histogram_lines

TITLES: Final[dict[Quantity, tuple[str, str]]] = {
    "weights": ("weights by |w|", "|w|"),
    "unit_norms": ("units by L2 norm", "norm"),
    "top_share": ("units by top share", "share"),
}
"""What is counted, and by which figure, for each quantity."""

STAGES: Final = ("dense", "pruned")
GAP = 3
LEAST_FOR_ALL = 60
FEW = 256


def histograms(
    taken: Sequence[Distribution], layer: str, palette: Palette, *, width: int, height: int
) -> list[Text]:
    """Return three histograms side by side, dense above pruned, each pair on one scale.

    Where three are too narrow to be read, that of the weights alone.
    """
    shown = list(TITLES) if width >= LEAST_FOR_ALL else list(TITLES)[:1]
    column = max(10, (width - (len(shown) - 1) * GAP) // len(shown))
    rows = max(1, (height - 3) // 2)
    blocks = [_block(taken, layer, measure, palette, width=column, rows=rows) for measure in shown]
    return [_beside(lines, column) for lines in zip(*blocks, strict=True)]


def _block(
    taken: Sequence[Distribution], layer: str, measure: Quantity, palette: Palette, *, width: int, rows: int
) -> list[Text]:
    found = {one.stage: one for one in taken if (one.layer, one.measure) == (layer, measure)}
    largest = max((one.largest for one in found.values()), default=0.0)
    title, axis = TITLES[measure]
    lines = [Text(title, palette.bold, no_wrap=True)]
    for stage in STAGES:
        one = next((known for name, known in found.items() if name == stage), None)
        lines += _drawn(one, largest, palette, width=width, rows=rows)
        lines.append(_axis(stage, largest if one else None, axis, palette, width=width))
    return lines


def _drawn(
    one: Distribution | None, largest: float, palette: Palette, *, width: int, rows: int
) -> list[Text]:
    if one is None:
        return [*[Text()] * (rows - 1), Text("not taken yet", palette.faint)]
    counts = coarse(one.counts)
    reach = largest / one.largest if one.largest > 0 else 1.0
    bars = rebinned(counts, len(counts), reach=reach)
    return histogram_lines(bars, palette, width=width, height=rows)


def _axis(stage: str, largest: float | None, axis: str, palette: Palette, *, width: int) -> Text:
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append("└", palette.faint).append(f"{stage}", palette.text)
    if largest is None:
        return text
    right = f"{axis} {largest:.2g}"
    room = width - text.cell_len - len(right)
    return text.append(("─" * (room - 2)).center(room) if room > 2 else " ", palette.faint).append(
        right, palette.muted
    )


def coarse(counts: Sequence[int]) -> tuple[int, ...]:
    """Join bins by fours where they hold too few units to show a shape."""
    if sum(counts) >= FEW:
        return tuple(counts)
    return tuple(sum(counts[at : at + 4]) for at in range(0, len(counts), 4))


def _beside(texts: Sequence[Text], column: int) -> Text:
    line = Text(no_wrap=True)
    for position, text in enumerate(texts):
        if position:
            line.append(" " * (position * (column + GAP) - line.cell_len))
        cut = text.copy()
        cut.truncate(column, overflow="ellipsis")
        line.append_text(cut)
    return line


def bars(
    layers: Sequence[LayerFigures], chosen: int, palette: Palette, *, width: int, room: int
) -> list[Text]:
    """Return a bar per layer around the chosen one: kept weights full, pruned ones shaded."""
    first = min(max(0, chosen - room // 2), max(0, len(layers) - room))
    names = min(24, max(len(layer.name) for layer in layers) + 1)
    most = max(layer.parameters for layer in layers)
    is_pruned = any(layer.nonzero < layer.parameters for layer in layers)
    heading = "weights of each layer" + (": █ kept, ░ pruned" if is_pruned else "")
    lines = [Text(heading, palette.bold, no_wrap=True)]
    for position, layer in enumerate(layers[first : first + room], first):
        words = f"{count_text(layer.nonzero)} of {count_text(layer.parameters)}" if is_pruned else ""
        words = words or count_text(layer.parameters)
        length = max(4, width - names - len(f"{count_text(most)} of {count_text(most)}") - 4)
        full = max(1, round(layer.parameters / most * length))
        kept = round(full * layer.nonzero / layer.parameters)
        kept = max(1, kept) if layer.nonzero else kept
        line = Text("▸" if position == chosen else " ", palette.selected, no_wrap=True)
        style = palette.bold if position == chosen else palette.text
        line.append(shortened(layer.name, names).ljust(names), style)
        line.append("█" * kept, palette.accent).append("░" * (full - kept), palette.muted)
        lines.append(line.append(f" {words}", palette.muted))
    return lines
