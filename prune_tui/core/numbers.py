"""Accuracies, sparsities and ratios as people read them: one style for logs, reports and screens."""


def percent_text(fraction: float | None, digits: int = 1) -> str:
    """Say a fraction of 1 in percent: `91.9 %`; `—` if there is none."""
    return "—" if fraction is None else f"{fraction * 100:.{digits}f} %"


def share_text(fraction: float) -> str:
    """Say a sparsity in a sentence, in percent: `60 %`, `97.5 %`."""
    return f"{round(fraction * 100, 2):g} %"


def sparsity_text(sparsity: float | None, *, least: int = 2, most: int = 4) -> str:
    """Say a sparsity in a table or a field, with so many decimals: `0.60`, `0.975`; `—` if there is none."""
    if sparsity is None:
        return "—"
    whole, _, decimals = f"{sparsity:.{most}f}".rstrip("0").partition(".")
    return f"{whole}.{decimals.ljust(least, '0')}"


def points_text(fraction: float | None, digits: int = 1) -> str:
    """Say a difference in percentage points, signed: `−0.2`, `+1.4`, `0.0`."""
    if fraction is None:
        return "—"
    points = round(fraction * 100, digits)
    if points == 0:
        return f"{0:.{digits}f}"
    return f"{'+' if points > 0 else '−'}{abs(points):.{digits}f}"


def interval_text(low: float, high: float) -> str:
    """Say an interval of fractions of 1, behind a figure in percent: `98.2–99.0`."""
    return f"{low * 100:.1f}–{high * 100:.1f}"


def accuracy_text(accuracy: float | None, interval: tuple[float, float] | None) -> str:
    """Say an accuracy with its interval, if it has one: `98.7 % (98.2–99.0)`."""
    beside = f" ({interval_text(*interval)})" if accuracy is not None and interval is not None else ""
    return percent_text(accuracy) + beside


def times_text(ratio: float | None) -> str:
    """Say a ratio: `36.9×`."""
    return "—" if ratio is None else f"{ratio:.1f}×" if ratio < 99.95 else f"{ratio:.0f}×"
