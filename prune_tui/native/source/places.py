"""Addresses of a value's elements, as C."""

from prune_tui.native.layout import Place


def at(place: Place, side: str, channel: str, row: str) -> str:
    """Return the address of a row's first element; `side` is how many examples lie side by side."""
    inside = place.offset + place.inside
    return f"m + ((size_t)({channel}) * {place.plane} + (size_t)({row}) * {place.pitch} + {inside}) * {side}"
