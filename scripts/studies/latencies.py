"""The latencies of a sweep: a table for each batch size, and from which sparsity on a network is faster."""

from collections.abc import Sequence

from prune_tui.core.report import Curve
from prune_tui.core.run.sweep_curves import (
    masked_twin,
    measured_speedup,
    method_name,
    mode_name,
    point_at,
    swept_sparsities,
)
from scripts.studies.sections import NONE, Verdict, paragraph, sparsity_name, table, times

NO_GAIN = 1.25
"""A masked network is called faster than the dense one only beyond this ratio; less is noise."""
FASTER = 1.1
"""A sparse or shrunk network is called faster than the masked one beside it only from this ratio on."""


def latency_table(sweep: Sequence[Curve], size: str) -> list[str]:
    rows = []
    for sparsity in swept_sparsities(sweep):
        cells = [_latency_cell(curve, sweep, sparsity, size) for curve in sweep]
        rows.append([sparsity_name(sparsity), *cells])
    header = ["sparsity", *map(_name, sweep)]
    title = f"Latency p50 at batch {size} in ms; in brackets, how many times as fast as masked:"
    return [*paragraph(title), *table(header, rows)]


def _name(curve: Curve) -> str:
    return f"{method_name(curve)}, {mode_name(curve)}"


def _latency_cell(curve: Curve, sweep: Sequence[Curve], sparsity: float, size: str) -> str:
    point = point_at(curve, sparsity)
    latency = point.latency_ms.get(size) if point else None
    if latency is None:
        return NONE
    faster = measured_speedup(point, point_at(masked_twin(curve, sweep), sparsity), size)
    suffix = f" ({times(faster, 1)})" if curve.mode != "masked" and faster else ""
    return f"{latency.p50:.2f}{suffix}"


def speed_verdicts(sweep: Sequence[Curve], size: str) -> list[Verdict]:
    verdicts: list[Verdict] = []
    for curve in sweep:
        if curve.mode == "masked":
            verdicts += _masked_gains_nothing(curve, size)
        elif curve.mode != "from_scratch":
            verdicts += _gets_faster(curve, sweep, size)
    return [*verdicts, *_shrunk_is_fastest(sweep, size)]


def _masked_gains_nothing(curve: Curve, size: str) -> list[Verdict]:
    faster = measured_speedup(curve.points[-1], curve.points[0], size)
    if faster is None:
        return []
    first, last = (sparsity_name(curve.points[at].sparsity) for at in (0, -1))
    text = (
        f"{_name(curve)}, batch {size}: no faster at {last} than at {first}, as the study finds "
        f"({times(faster)}; up to {times(NO_GAIN)} counts as noise)"
    )
    return [Verdict(text, faster <= NO_GAIN)]


def _gets_faster(curve: Curve, sweep: Sequence[Curve], size: str) -> list[Verdict]:
    """Say from which sparsity on every network of the curve is faster than the masked one."""
    twin = masked_twin(curve, sweep)
    ratios = [
        (point.sparsity, measured_speedup(point, point_at(twin, point.sparsity), size))
        for point in curve.points
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


def _shrunk_is_fastest(sweep: Sequence[Curve], size: str) -> list[Verdict]:
    """Compare shrunk and sparse networks at the highest sparsity, if the sweep has both."""
    sparsity = swept_sparsities(sweep)[-1]
    best: dict[str, float] = {}
    for curve in sweep:
        point = point_at(curve, sparsity)
        latency = point.latency_ms.get(size) if point else None
        if latency is not None and curve.mode not in ("masked", "from_scratch"):
            name = mode_name(curve)
            best[name] = min(latency.p50, best.get(name, latency.p50))
    sparse = best.pop("sparse", None)
    if sparse is None or not best:
        return []
    name, shrunk = best.popitem()
    text = (
        f"batch {size}, {sparsity_name(sparsity)}: {name} {shrunk:.2f} ms, sparse {sparse:.2f} ms; the study "
        f"finds {name} fastest"
    )
    return [Verdict(text, shrunk < sparse)]
