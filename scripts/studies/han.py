"""Study B: sparsities chosen by hand from a sensitivity scan, after Han et al. 2015."""

from collections.abc import Mapping, Sequence

from rich.console import RenderableType

from prune_tui.core.planning.price import num_pruned
from prune_tui.core.report import EpochFigures, Report
from prune_tui.core.session.decisions import Prune
from prune_tui.reports.terminal.distributions import distributions_parts
from prune_tui.reports.terminal.layers import layers_table
from prune_tui.reports.terminal.scans import scan_table
from scripts.studies import published
from scripts.studies.sections import (
    NONE,
    Recorded,
    Section,
    Sessions,
    Verdict,
    as_shown,
    dense_verdict,
    final_accuracy,
    final_figures,
    paragraph,
    percent,
    prunings,
    run_of,
    table,
    times,
)

NAME = "han-cnn"

STORY = (
    f"The study trains a CNN of {published.HAN_PARAMETERS:,} parameters, scans each layer's sensitivity, "
    "chooses the sparsities below by hand, prunes in one shot by |w|, and fine-tunes for five epochs. Our "
    "session does the same first, and then prunes by a better plan."
)


def section(sessions: Sessions) -> Section:
    recorded = sessions.get(NAME)
    body: list[str] = []
    verdicts: list[Verdict] = []
    if recorded is not None:
        body = [*_layers_table(recorded), *_epochs_table(recorded), *_sizes_table(recorded)]
        body += [*final_figures(recorded.report, "All figures:"), *as_shown(_drawings(recorded.report))]
        verdicts = [*dense_verdict(recorded, published.HAN_DENSE_ACCURACY), *_beaten(recorded)]
    return Section("B. Fine-grained pruning after Han et al.", STORY, (NAME,), body, verdicts)


def _layers_table(recorded: Recorded) -> list[str]:
    rows = [
        [layer.name, f"{layer.parameters:,}", _plan_cell(layer.name), percent(layer.sparsity)]
        for layer in recorded.report.layers
    ]
    return table(["layer", "weights", "study's sparsity", "ours at the end"], rows)


def _drawings(report: Report) -> list[RenderableType]:
    """Draw what the study draws: weights by layer, the scan, the distributions before and after."""
    layers = [layers_table(report.layers)] if report.layers else []
    scans = [scan_table(report.scan)] if report.scan else []
    return [*layers, *scans, *distributions_parts(report)]


def _plan_cell(name: str) -> str:
    return percent(published.HAN_PLAN[name]) if name in published.HAN_PLAN else NONE


def _by_hand(recorded: Recorded) -> tuple[int, Prune] | None:
    """Return the decision that prunes by the study's plan."""
    return next((one for one in prunings(recorded) if one[1].plan == published.HAN_PLAN), None)


def _epochs_table(recorded: Recorded) -> list[str]:
    """Compare the study's epochs with those of its plan here, and with the end of the last plan."""
    by_hand, found = _by_hand(recorded), prunings(recorded)
    if by_hand is None:
        return paragraph("The study's plan is not in the session.")
    epochs = run_of(recorded, by_hand[0])
    rows = [["right after pruning", percent(published.HAN_RIGHT_AFTER), percent(_at(epochs, 0))]]
    for number, accuracy in enumerate(published.HAN_EPOCHS, start=1):
        rows.append([f"epoch {number}", percent(accuracy), percent(_at(epochs, number))])
    best = final_accuracy(epochs)
    rows.append(["reported", percent(published.HAN_ACCURACY), percent(best)])
    ratio = _planned_ratio(recorded, published.HAN_PLAN)
    rows.append(["compression ratio", times(published.HAN_COMPRESSION_RATIO), times(ratio)])
    lines = paragraph("The study's plan:")
    lines += table(["", "study (test)", "the same plan here (validation)"], rows)
    if found[-1][0] != by_hand[0]:
        better = final_accuracy(run_of(recorded, found[-1][0]))
        lines += paragraph(f"The better plan ends at {percent(better)} on the validation split.")
    return lines


def _at(epochs: Sequence[EpochFigures], number: int) -> float | None:
    """Return the accuracy after so many epochs of fine-tuning, of the study's single round."""
    return epochs[number].accuracy if number < len(epochs) else None


def _planned_ratio(recorded: Recorded, plan: Mapping[str, float]) -> float | None:
    """Return the compression ratio that a plan of sparsities gives, biases counted."""
    dense, layers = recorded.report.dense, recorded.report.layers
    if dense is None or not set(plan) <= {layer.name for layer in layers}:
        return None
    zeros = sum(num_pruned(layer.parameters, plan.get(layer.name, 0.0)) for layer in layers)
    return dense.parameters / (dense.parameters - zeros)


def _sizes_table(recorded: Recorded) -> list[str]:
    report = recorded.report
    dense, pruned = report.dense, report.pruned
    rows = [
        [
            "dense test accuracy",
            percent(published.HAN_DENSE_ACCURACY),
            percent(dense.accuracy if dense else None),
        ],
        [
            "pruned test accuracy",
            percent(published.HAN_ACCURACY),
            percent(pruned.accuracy if pruned else None),
        ],
        ["compression ratio", times(published.HAN_COMPRESSION_RATIO), times(report.compression_ratio)],
        ["theoretical speedup", NONE, times(report.theoretical_speedup)],
        ["dense file, MiB", f"{published.HAN_DENSE_MIB}", _mib(dense.file_bytes if dense else None)],
        ["pruned file, MiB", f"{published.HAN_PRUNED_MIB}", _mib(pruned.file_bytes if pruned else None)],
    ]
    return [*paragraph("At the end, on the test set:"), *table(["", "study", "ours"], rows)]


def _mib(num_bytes: int | None) -> str:
    return NONE if num_bytes is None else f"{num_bytes / 2**20:.3f}"


def _beaten(recorded: Recorded) -> list[Verdict]:
    pruned, ratio = recorded.report.pruned, recorded.report.compression_ratio
    if pruned is None or ratio is None:
        return []
    text = (
        f"{times(ratio)} at {percent(pruned.accuracy)} test accuracy; wanted at least "
        f"{times(published.HAN_COMPRESSION_RATIO)} at {percent(published.HAN_WANTED_ACCURACY)}"
    )
    reached = ratio >= published.HAN_COMPRESSION_RATIO and pruned.accuracy >= published.HAN_WANTED_ACCURACY
    return [Verdict(text, reached)]
