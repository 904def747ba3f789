"""Plots made of characters, so that their lines can be told apart without colour."""

import math
from collections.abc import Sequence

from rich.text import Text

from prune_tui.core.report import Curve, EpochFigures
from prune_tui.core.run.sweep_curves import method_name, mode_name
from prune_tui.reports.terminal.tables import WIDTH

_HEIGHT = 14
_MARKERS = "xo+*#@%="
_SIGNS = _MARKERS + "abcdefghijklmnopqrstuvwxyz"
_MAX_PRUNINGS = 24
"""More prunings than this are not marked: their lines would hide the curve."""


def epochs_plot(epochs: Sequence[EpochFigures]) -> Text:
    """Plot the validation accuracy over all epochs, with a line where the network was pruned."""
    import plotext

    prunings = [position for position, epoch in enumerate(epochs, start=1) if epoch.epoch == 0]
    marked = 0 < len(prunings) <= _MAX_PRUNINGS
    _clear(f"validation accuracy by epoch, %{'   │ pruned' if marked else ''}")
    plotext.plot([epoch.accuracy * 100 for epoch in epochs], marker="braille")
    for position in prunings if marked else ():
        plotext.vline(position)
    return _built()


def sweep_plot(curves: Sequence[Curve]) -> Text:
    """Plot accuracy against sparsity, a line of its own character for each method.

    Sparse and shrunk networks compute what the masked one does, so they have no line of their own.
    """
    import plotext

    _clear("validation accuracy, %, by target sparsity")
    drawn = [curve for curve in curves if curve.mode in ("masked", "from_scratch")] or curves
    for position, curve in enumerate(drawn):
        marker = _MARKERS[position % len(_MARKERS)]
        suffix = "" if curve.mode == "masked" else f", {mode_name(curve)}"
        plotext.plot(
            [point.sparsity for point in curve.points],
            [point.accuracy * 100 for point in curve.points],
            marker=marker,
            label=method_name(curve) + suffix,
        )
    return _built()


def marker_of(position: int) -> str:
    """Return the character that stands for the session at a position, in a plot and beside its name."""
    return _SIGNS[position % len(_SIGNS)]


def tradeoff_plot(series: Sequence[Sequence[tuple[float, float]]]) -> Text:
    """Plot accuracy against compression ratio, on a logarithmic scale where dense is 1×.

    Each of `series` holds points of (compression ratio, accuracy as a fraction of 1), which are drawn as
    `marker_of` its position.
    """
    import plotext

    _clear("test accuracy, %, by compression ratio")
    for position, points in enumerate(series):
        plotext.scatter(
            [math.log10(ratio) for ratio, _ in points],
            [accuracy * 100 for _, accuracy in points],
            marker=marker_of(position),
        )
    ratios = [ratio for points in series for ratio, _ in points]
    ticks = _ratio_ticks(max(ratios, default=1.0))
    plotext.xlim(math.log10(min((*ratios, 1.0))), math.log10(ticks[-1]))
    plotext.xticks([math.log10(tick) for tick in ticks], [f"{tick:g}×" for tick in ticks])
    return _built()


def _ratio_ticks(largest: float) -> list[float]:
    """Return 1, 2, 5, 10, 20 … up to the first that is no smaller than `largest`, which is at least 2."""
    ticks = [1.0]
    while len(ticks) < 2 or ticks[-1] < largest:
        ticks.append(ticks[-1] * (2.5 if str(ticks[-1])[0] == "2" else 2))
    return ticks


def _clear(title: str) -> None:
    import plotext

    plotext.clear_figure()
    plotext.theme("clear")
    plotext.plotsize(WIDTH, _HEIGHT)
    plotext.title(title)


def _built() -> Text:
    import plotext

    return Text.from_ansi(plotext.build().rstrip("\n"))
