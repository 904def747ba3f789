"""A layer's weights by magnitude: what a sparsity would prune as ░, what stays as █."""

from collections.abc import Sequence

from rich.style import Style
from rich.text import Text

from prune_tui.core.run.events import WeightsBinned
from prune_tui.reports.blocks import EIGHTHS, rebinned
from prune_tui.tui.palette import Palette, append_runs
from prune_tui.tui.widgets.drawing import Drawing


def histogram_lines(
    counts: Sequence[float], palette: Palette, *, width: int, height: int, pruned_bins: float = 0.0
) -> list[Text]:
    """Draw counts as columns, from the smallest |w| at the left; the pruned bins are shaded ░."""
    columns = rebinned(counts, min(max(0, width), 3 * len(counts)))
    border = pruned_bins / max(1, len(counts)) * len(columns)
    tallest = max(columns, default=0) or 1
    eighths = [max(1, round(amount / tallest * height * 8)) if amount else 0 for amount in columns]

    def cell(position: int, row: int) -> tuple[str, Style]:
        level = min(8, max(0, eighths[position] - row * 8))
        if position + 0.5 <= border:
            return "░" if level >= 4 or (row == 0 and level) else " ", palette.muted
        return EIGHTHS[level], palette.accent

    lines = []
    for row in reversed(range(height)):
        line = Text(no_wrap=True)
        append_runs(line, (cell(position, row) for position in range(len(columns))))
        lines.append(line)
    return lines


class WeightHistogram(Drawing):
    """Draws one layer's histogram in the room it is given, under a title line."""

    DEFAULT_CSS = "WeightHistogram { height: 4; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._histogram: WeightsBinned | None = None
        self._title = Text()
        self._pruned_bins = 0.0

    def show(self, histogram: WeightsBinned | None, title: Text, *, pruned_bins: float = 0.0) -> None:
        """Draw this histogram; nothing is redrawn if nothing has changed."""
        if (histogram, title, pruned_bins) != (self._histogram, self._title, self._pruned_bins):
            self._histogram, self._title, self._pruned_bins = histogram, title, pruned_bins
            self.draw()

    def lines(self, palette: Palette, *, width: int, height: int) -> list[Text]:
        """Draw the histogram under its title."""
        histogram = self._histogram
        if histogram is None:
            return [self._title, Text("no weights counted yet", palette.muted)]
        bars = histogram_lines(
            histogram.counts, palette, width=width, height=max(1, height - 1), pruned_bins=self._pruned_bins
        )
        return [self._title, *bars]
