"""Numbers and names as people read them: counts, percentages, sizes, durations, ratios."""


def count_text(number: int) -> str:
    """Group thousands: `18,432`."""
    return f"{number:,}"


def percent_text(fraction: float | None, digits: int = 1) -> str:
    """Say a fraction of 1 in percent: `91.9 %`; `—` if there is none."""
    return "—" if fraction is None else f"{fraction * 100:.{digits}f} %"


def interval_text(low: float, high: float) -> str:
    """Say an interval of fractions of 1 in percent: `85.1 to 97.0 %`, or `up to 44.5 %` from 0."""
    upper = f"{high * 100:.1f} %"
    return f"up to {upper}" if low <= 0 else f"{low * 100:.1f} to {upper}"


def points_text(fraction: float | None, digits: int = 1) -> str:
    """Say a difference in percentage points, signed: `−0.2`, `+1.4`, `0.0`."""
    if fraction is None:
        return "—"
    points = round(fraction * 100, digits)
    if points == 0:
        return f"{0:.{digits}f}"
    return f"{'+' if points > 0 else '−'}{abs(points):.{digits}f}"


def change_text(before: float, after: float) -> str:
    """Say a relative change in percent: `−67 %`."""
    if before <= 0:
        return "—"
    change = round((after - before) / before * 100)
    return f"{'+' if change > 0 else '−' if change < 0 else ''}{abs(change)} %"


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


def times_text(ratio: float | None) -> str:
    """Say a ratio: `36.9×`."""
    return "—" if ratio is None else f"{ratio:.1f}×" if ratio < 99.95 else f"{ratio:.0f}×"


def printable(text: str) -> str:
    """Put `?` for what can't be shown, such as control characters and the bytes of an odd file name."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def shortened(text: str, width: int) -> str:
    """Fit a dotted name in a width by leaving out its beginning, which is the part that names share."""
    return text if len(text) <= width else "…" + text[len(text) - width + 1 :] if width > 1 else "…"[:width]
