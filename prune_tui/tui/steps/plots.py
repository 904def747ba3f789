"""Plots of a layer's scan curve and of a baseline's training."""

from prune_tui.core.report import EpochFigures, ScanFigures
from prune_tui.core.scanning.cells import half_widths_of
from prune_tui.core.scanning.curves import curve_of
from prune_tui.tui.widgets.chart import Line, Plot, padded_range


def curve_plot(scan: ScanFigures, layer: str, *, chosen: float | None = None) -> Plot:
    """Return a layer's curve as a plot, each cell with its 95 % interval where it is not exact.

    Also drawn are the line one point below dense, and the chosen sparsity.
    """
    curve = curve_of(scan, layer)
    cells = zip(scan.sparsities, curve.accuracies, half_widths_of(curve), strict=True) if curve else ()
    known = [(at, accuracy, width or 0.0) for at, accuracy, width in cells if accuracy is not None]
    points = ((0.0, scan.dense_accuracy), *((at, accuracy) for at, accuracy, _ in known))
    intervals = [
        (at, max(0.0, accuracy - width), min(1.0, accuracy + width)) for at, accuracy, width in known if width
    ]
    ends = [end for _, *both in intervals for end in both]
    low, high = padded_range([*(accuracy for _, accuracy in points), *ends], least=0.04)
    floor = scan.dense_accuracy - 0.01
    return Plot(
        lines=(
            Line(((0.0, floor), (1.0, floor)), tone="muted", is_ghost=True),
            *(Line(((at, bottom), (at, top)), tone="muted") for at, bottom, top in intervals),
            Line(points),
            *(
                ()
                if chosen is None
                else (Line(((chosen, low), (chosen, high)), tone="muted", is_ghost=True),)
            ),
        ),
        x_range=(0.0, 1.0),
        y_range=(low, high),
        x_labels=tuple((tenth / 10, f".{tenth}") for tenth in range(1, 10)),
    )


def training_plot(epochs: tuple[EpochFigures, ...], num_epochs: int) -> Plot | None:
    """Return a baseline's accuracy by epoch as a plot."""
    if not epochs:
        return None
    points = tuple((float(epoch.epoch), epoch.accuracy) for epoch in epochs)
    return Plot(
        lines=(Line(points),),
        x_range=(1.0, max(2.0, num_epochs, points[-1][0])),
        y_range=padded_range([accuracy for _, accuracy in points], least=0.04),
        x_labels=tuple((float(at), str(at)) for at in range(1, num_epochs + 1)),
    )
