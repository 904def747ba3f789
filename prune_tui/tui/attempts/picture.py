"""The picture of the trade-off: attempts by number, sweeps by sign, and the Pareto front as a line."""

import math
from typing import Final

from prune_tui.core.attempts.attempt import AttemptView
from prune_tui.core.attempts.tradeoff import Axis, Tradeoff, TradeoffPoint, front
from prune_tui.tui.widgets.chart import Line, Plot
from prune_tui.tui.widgets.scale import doublings, evenly

AXIS_WORDS: Final[dict[Axis, str]] = {
    "compression": "compression ratio",
    "speedup": "theoretical speedup",
    "latency": "measured latency p50, ms",
}
NUMBERS: Final = "123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
HOLLOW: Final = "○□△◇+×*#"
FILLED: Final = "●■▲◆+×*#"
TONES: Final = ("cool", "warn", "bad", "text", "muted")
LEAST_DEPTH: Final = 0.02
"""How far below the dense network's accuracy the picture reaches at least."""
MARGIN: Final = 0.06


def sign_of(point: TradeoffPoint, tradeoff: Tradeoff, *, is_on_front: bool) -> str:
    """Return the sign of a point: an attempt's number, or its curve's sign, filled on the front."""
    if isinstance(point.source, AttemptView):
        return NUMBERS[(point.source.number - 1) % len(NUMBERS)]
    signs = FILLED if is_on_front else HOLLOW
    return signs[_position(point, tradeoff) % len(signs)]


def tone_of(point: TradeoffPoint, tradeoff: Tradeoff) -> str:
    """Return the colour of a point, by its meaning in the palette."""
    if isinstance(point.source, AttemptView):
        return "selected"
    return TONES[_position(point, tradeoff) % len(TONES)]


def _position(point: TradeoffPoint, tradeoff: Tradeoff) -> int:
    """Return which of the sweep's curves a point is of."""
    return next(at for at, (_, points) in enumerate(tradeoff.swept) if point in points)


def tradeoff_plot(tradeoff: Tradeoff, axis: Axis, *, chosen: str | None = None) -> Plot | None:
    """Return the picture, with a line across at the chosen point; None without a point to draw."""
    places = {point.key: place for point in tradeoff.points if (place := _place(point, axis)) is not None}
    if not places:
        return None
    best = front((tradeoff.dense, *tradeoff.points), axis)
    dense = tradeoff.dense
    right, labels = (evenly if axis == "latency" else doublings)(max(x for x, _ in places.values()))
    low, high = _heights(tradeoff, [y for _, y in places.values()])
    lines: list[Line] = []
    if dense is not None and dense.accuracy is not None:
        lines.append(Line(((0.0, dense.accuracy), (right, dense.accuracy)), "muted", is_ghost=True))
    if chosen in places:
        across = places[chosen][0]
        lines.append(Line(((across, low), (across, high)), "muted", is_ghost=True))
    lines.append(Line(tuple(place for point in best if (place := _place(point, axis)) is not None)))
    for point in reversed(tradeoff.points):
        if point.key in places:
            sign = sign_of(point, tradeoff, is_on_front=point in best)
            is_attempt = isinstance(point.source, AttemptView)
            lines.append(Line((places[point.key],), tone_of(point, tradeoff), False, sign, is_attempt))
    return Plot(tuple(lines), x_range=(0.0, right), y_range=(low, high), x_labels=labels)


def _heights(tradeoff: Tradeoff, drawn: list[float]) -> tuple[float, float]:
    """Return the accuracies that the picture shows: down to three times the loss of the middle attempt.

    What lies below is drawn on its lower edge; ruined networks would flatten it otherwise.
    """
    dense = tradeoff.dense.accuracy if tradeoff.dense is not None else None
    top = max(drawn) if dense is None else max(*drawn, dense)
    own = sorted(one.accuracy for one in tradeoff.attempts if one.accuracy is not None)
    middle = own[len(own) // 2] if own else sorted(drawn)[len(drawn) // 2]
    depth = max(LEAST_DEPTH, 3 * (top - middle))
    low = min(y for y in (*drawn, top) if y >= top - depth)
    margin = MARGIN * max(LEAST_DEPTH, top - low)
    return max(0.0, min(low, top - LEAST_DEPTH) - margin), min(1.0, top + margin)


def _place(point: TradeoffPoint, axis: Axis) -> tuple[float, float] | None:
    """Return where a point is drawn; ratios lie on a scale of doublings."""
    at = point.along(axis)
    if at is None or point.accuracy is None:
        return None
    return (at if axis == "latency" else math.log2(max(1.0, at))), point.accuracy
