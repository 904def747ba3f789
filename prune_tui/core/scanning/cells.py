"""The progress of a scan's cells: how many are settled, how certain they are, and on how many images."""

from prune_tui.core.report import ScanCurve, ScanFigures
from prune_tui.core.scanning.curves import safe_sparsity
from prune_tui.core.scanning.statistics import is_settled


def num_settled(scan: ScanFigures) -> int:
    """Return how many cells have their final accuracy."""
    return sum(
        accuracy is not None
        and half_width is not None
        and (
            half_width == 0
            if scan.tolerance_points is None
            else is_settled(accuracy - scan.dense_accuracy, half_width, scan.tolerance_points)
        )
        for curve in scan.layers
        for accuracy, half_width in zip(curve.accuracies, half_widths_of(curve), strict=True)
    )


def half_widths_of(curve: ScanCurve) -> tuple[float | None, ...]:
    """Return half the 95 % interval of each cell, as a fraction of 1; 0 where every image was evaluated."""
    return curve.half_widths or tuple(None if known is None else 0.0 for known in curve.accuracies)


def half_width_where_safe(scan: ScanFigures, curve: ScanCurve) -> float | None:
    """Return the widest half interval of the cells that decide the safe sparsity, as a fraction of 1."""
    safe = safe_sparsity(scan, curve.name)
    beyond = next((at for at in scan.sparsities if at > safe), 1.0)
    widths = zip(scan.sparsities, half_widths_of(curve), strict=True)
    return max((width for at, width in widths if at <= beyond and width is not None), default=None)


def images_seen(scan: ScanFigures) -> tuple[int, int]:
    """Return the fewest and the most images on which a scanned cell was evaluated."""
    seen = [count for curve in scan.layers for count in curve.num_images if count]
    return min(seen, default=0), max(seen, default=0)


def scan_progress_text(scan: ScanFigures) -> str:
    """Return the progress of a scan as text; every batch of images adds to all cells that are not settled."""
    num_cells, settled = sum(len(curve.accuracies) for curve in scan.layers), num_settled(scan)
    if scan.joint:
        return f"all {num_cells} cells settled, plan {len(scan.joint)} measured whole"
    if scan.num_known == num_cells and scan.tolerance_points is None:
        return f"{num_cells} cells, {images_seen(scan)[0]:,}/{scan.num_images:,} images"
    return f"{scan.num_known}/{num_cells} cells, {settled} settled"
