"""Study D: the curves of weight and unit pruning, over several dense baselines, and fine-tuning beyond."""

from collections.abc import Mapping, Sequence

from prune_tui.core.run.sweep_curves import by_sweep, point_at
from prune_tui.core.terms import Granularity
from scripts.studies import published
from scripts.studies.sections import (
    NONE,
    Recorded,
    Section,
    Sessions,
    Verdict,
    final_figures,
    paragraph,
    percent,
    prunings_table,
    sparsity_name,
    table,
)

NAME = "mlp-weight-unit"
ROWS: Mapping[Granularity, tuple[float, ...]] = {"weight": published.MLP_WEIGHT, "unit": published.MLP_UNIT}
HIGH_ACCURACY, FEW_POINTS = 0.90, 3.0
"""Where the study is above 90 %, our mean should lie within three points of it."""

STORY = (
    "The study prunes the same MLP after three epochs of Adam, without fine-tuning, by the smallest |w| of a "
    "layer or by the neurons of smallest L2 norm. Ours are means and ranges over sweeps of baselines trained "
    "from different seeds. The study's are from one run, on the test set."
)


def section(sessions: Sessions) -> Section:
    recorded = sessions.get(NAME)
    body: list[str] = []
    verdicts: list[Verdict] = []
    if recorded is not None:
        num_sweeps = len(by_sweep(recorded.report.curves))
        body += paragraph(f"Accuracy on the validation split, mean and range of {num_sweeps} sweeps:")
        body += _curves_table(recorded)
        body += [*prunings_table(recorded), *final_figures(recorded.report)]
        verdicts = [one for name in ROWS for one in _same_shape(recorded, name)]
        verdicts += _finetuned(recorded)
    return Section("D. Weight and unit pruning of an MLP", STORY, (NAME,), body, verdicts)


def _ours(recorded: Recorded, granularity: Granularity, sparsity: float) -> list[float]:
    """Return the accuracies of all sweeps at a sparsity."""
    curves = [
        curve
        for curve in recorded.report.curves
        if curve.granularity == granularity and curve.mode == "masked"
    ]
    points = [point_at(curve, sparsity) for curve in curves]
    return [point.accuracy for point in points if point is not None]


def _mean(accuracies: Sequence[float]) -> float | None:
    return sum(accuracies) / len(accuracies) if accuracies else None


def _curves_table(recorded: Recorded) -> list[str]:
    rows = []
    for position, sparsity in enumerate(published.MLP_SPARSITIES):
        row = [sparsity_name(sparsity)]
        for granularity, theirs in ROWS.items():
            ours = _ours(recorded, granularity, sparsity)
            row += [percent(theirs[position]), percent(_mean(ours)), _range(ours)]
        rows.append(row)
    header = ["sparsity", *(f"{name}: {what}" for name in ROWS for what in ("study", "ours", "range"))]
    return table(header, rows)


def _range(accuracies: Sequence[float]) -> str:
    return f"{min(accuracies) * 100:.2f} to {max(accuracies) * 100:.2f}" if accuracies else NONE


def _same_shape(recorded: Recorded, granularity: Granularity) -> list[Verdict]:
    """Compare our mean with the study where that is accurate."""
    differences = []
    for sparsity, theirs in zip(published.MLP_SPARSITIES, ROWS[granularity], strict=True):
        mean = _mean(_ours(recorded, granularity, sparsity))
        if theirs > HIGH_ACCURACY and mean is not None:
            differences.append(((mean - theirs) * 100, sparsity))
    if not differences:
        return []
    worst, at = max(differences, key=lambda found: abs(found[0]))
    text = (
        f"{granularity}: where the study is above {HIGH_ACCURACY:.0%}, our mean differs by at most "
        f"{worst:+.2f} points (at {sparsity_name(at)}); wanted within {FEW_POINTS:g}"
    )
    return [Verdict(text, abs(worst) <= FEW_POINTS)]


def _finetuned(recorded: Recorded) -> list[Verdict]:
    pruned = recorded.report.pruned
    if pruned is None:
        return []
    wanted = published.MLP_FINETUNED_SPARSITY
    sparsity = _sparsity_of_pruned_layers(recorded)
    text = (
        f"fine-tuned, {percent(pruned.accuracy)} on the test set at {percent(sparsity)} sparsity of the "
        f"pruned layers, with the output layer locked ({percent(pruned.sparsity)} of the whole network); "
        f"wanted at least {percent(published.MLP_FINETUNED_ACCURACY)} at {percent(wanted, 0)}"
    )
    # A layer's count is a whole number of weights, so its sparsity may fall short by a fraction of one.
    reached = round(sparsity, 4) >= wanted
    return [Verdict(text, reached and pruned.accuracy >= published.MLP_FINETUNED_ACCURACY)]


def _sparsity_of_pruned_layers(recorded: Recorded) -> float:
    layers = [layer for layer in recorded.report.layers if layer.nonzero < layer.parameters]
    weights = sum(layer.parameters for layer in layers)
    return 1 - sum(layer.nonzero for layer in layers) / weights if weights else 0.0
