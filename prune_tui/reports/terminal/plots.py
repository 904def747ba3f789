"""Plots made of characters, so that their lines can be told apart without colour."""

from collections.abc import Sequence

from rich.text import Text

from prune_tui.core.report import Curve, EpochFigures
from prune_tui.core.run.sweep_curves import method_name, mode_name
from prune_tui.reports.terminal.tables import WIDTH

_HEIGHT = 14
_MARKERS = "xo+*#@%="
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

    _clear("validation accuracy, %, by target sparsity, %")
    drawn = [curve for curve in curves if curve.mode in ("masked", "from_scratch")] or curves
    for position, curve in enumerate(drawn):
        marker = _MARKERS[position % len(_MARKERS)]
        suffix = "" if curve.mode == "masked" else f", {mode_name(curve)}"
        plotext.plot(
            [point.sparsity * 100 for point in curve.points],
            [point.accuracy * 100 for point in curve.points],
            marker=marker,
            label=method_name(curve) + suffix,
        )
    return _built()


def _clear(title: str) -> None:
    import plotext

    plotext.clear_figure()
    plotext.theme("clear")
    plotext.plotsize(WIDTH, _HEIGHT)
    plotext.title(title)


def _built() -> Text:
    import plotext

    return Text.from_ansi(plotext.build().rstrip("\n"))
