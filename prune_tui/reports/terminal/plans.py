"""A plan solved for a budget: a sparsity for each layer, its price, and its predicted accuracy."""

from rich.console import Group, RenderableType
from rich.text import Text

from prune_tui.core.planning.budget import Solution
from prune_tui.core.planning.price import Price
from prune_tui.core.planning.target import Target, describe_target
from prune_tui.core.report import ScanFigures
from prune_tui.core.run.latency_table import NS_PER_MS
from prune_tui.core.run.measured_plans import PolishedPlan
from prune_tui.core.scanning.predictor import Prediction, fitted_predictor, predicted
from prune_tui.reports.numbers import interval_text, percent_text, shortened, sparsity_text, times_text
from prune_tui.reports.terminal.tables import WIDTH, plain_table


def plan_table(
    solution: Solution, target: Target, scan: ScanFigures, polished: PolishedPlan | None = None
) -> RenderableType:
    """Show the target, the plan, its price, and its measured accuracy, or the predicted one."""
    table = plain_table()
    table.add_column("layer")
    table.add_column("sparsity", justify="right")
    for name, sparsity in solution.plan.items():
        table.add_row(Text(shortened(name, WIDTH - 12)), sparsity_text(sparsity))
    price = solution.price
    prediction = predicted(fitted_predictor(scan), solution.plan) if scan.dense_accuracy > 0 else None
    return Group(
        Text(f"plan for {describe_target(target)}"),
        table,
        Text(
            f"compression ratio {times_text(price.compression_ratio)}, theoretical speedup "
            f"{times_text(price.theoretical_speedup)}, predicted file {price.file_bytes:,} bytes"
            f"{' once shrunk' if scan.granularity == 'unit' else ''}"
        ),
        *_latency_lines(price),
        Text(
            f"predicted accuracy before any fine-tuning: {_prediction_text(prediction)}"
            if polished is None
            else _measured_text(polished)
        ),
    )


def _latency_lines(price: Price) -> list[Text]:
    """Say the predicted latency, where kernels were measured."""
    if price.latency_ns is None:
        return []
    return [Text(f"predicted latency of one example in C: {price.latency_ns / NS_PER_MS:.3g} ms")]


def _measured_text(polished: PolishedPlan) -> str:
    found = polished.found
    half_width = "" if found.is_complete else f" ±{found.half_width * 100:.1f}"
    return (
        f"measured accuracy before any fine-tuning: {percent_text(found.accuracy)}{half_width} "
        f"({found.num_images:,} images), the best of {polished.num_plans} plans tried"
    )


def _prediction_text(prediction: Prediction | None) -> str:
    if prediction is None:
        return "none"
    interval = interval_text(prediction.low, prediction.high)
    return f"{percent_text(prediction.accuracy)} ({interval})"
