"""What a sweep says of time: a table for each batch size, and who gets faster from where on."""

from collections.abc import Sequence

from prune_tui.core.report import Curve
from prune_tui.core.run.curves import (
    masked_twin,
    method_name,
    mode_name,
    point_at,
    swept_sparsities,
    times_as_fast,
)
from scripts.studies.sections import NONE, Verdict, paragraph, sparsity_name, table, times

NO_GAIN = 1.25
"""A masked network may differ so much from its dense self in time before it is called faster: noise."""
FASTER = 1.1
"""A sparse or compact network beats the masked one beside it by at least so much, or is not called faster."""


def latency_table(sweep: Sequence[Curve], size: str) -> list[str]:
    rows = []
    for sparsity in swept_sparsities(sweep):
        cells = [_latency_cell(curve, sweep, sparsity, size) for curve in sweep]
        rows.append([sparsity_name(sparsity), *cells])
    header = ["sparsity", *map(_name, sweep)]
    title = f"Latency p50 at batch {size}, ms, and in brackets masked p50 / its p50:"
    return [*paragraph(title), *table(header, rows)]


def _name(curve: Curve) -> str:
    return f"{method_name(curve)}, {mode_name(curve)}"


def _latency_cell(curve: Curve, sweep: Sequence[Curve], sparsity: float, size: str) -> str:
    point = point_at(curve, sparsity)
    latency = point.latency_ms.get(size) if point else None
    if latency is None:
        return NONE
    faster = times_as_fast(point, point_at(masked_twin(curve, sweep), sparsity), size)
    suffix = f" ({times(faster, 1)})" if curve.mode != "masked" and faster else ""
    return f"{latency.p50:.2f}{suffix}"


def speed_verdicts(sweep: Sequence[Curve], size: str) -> list[Verdict]:
    verdicts: list[Verdict] = []
    for curve in sweep:
        match curve.mode:
            case "masked":
                verdicts += _masked_gains_nothing(curve, size)
            case "sparse" | "compact":
                verdicts += _gets_faster(curve, sweep, size)
            case "from_scratch":
                pass
    return [*verdicts, *_compact_is_fastest(sweep, size)]


def _masked_gains_nothing(curve: Curve, size: str) -> list[Verdict]:
    faster = times_as_fast(curve.points[-1], curve.points[0], size)
    if faster is None:
        return []
    first, last = (sparsity_name(curve.points[at].sparsity) for at in (0, -1))
    text = (
        f"{_name(curve)}, batch {size}: no faster at {last} than at {first}, as the study finds "
        f"({times(faster)}; up to {times(NO_GAIN)} counts as noise)"
    )
    return [Verdict(text, faster <= NO_GAIN)]


def _gets_faster(curve: Curve, sweep: Sequence[Curve], size: str) -> list[Verdict]:
    """Say from which sparsity on the curve's networks beat the masked ones, at every point from there."""
    twin = masked_twin(curve, sweep)
    ratios = [
        (point.sparsity, times_as_fast(point, point_at(twin, point.sparsity), size)) for point in curve.points
    ]
    timed = [(sparsity, ratio) for sparsity, ratio in ratios if ratio is not None]
    if not timed:
        return []
    slow = max((at for at, (_, ratio) in enumerate(timed) if ratio < FASTER), default=-1)
    if slow == len(timed) - 1:
        return [Verdict(f"{_name(curve)}, batch {size}: not faster than masked {_last(timed)}", False)]
    start = sparsity_name(timed[slow + 1][0])
    text = f"{_name(curve)}, batch {size}: faster than masked from {start} on, {_last(timed)}"
    return [Verdict(text, True)]


def _last(timed: Sequence[tuple[float, float]]) -> str:
    sparsity, ratio = timed[-1]
    return f"at {sparsity_name(sparsity)} {times(ratio)} as fast"


def _compact_is_fastest(sweep: Sequence[Curve], size: str) -> list[Verdict]:
    """Compare compact and sparse at the highest sparsity that both have."""
    found = {mode: [one for one in sweep if one.mode == mode] for mode in ("sparse", "compact")}
    if not (found["sparse"] and found["compact"]):
        return []
    sparsity = swept_sparsities(sweep)[-1]
    best = {}
    for mode, curves in found.items():
        points = [point_at(curve, sparsity) for curve in curves]
        latencies = [point.latency_ms[size].p50 for point in points if point and size in point.latency_ms]
        if not latencies:
            return []
        best[mode] = min(latencies)
    text = (
        f"batch {size}, {sparsity_name(sparsity)}: compact {best['compact']:.2f} ms, "
        f"sparse {best['sparse']:.2f} ms; the study finds compact fastest"
    )
    return [Verdict(text, best["compact"] < best["sparse"])]
