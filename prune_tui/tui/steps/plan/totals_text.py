"""The lines below the plan's table: what the plan saves, its measured or predicted accuracy, and the goal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from rich.style import Style
from rich.text import Text

from prune_tui.core.planning.price import Price
from prune_tui.core.planning.target import Target, TargetKind
from prune_tui.core.run.measured_plans import MeasuredPlan
from prune_tui.core.scanning.predictor import Prediction
from prune_tui.reports.numbers import (
    change_text,
    count_text,
    duration_text,
    percent_text,
    points_text,
    size_text,
    sizes_text,
    times_text,
)
from prune_tui.tui.palette import Palette
from prune_tui.tui.steps.plan.goal_text import goal_text
from prune_tui.tui.steps.plan.latency_text import ms_text
from prune_tui.tui.widgets.sparsity_ruler import loss_style


@dataclass(frozen=True, slots=True)
class Totals:
    """What a plan costs and saves, what is predicted or measured of it, and whether a goal is met.

    `seconds_to_measure` is 0 where a plan is measured by itself. `score` is what the accuracy is called.
    `outcomes` says of each part of the target whether it is met. `latency_error` is how far off a predicted
    latency may be, as a share of it.
    """

    price: Price
    dense_accuracy: float | None = None
    prediction: Prediction | None = None
    measured: MeasuredPlan | None = None
    seconds_to_measure: float = 0.0
    target: Target | None = None
    is_met: bool | None = None
    score: str = "accuracy"
    outcomes: Mapping[TargetKind, bool | None] = field(default_factory=dict)
    latency_error: float = 0.0


_ITALIC = Style(italic=True)

LEFT_OUT: Final = (
    "change of size",
    "compression",
    "how run",
    "size",
    "spaces",
    "ratio",
    "latency",
    "MACs",
    "dense size",
    "goal",
    "file size",
)
"""What the totals leave out where they don't fit, in this order; never what the goal is about."""


def totals(shown: Totals, palette: Palette, *, width: int) -> Text:
    """Say what a plan costs in one line, with as much detail as fits."""
    for num_left_out in range(len(LEFT_OUT) + 1):
        text = _totals(shown, palette, left_out=LEFT_OUT[:num_left_out])
        if text.cell_len <= width:
            break
    return text


def _totals(shown: Totals, palette: Palette, *, left_out: Sequence[str]) -> Text:
    """Say the totals, with the goal beside the figure it is about."""
    price, text = shown.price, Text(no_wrap=True, overflow="ellipsis")
    goals = shown.target.parts if shown.target is not None else ()
    kinds = [part.kind for part in goals]
    has_goal_word = "goal" not in left_out

    def goal(*about: TargetKind) -> Text:
        return Text().join(
            goal_text(
                part,
                shown.outcomes.get(part.kind, shown.is_met),
                palette,
                has_word=has_goal_word,
                is_predicted=part.kind == "latency",
            )
            for part in goals
            if part.kind in about
        )

    text.append("size " if "size" not in left_out else "", palette.muted)
    if "dense size" not in left_out:
        sizes = sizes_text(price.dense_bytes, price.file_bytes)
        text.append(sizes if "spaces" not in left_out else sizes.replace(" → ", "→"), palette.bold)
    elif "file size" not in left_out or "file_size" in kinds:
        text.append(size_text(price.file_bytes, like=price.dense_bytes), palette.bold)
    if "change of size" not in left_out:
        text.append(f" ({change_text(price.dense_bytes, price.file_bytes)})", palette.muted)
    text.append_text(goal("file_size"))
    speedup, change = times_text(price.theoretical_speedup), change_text(price.macs, price.nonzero_macs)
    if "theoretical_speedup" in kinds:
        change = f"{change} = {speedup}" if "size" not in left_out else speedup
    if "MACs" not in left_out or "theoretical_speedup" in kinds:
        text.append("  MACs " if text else "MACs ", palette.muted).append(change, palette.bold)
    text.append_text(goal("theoretical_speedup"))
    if "ratio" not in left_out or "compression_ratio" in kinds:
        text.append("  " if text else "")
        text.append("compression " if "compression" not in left_out else "", palette.muted)
        text.append(times_text(price.compression_ratio), palette.bold)
    text.append_text(goal("compression_ratio"))
    if price.latency_ns is not None and ("latency" not in left_out or "latency" in kinds):
        text.append("  " if text else "").append(f"≈{ms_text(price.latency_ns)}", palette.bold + _ITALIC)
        text.append(f" ±{shown.latency_error * 100:.0f} %", palette.muted + _ITALIC)
        text.append(" (C, batch 1)" if "how run" not in left_out else "", palette.muted)
    text.append_text(goal("latency"))
    if "nonzero_parameters" in kinds:
        text.append("  params ", palette.muted).append(count_text(price.nonzero), palette.bold)
        text.append_text(goal("nonzero_parameters"))
    if "sparsity" in kinds:
        text.append("  sparsity ", palette.muted).append(percent_text(price.sparsity), palette.bold)
        text.append_text(goal("sparsity"))
    return text


def accuracy_line(shown: Totals, palette: Palette, *, width: int) -> Text:
    """Say what was measured of the plan; until then what is predicted, in italics, with its interval."""
    text = _accuracy_line(shown, palette, has_change=True)
    return text if text.cell_len <= width else _accuracy_line(shown, palette, has_change=False)


def _accuracy_line(shown: Totals, palette: Palette, *, has_change: bool) -> Text:
    text, measured, prediction = Text(no_wrap=True, overflow="ellipsis"), shown.measured, shown.prediction
    name = "" if shown.score == "accuracy" else f"{shown.score} "
    if measured is not None:
        lost = shown.dense_accuracy - measured.accuracy if shown.dense_accuracy is not None else 0.0
        text.append(f"measured {name}", palette.muted)
        text.append(percent_text(measured.accuracy), loss_style(lost, palette) + palette.bold)
        if measured.half_width:
            text.append(f" ±{measured.half_width * 100:.1f}", palette.muted)
        if has_change and shown.dense_accuracy is not None:
            text.append(f", {points_text(-lost)} from dense", palette.muted)
        everyone = "all " if measured.is_complete else ""
        text.append(f" ({everyone}{count_text(measured.num_images)} images)", palette.muted)
    elif prediction is None or shown.dense_accuracy is None:
        text.append(f"predicted {name}—", palette.muted)
    else:
        lost = shown.dense_accuracy - prediction.accuracy
        text.append(f"predicted {name}", palette.muted)
        text.append(f"≈{percent_text(prediction.accuracy, 0)}", loss_style(lost, palette) + _ITALIC)
        text.append(f" ({prediction.low * 100:.0f}–{prediction.high * 100:.0f})", palette.muted + _ITALIC)
    text.append(" before fine-tuning", palette.muted)
    if measured is None and shown.seconds_to_measure:
        text.append("   M", palette.selected)
        text.append(f" measures it, about {duration_text(shown.seconds_to_measure)}", palette.muted)
    of_accuracy = shown.target.of_accuracy if shown.target is not None else None
    if of_accuracy is None:
        return text
    met = shown.outcomes.get(of_accuracy.kind, shown.is_met)
    return text.append_text(
        goal_text(of_accuracy, met, palette, has_word=True, is_predicted=measured is None)
    )
