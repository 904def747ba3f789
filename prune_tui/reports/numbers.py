"""Numbers and names as people read them: counts, percentages, sizes, durations, ratios."""

from prune_tui.core.numbers import (
    accuracy_text,
    interval_text,
    percent_text,
    points_text,
    share_text,
    sparsity_text,
    times_text,
)

__all__ = [
    "about_text",
    "accuracy_text",
    "change_text",
    "count_text",
    "duration_text",
    "faster_text",
    "interval_text",
    "percent_text",
    "points_text",
    "printable",
    "share_text",
    "shortened",
    "size_text",
    "sizes_text",
    "sparsity_text",
    "times_text",
]


def count_text(number: int) -> str:
    """Group thousands: `18,432`."""
    return f"{number:,}"


def change_text(before: float, after: float) -> str:
    """Say a relative change in percent: `−67 %`."""
    if before <= 0:
        return "—"
    change = round((after - before) / before * 100)
    return f"{'+' if change > 0 else '−' if change < 0 else ''}{abs(change)} %"


def faster_text(before: float, after: float) -> str:
    """Say how much less time something takes: `11.2× faster`, `1.3× slower`."""
    if before <= 0 or after <= 0:
        return "—"
    return (
        f"{times_text(before / after)} faster" if after <= before else f"{times_text(after / before)} slower"
    )


def size_text(num_bytes: int, *, like: int | None = None) -> str:
    """Say a number of bytes in kB or MB: in the unit that suits it, or `like`."""
    if (like or num_bytes) >= 100_000:
        return f"{num_bytes / 1e6:.2f} MB"
    return f"{num_bytes / 1e3:.1f} kB"


def sizes_text(before: int, after: int) -> str:
    """Say a change of size in one unit: `0.37 → 0.12 MB`."""
    number, unit = size_text(before).rsplit(" ", 1)
    return f"{number} → {size_text(after, like=before).rsplit(' ', 1)[0]} {unit}"


def duration_text(seconds: float | None) -> str:
    """Say a duration: `1:42`, `2:03:10`; `—` if it isn't known."""
    if seconds is None:
        return "—"
    whole = max(0, round(seconds))
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def about_text(seconds: float) -> str:
    """Say about how long something takes: `about 40 s`, `about 12 min`, `about 3.5 h`."""
    if seconds < 90:
        return f"about {max(1, round(seconds))} s"
    minutes = seconds / 60
    return f"about {round(minutes)} min" if minutes < 90 else f"about {minutes / 60:.1f} h"


def printable(text: str) -> str:
    """Put `?` for what can't be shown, such as control characters and the bytes of an odd file name."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def shortened(text: str, width: int) -> str:
    """Fit a dotted name in a width by leaving out its beginning, which is the part that names share."""
    return text if len(text) <= width else "…" + text[len(text) - width + 1 :] if width > 1 else "…"[:width]


def macs_text(macs: int) -> str:
    """Say MACs so that they fit a column: `1,600`, `2.4 M`, `1.82 G`."""
    if macs < 100_000:
        return count_text(macs)
    return f"{macs / 1e9:.2f} G" if macs >= 1e9 else f"{macs / 1e6:.1f} M"
