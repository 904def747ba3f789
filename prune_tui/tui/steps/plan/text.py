"""The text of step 3: the table's cells, the histogram's title, the settings line and the totals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rich.style import Style
from rich.text import Text

from prune_tui.catalog.criteria import criterion_entry
from prune_tui.core.network import LayerInfo
from prune_tui.core.planning.groups import PruningGroup
from prune_tui.core.planning.histograms import num_bins_pruned
from prune_tui.core.planning.plan_editor import EditablePlan
from prune_tui.core.planning.price import Price
from prune_tui.core.planning.settings import (
    PlanSettings,
    describe_settings,
)
from prune_tui.core.planning.target import Target, TargetKind, describe_target
from prune_tui.core.report import ScanFigures
from prune_tui.core.run.events import WeightsBinned
from prune_tui.core.run.measured_plans import MeasuredPlan
from prune_tui.core.scanning.curves import explain, layer_accuracy
from prune_tui.core.scanning.predictor import Prediction
from prune_tui.core.session.recipe import epochs
from prune_tui.core.workflow.baselines import describe_rewinding
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
from prune_tui.tui.state import State
from prune_tui.tui.steps.group_text import followers_words, group_label
from prune_tui.tui.widgets.sparsity_ruler import loss_style, ruler_label, sparsity_ruler
from prune_tui.tui.widgets.table import Cells, Column


def columns(width: int, scan: ScanFigures | None, *, score: str = "acc") -> list[Column]:
    """Return the table's columns for a width; the layer's name and the note share what is left.

    `score` is a short name.
    """
    kind = [Column("kind", "kind", 22)] if width >= 106 else []
    room = max(0, width - 79 - sum(column.width + 2 for column in kind))
    name = max(10, 14 - max(0, 79 - width)) + min(24, room // 2)
    return [
        Column("layer", "layer", name),
        *kind,
        Column("parameters", "weights", 9, True),
        Column("ruler", f"{ruler_label(scan)}", 10),
        Column("sparsity", "sparsity", 8, True),
        Column("kept", "kept", 9, True),
        Column("loss", f"Δ{score}", 6, True),
        Column("note", "", 8 + min(16, room - min(24, room // 2))),
    ]


def cells(
    group: PruningGroup,
    plan: EditablePlan,
    sparsities: Mapping[str, float],
    state: State,
    columns: Sequence[Column],
    palette: Palette,
) -> Cells:
    """Return the row of a group."""
    layer, reason = group.leader, group.locked_reason
    row = plan.entries[group.name]
    sparsity = sparsities.get(layer.name, 0.0)
    accuracy = layer_accuracy(state.scan, layer.name, sparsity)
    lost = state.scan.dense_accuracy - accuracy if state.scan and accuracy is not None else None
    is_changed = abs(row.sparsity - plan.suggested.get(layer.name, 0.0)) > 1e-9
    is_global = state.settings.scope == "global"
    has_room = columns[-1].width >= 16
    locked = f"locked: {reason}" if has_room else "locked"
    note = locked if reason else "= locked" if row.is_locked else ""
    note = note or (followers_words(group) if has_room else "")
    kind = [Text(layer.kind, palette.muted)] if any(column.key == "kind" for column in columns) else []
    tone = palette.faint if reason else palette.selected if is_changed else palette.bold
    return (
        Text(group_label(group, columns[0].width), palette.faint if reason else palette.text),
        *kind,
        Text(count_text(group.parameters), palette.muted),
        Text("") if reason else sparsity_ruler(state.scan, layer.name, palette, chosen=sparsity),
        Text(f"≈{sparsity:.2f}" if is_global and not reason else sparsity_text(sparsity, 2), tone),
        Text(count_text(group.num_kept(sparsities)), palette.text),
        Text(
            points_text(-lost) if lost is not None and sparsity else "0.0" if state.scan else "—",
            palette.muted if lost is None or not sparsity else loss_style(lost, palette),
        ),
        Text(note, palette.muted),
    )


def sparsity_text(sparsity: float, digits: int = 1) -> str:
    """Say a sparsity as it is typed: `0.6`, `0.975`."""
    text = f"{sparsity:.4f}".rstrip("0")
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals.ljust(digits, '0')}"


def pruned_bins(layer: LayerInfo, sparsity: float, state: State) -> tuple[WeightsBinned | None, float]:
    """Return the histogram of what is pruned, and how many of its bins are.

    It is of |w| for single weights and of L2 norms for units; 0 bins where the criterion goes by neither.
    """
    settings, criterion = state.settings, criterion_entry(state.settings.criterion)
    if settings.granularity == "unit":
        histogram = _unit_norms(layer, state)
        shows = criterion.units_by_norm != "no"
    else:
        histogram = state.view.dense_histograms.get(layer.name)
        shows = settings.granularity == "weight" and criterion.weights_by_magnitude != "no"
    return histogram, num_bins_pruned(histogram, sparsity) if histogram and shows else 0.0


def _unit_norms(layer: LayerInfo, state: State) -> WeightsBinned | None:
    taken = (
        one for one in state.view.report.distributions if (one.layer, one.stage) == (layer.name, "dense")
    )
    norms = next((one for one in taken if one.measure == "unit_norms"), None)
    return WeightsBinned(layer.name, "dense", norms.largest, norms.counts) if norms is not None else None


def histogram_title(
    layer: LayerInfo,
    sparsity: float,
    histogram: WeightsBinned | None,
    num_pruned_bins: float,
    state: State,
    palette: Palette,
    *,
    width: int,
) -> Text:
    """Say what the histogram shows, and below which |w| or norm is pruned; the layer's kind where it fits."""
    is_unit = state.settings.granularity == "unit"
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(f"{layer.name} units by L2 norm" if is_unit else f"{layer.name} |w|", palette.bold)
    if histogram is not None and num_pruned_bins > 0:
        border = histogram.largest * num_pruned_bins / len(histogram.counts)
        about = (
            "about " if is_unit and criterion_entry(state.settings.criterion).units_by_norm == "about" else ""
        )
        text.append(f"  ░ {percent_text(sparsity)} pruned, below {about}{border:.3f}", palette.muted)
    kind = f"   {layer.kind}"
    return text.append(kind, palette.faint) if text.cell_len + len(kind) <= width else text


def explanation(
    group: PruningGroup, state: State, palette: Palette, *, note: str = "", is_arrival: bool = False
) -> Text:
    """Say what the last key did, or what can be done here, or why the layer matters."""
    text = Text(no_wrap=True, overflow="ellipsis")
    if note:
        return text.append(note, tone_of(note, palette))
    if group.locked_reason:
        return text.append(f"{group.name} stays whole: {group.locked_reason}", palette.text)
    if state.scan is None and state.view.report.scan is not None:
        other = state.view.report.scan
        return text.append(
            f"scanned by {other.criterion}, each {other.granularity}: no prediction; 2 then r scans this way",
            palette.warn,
        )
    if is_arrival and state.scan is not None:
        return text.append(
            "the scan suggests this: enter prunes, b sets a budget, ↑ changes a layer", palette.text
        )
    text.append(explain(group.name, state.planner.share(group), state.scan), palette.text)
    return text.append(f"; {followers_words(group)}" if group.followers else "", palette.muted)


def tone_of(note: str, palette: Palette) -> Style:
    """Return the style of a note: a success, a mistake, or a warning."""
    return {"✗": palette.bad, "✓": palette.good}.get(note[0], palette.warn)


def settings_line(plan: EditablePlan, state: State, palette: Palette) -> Text:
    """Say how the plan is carried out, in one line of values."""
    text = Text(no_wrap=True, overflow="ellipsis")
    for what, value in describe_settings(state.settings):
        if (what, value) == ("from", "dense"):
            continue
        shown = {"fine-tune": f"fine-tune {value}", "from": f"from {value}"}.get(what, value)
        if value == "global":
            shown = f"global {state.planner.overall(plan):.3g}"
            num_locked = state.planner.num_locked_globally(plan)
            shown += f", {num_locked} locked" if num_locked else ""
        text.append(" · " if text else "", palette.faint).append(shown, palette.text)
    return text.append("   s", palette.selected).append(" changes", palette.muted)


@dataclass(frozen=True, slots=True)
class Totals:
    """What a plan costs and saves, what is predicted or measured of it, and whether a goal is met.

    `seconds_to_measure` is 0 where a plan is measured by itself. `score` is what the accuracy is called.
    """

    price: Price
    dense_accuracy: float | None = None
    prediction: Prediction | None = None
    measured: MeasuredPlan | None = None
    seconds_to_measure: float = 0.0
    target: Target | None = None
    is_met: bool | None = None
    score: str = "accuracy"


_ITALIC = Style(italic=True)

LEFT_OUT: Final = (
    "change of size",
    "compression",
    "size",
    "spaces",
    "ratio",
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
    kind = shown.target.kind if shown.target is not None else None
    has_goal_word = "goal" not in left_out

    def goal(about: TargetKind) -> Text:
        return _goal(shown, palette, has_word=has_goal_word) if kind == about else Text()

    text.append("size " if "size" not in left_out else "", palette.muted)
    if "dense size" not in left_out:
        sizes = sizes_text(price.dense_bytes, price.file_bytes)
        text.append(sizes if "spaces" not in left_out else sizes.replace(" → ", "→"), palette.bold)
    elif "file size" not in left_out or kind == "file_size":
        text.append(size_text(price.file_bytes, like=price.dense_bytes), palette.bold)
    if "change of size" not in left_out:
        text.append(f" ({change_text(price.dense_bytes, price.file_bytes)})", palette.muted)
    text.append_text(goal("file_size"))
    speedup, change = times_text(price.theoretical_speedup), change_text(price.macs, price.nonzero_macs)
    if kind == "theoretical_speedup":
        change = f"{change} = {speedup}" if "size" not in left_out else speedup
    if "MACs" not in left_out or kind == "theoretical_speedup":
        text.append("  MACs " if text else "MACs ", palette.muted).append(change, palette.bold)
    text.append_text(goal("theoretical_speedup"))
    if "ratio" not in left_out or kind == "compression_ratio":
        text.append("  " if text else "")
        text.append("compression " if "compression" not in left_out else "", palette.muted)
        text.append(times_text(price.compression_ratio), palette.bold)
    text.append_text(goal("compression_ratio"))
    return text


def accuracy_line(shown: Totals, palette: Palette) -> Text:
    """Say what was measured of the plan; until then what is predicted, in italics, with its interval."""
    text, measured, prediction = Text(no_wrap=True, overflow="ellipsis"), shown.measured, shown.prediction
    name = "" if shown.score == "accuracy" else f"{shown.score} "
    if measured is not None:
        lost = shown.dense_accuracy - measured.accuracy if shown.dense_accuracy is not None else 0.0
        text.append(f"measured {name}", palette.muted)
        text.append(f"{measured.accuracy * 100:.1f}", loss_style(lost, palette) + palette.bold)
        if measured.half_width:
            text.append(f" ±{measured.half_width * 100:.1f}", palette.muted)
        everyone = "all " if measured.is_complete else ""
        text.append(f" ({everyone}{count_text(measured.num_images)} images)", palette.muted)
    elif prediction is None or shown.dense_accuracy is None:
        text.append(f"predicted {name}—", palette.muted)
    else:
        lost = shown.dense_accuracy - prediction.accuracy
        text.append(f"predicted {name}", palette.muted)
        text.append(f"≈{prediction.accuracy * 100:.0f}", loss_style(lost, palette) + _ITALIC)
        text.append(f" ({prediction.low * 100:.0f}–{prediction.high * 100:.0f})", palette.muted + _ITALIC)
    text.append(" before fine-tuning", palette.muted)
    if measured is None and shown.seconds_to_measure:
        text.append("   M", palette.selected)
        text.append(f" measures it, about {duration_text(shown.seconds_to_measure)}", palette.muted)
    is_goal = shown.target is not None and shown.target.kind == "accuracy_drop"
    return text.append_text(_goal(shown, palette, has_word=True)) if is_goal else text


def _goal(shown: Totals, palette: Palette, *, has_word: bool) -> Text:
    """Say what the goal is, and whether it is met."""
    if shown.target is None:
        return Text()
    is_open = shown.is_met is True and shown.target.kind == "accuracy_drop" and shown.measured is None
    outcome = "predicted" if is_open else {True: "ok", False: "not met", None: "not known"}[shown.is_met]
    style = {True: palette.good, False: palette.bad, None: palette.warn}[None if is_open else shown.is_met]
    what = describe_target(shown.target).removesuffix(" fewer MACs")
    start = f" (goal {what} " if has_word else f" ({what} "
    return Text.assemble((start, palette.muted), (outcome, style), (")", palette.muted))


def next_words(settings: PlanSettings) -> str:
    """Say what Enter on the last line does."""
    rounds = settings.schedule.num_rounds
    words = f"prune in {rounds} rounds" if rounds > 1 else "prune"
    each = " after each" if rounds > 1 else ""
    if settings.rewind is not None:
        return f"{words}, {describe_rewinding(settings.rewind)}"
    tuned = (
        f" and fine-tune {epochs(settings.num_epochs)}{each}" if settings.num_epochs else ", no fine-tuning"
    )
    return words + tuned
