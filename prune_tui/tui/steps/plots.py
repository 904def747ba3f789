"""Plots of a layer's scan curve and of a baseline's training."""

from prune_tui.core.report import EpochFigures, ScanFigures
from prune_tui.core.scanning.cells import half_widths_of
from prune_tui.core.scanning.curves import curve_of
from prune_tui.tui.widgets.chart import Band, Line, Plot, padded_range


def curve_plot(scan: ScanFigures, layer: str, *, chosen: float | None = None) -> Plot:
    """Return a layer's curve as a plot, over a band of the cells' 95 % intervals where they are not exact.

    Also drawn are the line one point below dense, and the chosen sparsity.
    """
    curve = curve_of(scan, layer)
    cells = zip(scan.sparsities, curve.accuracies, half_widths_of(curve), strict=True) if curve else ()
    known = [(at, accuracy, width or 0.0) for at, accuracy, width in cells if accuracy is not None]
    points = ((0.0, scan.dense_accuracy), *((at, accuracy) for at, accuracy, _ in known))
    spans = (
        (0.0, scan.dense_accuracy, scan.dense_accuracy),
        *((at, max(0.0, accuracy - width), min(1.0, accuracy + width)) for at, accuracy, width in known),
    )
    has_band = any(low < high for _, low, high in spans)
    ends = [end for _, *both in spans for end in both]
    low, high = padded_range([*(accuracy for _, accuracy in points), *ends], least=0.04)
    floor = scan.dense_accuracy - 0.01
    return Plot(
        lines=(
            Line(((0.0, floor), (1.0, floor)), tone="muted", is_ghost=True),
            Line(points),
            *(Line((point,), marker="•") for point in points[1:]),
            *(
                ()
                if chosen is None
                else (Line(((chosen, low), (chosen, high)), tone="muted", is_ghost=True),)
            ),
        ),
        x_range=(0.0, 1.0),
        y_range=(low, high),
        x_labels=tuple((tenth / 10, f".{tenth}") for tenth in range(1, 10)),
        bands=(Band(spans),) if has_band else (),
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
