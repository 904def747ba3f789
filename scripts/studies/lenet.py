"""Study A: LeNet pruned at random, by magnitude and by structure."""

from collections.abc import Callable, Mapping

from prune_tui.core.report import Curve, CurvePoint
from prune_tui.core.run.sweep_curves import by_sweep, mode_name, swept_batch_sizes
from prune_tui.core.terms import Mode
from prune_tui.reports.caveats import caveats
from scripts.studies import published
from scripts.studies.latencies import latency_table
from scripts.studies.sections import (
    NONE,
    Recorded,
    Section,
    Sessions,
    Verdict,
    dense_verdict,
    final_figures,
    paragraph,
    percent,
    prunings_table,
    sparsity_name,
    table,
    times,
)

RANDOM, L1, STRUCTURED = "lenet-random", "lenet-l1", "lenet-structured"
NAMES = (RANDOM, L1, STRUCTURED)

Recordings = Mapping[str, Recorded]
Curves = Mapping[str, Curve]
"""Curves of sweeps by the names of their columns."""

STORY = (
    "The study trains a LeNet of 21,840 parameters, then prunes every layer to the same sparsity in three "
    "rounds, fine-tuning for four epochs after each. It prunes random weights, the smallest |w|, or the "
    "filters and neurons of smallest L1 norm. A setting of 70 % applies to the weights that each round still "
    f"finds, so it ends at 97.3 %. The study counts {published.LENET_PRINTED_MACS:,} multiply-adds, because "
    f"it takes convolutions at the resolution of their input; at that of their output there are "
    f"{published.LENET_MACS:,}."
)


def section(sessions: Sessions) -> Section:
    recorded = {name: sessions[name] for name in NAMES if name in sessions}
    masked, all_curves = _curves(recorded, "masked"), _curves(recorded)
    body: list[str] = []
    if masked:
        body += paragraph("Accuracy on the validation split after the last round:")
        body += _settings_table(masked, lambda point: percent(point.accuracy))
        body += paragraph("Compression ratio and theoretical speedup:")
        body += _settings_table(
            all_curves, lambda point: f"{times(point.compression_ratio)}, {times(point.theoretical_speedup)}"
        )
    if STRUCTURED in recorded:
        body += _latencies(recorded[STRUCTURED])
    for name, one in recorded.items():
        body += _final(name, one)
    warnings = [line for one in recorded.values() for line in caveats(one.report, one.session.decisions)]
    body += [f"- {line}" for line in dict.fromkeys(warnings)]
    body += [""] if warnings else []
    verdicts = _verdicts(recorded)
    return Section("A. LeNet on MNIST: random, magnitude, structured", STORY, NAMES, body, verdicts)


def _curves(recorded: Recordings, *modes: Mode) -> Curves:
    """Return the sessions' curves of these modes, or all, by the session's name and any mode but masked."""
    return {
        name if curve.mode == "masked" else f"{name}, {mode_name(curve)}": curve
        for name, one in recorded.items()
        for curve in one.report.curves
        if curve.points and (not modes or curve.mode in modes)
    }


def _point(curve: Curve, sparsity: float) -> CurvePoint | None:
    return next((one for one in curve.points if round(one.sparsity, 4) == sparsity), None)


def _sparsities(curves: Curves) -> list[float]:
    return sorted({round(point.sparsity, 4) for curve in curves.values() for point in curve.points})


def _settings_table(curves: Curves, cell: Callable[[CurvePoint], str]) -> list[str]:
    rows = []
    for sparsity in _sparsities(curves):
        setting = 1 - (1 - sparsity) ** (1 / published.LENET_ROUNDS)
        points = [_point(curve, sparsity) for curve in curves.values()]
        cells = [cell(point) if point else NONE for point in points]
        rows.append([percent(setting, 0), sparsity_name(sparsity), *cells])
    return table(["setting", "target sparsity", *curves], rows)


def _latencies(recorded: Recorded) -> list[str]:
    sweeps = by_sweep(curve for curve in recorded.report.curves if curve.points)
    return [line for one in sweeps for size in swept_batch_sizes(one) for line in latency_table(one, size)]


def _final(name: str, recorded: Recorded) -> list[str]:
    """Show what the session prunes after its sweep, and all figures of it."""
    if recorded.report.pruned is None:
        return []
    lines = paragraph(f"`{name}` then prunes once more. Accuracy on the validation split:")
    return [*lines, *prunings_table(recorded), *final_figures(recorded.report)]


def _verdicts(recorded: Recordings) -> list[Verdict]:
    verdicts = [
        one for name in recorded for one in dense_verdict(recorded[name], published.LENET_DENSE_ACCURACY)
    ]
    verdicts = list(dict.fromkeys(verdicts))
    verdicts += [*_compression(recorded), *_better_than_random(recorded)]
    if L1 in recorded:
        verdicts += [*_at_half_a_round(recorded[L1]), *_instead_of_uniform(recorded[L1])]
    if STRUCTURED in recorded:
        verdicts += _shrunk(recorded[STRUCTURED])
    return verdicts


def _compression(recorded: Recordings) -> list[Verdict]:
    """Compare the end of the magnitude curve with the study's; other curves keep little accuracy there."""
    curve = _curves(recorded, "masked").get(L1)
    if curve is None:
        return []
    end, wanted = curve.points[-1], published.LENET_COMPRESSION_RATIO
    text = (
        f"magnitude at {sparsity_name(end.sparsity)}: compression ratio {times(end.compression_ratio)} with "
        f"{percent(end.accuracy)} on validation; the study's is roughly {times(wanted, 0)}. Ours counts "
        f"biases, which are not pruned; of prunable weights alone it is {times(1 / (1 - end.sparsity))}"
    )
    return [Verdict(text, end.compression_ratio >= wanted)]


def _better_than_random(recorded: Recordings) -> list[Verdict]:
    curves = _curves(recorded, "masked")
    if not {L1, RANDOM} <= curves.keys():
        return []
    pairs = [(_point(curves[L1], at), _point(curves[RANDOM], at)) for at in _sparsities(curves)]
    both = [(ours, theirs) for ours, theirs in pairs if ours and theirs]
    if not both:
        return []
    wins = sum(ours.accuracy >= theirs.accuracy for ours, theirs in both)
    text = f"magnitude is at least as accurate as random at {wins} of {len(both)} settings"
    return [Verdict(text, wins == len(both))]


def _at_half_a_round(recorded: Recorded) -> list[Verdict]:
    """Say how much accuracy magnitude costs when each round prunes half of what is left."""
    curve = _curves({L1: recorded}, "masked").get(L1)
    point = _point(curve, 0.875) if curve else None
    dense = max((epoch.accuracy for epoch in recorded.report.epochs if epoch.decision == 0), default=None)
    if point is None or dense is None:
        return []
    lost = dense - point.accuracy
    text = (
        f"at 50 % a round, {times(point.compression_ratio)}, magnitude loses {lost * 100:.2f} points on "
        "validation; wanted at most 1"
    )
    return [Verdict(text, lost <= 0.01)]


def _instead_of_uniform(recorded: Recorded) -> list[Verdict]:
    """Compare the global plan with the uniform one that is as small."""
    curve, pruned = _curves({L1: recorded}, "masked").get(L1), recorded.report.pruned
    if curve is None or pruned is None:
        return []
    uniform = curve.points[-1]
    text = (
        f"at 70 % a round the uniform plan keeps {percent(uniform.accuracy)} (validation); a global one of "
        f"the same size, with as many epochs, keeps {percent(pruned.accuracy)} (test); wanted at least 95 %"
    )
    return [Verdict(text, pruned.accuracy >= 0.95)]


def _shrunk(recorded: Recorded) -> list[Verdict]:
    dense, shrunk = recorded.report.dense, recorded.report.shrunk
    if dense is None or shrunk is None:
        return []
    verdicts = [
        Verdict(
            f"the shrunk file has {shrunk.file_bytes:,} bytes, the dense one {dense.file_bytes:,}",
            shrunk.file_bytes < dense.file_bytes,
        )
    ]
    for size in sorted(shrunk.latency_ms.keys() & dense.latency_ms.keys(), key=int):
        ours, theirs = shrunk.latency_ms[size].p50, dense.latency_ms[size].p50
        text = f"the shrunk network takes {ours:.2f} ms at batch {size} (p50), the dense one {theirs:.2f} ms"
        verdicts.append(Verdict(text, ours < theirs))
    return verdicts
