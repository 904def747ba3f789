"""The numbers behind a layer's curve: a line for each sparsity, as `show` prints them."""

from rich.text import Text

from prune_tui.core.report import ScanFigures
from prune_tui.core.scanning.cells import half_widths_of
from prune_tui.core.scanning.curves import curve_of
from prune_tui.reports.numbers import count_text, points_text
from prune_tui.tui.palette import Palette
from prune_tui.tui.widgets.sparsity_ruler import loss_level, loss_style


def numbers_text(scan: ScanFigures, layer: str, palette: Palette, *, score: str = "acc") -> Text:
    """Return sparsity, accuracy, its interval, what is lost, and on how many images; a line a sparsity."""
    curve = curve_of(scan, layer)
    text = Text(no_wrap=True)
    if curve is None:
        return text
    text.append(f"{'sparsity':>8} {score:>7} {'±':>5} {f'Δ{score}':>7} {'images':>8}", palette.muted)
    counts = curve.num_images or (scan.num_images,) * len(curve.accuracies)
    cells = zip(scan.sparsities, curve.accuracies, half_widths_of(curve), counts, strict=True)
    for sparsity, accuracy, half_width, count in cells:
        text.append(f"\n{sparsity:>8.2f} ", palette.text)
        if accuracy is None:
            text.append(f"{'·':>7}", palette.faint)
            continue
        lost = scan.dense_accuracy - accuracy
        tone = palette.text if loss_level(lost) < 3 else loss_style(lost, palette)
        text.append(f"{accuracy * 100:>7.1f} ", palette.bold)
        text.append(f"{(half_width or 0.0) * 100:>5.1f} ", palette.muted)
        text.append(f"{points_text(-lost):>7} ", tone)
        text.append(f"{count_text(count or 0):>8}", palette.muted)
    return text
