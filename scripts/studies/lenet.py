"""Study A: LeNet pruned at random, by magnitude and by structure."""

from collections.abc import Callable

from prune_tui.core.caveats import caveats
from prune_tui.core.report import Curve, CurvePoint
from scripts.studies import published
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

STORY = (
    "The study trains a LeNet of 21,840 parameters, then prunes every layer to the same sparsity in three "
    "rounds, fine-tuning four epochs after each: random weights, the smallest |w|, or the filters and "
    "neurons of smallest L1 norm. A setting of 70 % applies to what each round finds, so it ends at 97.3 %. "
    f"It counts {published.LENET_PRINTED_MACS:,} multiply-adds, with the convolutions at their input's "
    f"resolution; at their output's there are {published.LENET_MACS:,}."
)


def section(sessions: Sessions) -> Section:
    recorded = {name: sessions[name] for name in NAMES if name in sessions}
    body: list[str] = []
    if any(_masked(one) for one in recorded.values()):
        body += paragraph("Accuracy on the validation split after the last round:")
        body += _settings_table(recorded, lambda point: percent(point.accuracy))
        body += paragraph("Compression ratio and theoretical speedup:")
        body += _settings_table(
            recorded, lambda point: f"{times(point.compression_ratio)}, {times(point.theoretical_speedup)}"
        )
    for name, one in recorded.items():
        body += _final(name, one)
    warnings = [line for one in recorded.values() for line in caveats(one.report, one.session.decisions)]
    body += [f"- {line}" for line in dict.fromkeys(warnings)]
    body += [""] if warnings else []
    return Section(
        "A. LeNet on MNIST: random, magnitude, structured", STORY, NAMES, body, _verdicts(recorded)
    )


def _masked(recorded: Recorded) -> Curve | None:
    return next((one for one in recorded.report.curves if one.mode == "masked" and one.points), None)


def _point(recorded: Recorded | None, sparsity: float) -> CurvePoint | None:
    curve = _masked(recorded) if recorded else None
    points = curve.points if curve else ()
    return next((one for one in points if round(one.sparsity, 4) == sparsity), None)


def _sparsities(recorded: dict[str, Recorded]) -> list[float]:
    curves = [_masked(one) for one in recorded.values()]
    return sorted({round(point.sparsity, 4) for curve in curves if curve for point in curve.points})


def _settings_table(recorded: dict[str, Recorded], cell: Callable[[CurvePoint], str]) -> list[str]:
    rows = []
    for sparsity in _sparsities(recorded):
        setting = 1 - (1 - sparsity) ** (1 / published.LENET_ROUNDS)
        points = [_point(one, sparsity) for one in recorded.values()]
        cells = [cell(point) if point else NONE for point in points]
        rows.append([percent(setting, 0), sparsity_name(sparsity), *cells])
    return table(["setting", "target sparsity", *recorded], rows)


def _final(name: str, recorded: Recorded) -> list[str]:
    """Show what the session prunes after its sweep, and all figures of it."""
    if recorded.report.pruned is None:
        return []
    lines = paragraph(f"`{name}` then prunes once more (accuracy on the validation split):")
    return [*lines, *prunings_table(recorded), *final_figures(recorded.report, "and reads the test set:")]


def _verdicts(recorded: dict[str, Recorded]) -> list[Verdict]:
    verdicts = [
        one for name in recorded for one in dense_verdict(recorded[name], published.LENET_DENSE_ACCURACY)
    ]
    verdicts = list(dict.fromkeys(verdicts))
    verdicts += _compression(recorded)
    if L1 in recorded and RANDOM in recorded:
        verdicts += _better_than_random(recorded[L1], recorded[RANDOM])
    if STRUCTURED in recorded:
        verdicts += _shrunk(recorded[STRUCTURED])
    return verdicts


def _compression(recorded: dict[str, Recorded]) -> list[Verdict]:
    """Compare the most compressed network of all sweeps with the study's."""
    curves = {name: _masked(one) for name, one in recorded.items()}
    ends = {name: curve.points[-1] for name, curve in curves.items() if curve}
    if not ends:
        return []
    name, end = max(ends.items(), key=lambda found: (found[1].compression_ratio, found[1].accuracy))
    wanted = published.LENET_COMPRESSION_RATIO
    text = (
        f"compression ratio up to {times(end.compression_ratio)} (`{name}` at {sparsity_name(end.sparsity)}, "
        f"{percent(end.accuracy)} on validation), the study's roughly {times(wanted, 0)}; it counts "
        f"biases, which no criterion prunes: of prunable weights alone {times(1 / (1 - end.sparsity))}"
    )
    return [Verdict(text, end.compression_ratio >= wanted)]


def _better_than_random(l1: Recorded, random: Recorded) -> list[Verdict]:
    pairs = [(_point(l1, at), _point(random, at)) for at in _sparsities({L1: l1, RANDOM: random})]
    both = [(ours, theirs) for ours, theirs in pairs if ours and theirs]
    if not both:
        return []
    wins = sum(ours.accuracy >= theirs.accuracy for ours, theirs in both)
    text = f"magnitude is at least as accurate as random at {wins} of {len(both)} settings"
    return [Verdict(text, wins == len(both))]


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
