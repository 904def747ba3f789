"""The words and cells of the plan: what each line of step 3 says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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
from prune_tui.core.scanning.curves import explain, layer_accuracy
from prune_tui.core.session.recipe import epochs
from prune_tui.core.workflow.baselines import describe_rewinding
from prune_tui.reports.numbers import (
    change_text,
    count_text,
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


def columns(width: int, scan: ScanFigures | None) -> list[Column]:
    """Return the table's columns for a width; the layer's name and the note take what is left."""
    kind = [Column("kind", "kind", 22)] if width >= 106 else []
    spare = max(0, width - 79 - sum(column.width + 2 for column in kind))
    name = max(10, 14 - max(0, 79 - width)) + min(24, spare // 2)
    return [
        Column("layer", "layer", name),
        *kind,
        Column("parameters", "weights", 9, True),
        Column("ruler", f"{ruler_label(scan)}", 10),
        Column("sparsity", "sparsity", 8, True),
        Column("kept", "kept", 9, True),
        Column("loss", "Δacc", 6, True),
        Column("note", "", 8 + min(16, spare - min(24, spare // 2))),
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


def dying(layer: LayerInfo, sparsity: float, state: State) -> tuple[WeightsBinned | None, float]:
    """Return what is pruned as a histogram, and how many of its bins die where the criterion is in it.

    Single weights lie by |w|, units by their L2 norm.
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
    dead: float,
    state: State,
    palette: Palette,
) -> Text:
    """Say what the histogram shows, and at which |w| or norm the border lies."""
    is_unit = state.settings.granularity == "unit"
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(f"{layer.name} units by L2 norm" if is_unit else f"{layer.name} |w|", palette.bold)
    if histogram is not None and dead > 0:
        border = histogram.largest * dead / len(histogram.counts)
        about = (
            "about " if is_unit and criterion_entry(state.settings.criterion).units_by_norm == "about" else ""
        )
        text.append(f"  ░ {percent_text(sparsity)} dies, below {about}{border:.3f}", palette.muted)
    return text.append(f"   {layer.kind}", palette.faint)


def explanation(
    group: PruningGroup, state: State, palette: Palette, *, note: str = "", is_arrival: bool = False
) -> Text:
    """Say why the layer matters, or what was just refused, or what can be done here."""
    text = Text(no_wrap=True, overflow="ellipsis")
    if note:
        return text.append(note, tone_of(note, palette))
    if group.locked_reason:
        return text.append(f"{group.name} stays whole: {group.locked_reason}", palette.text)
    if state.scan is None and state.view.report.scan is not None:
        other = state.view.report.scan
        return text.append(
            f"scanned by {other.criterion}, each {other.granularity}: no estimate; 2 then r scans this way",
            palette.warn,
        )
    if is_arrival and state.scan is not None:
        return text.append(
            "the scan suggests this: enter prunes, b sets a budget, ↑ changes a layer", palette.text
        )
    text.append(explain(group.name, state.planner.share(group), state.scan), palette.text)
    return text.append(f"; {followers_words(group)}" if group.followers else "", palette.muted)


def tone_of(note: str, palette: Palette) -> Style:
    """Return the style of what is said: a success, a mistake, or something to heed."""
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
    """What a plan costs and saves, how far forecasts were off in points, and whether a goal is met."""

    price: Price
    dense_accuracy: float | None = None
    error_points: float | None = None
    num_tried: int = 0
    target: Target | None = None
    is_met: bool | None = None


def totals(shown: Totals, palette: Palette, *, width: int) -> Text:
    """Say it in one line, in as many words as there is room for; never without that it is not fine-tuned."""
    for words in range(7, -1, -1):
        text = _totals(shown, palette, words=words)
        if text.cell_len <= width:
            break
    return text


def _totals(shown: Totals, palette: Palette, *, words: int) -> Text:
    """Fewer `words` leave out what can be told from the rest; the goal stands by the figure it is about."""
    price, text = shown.price, Text(no_wrap=True, overflow="ellipsis")
    kind = shown.target.kind if shown.target is not None else None
    text.append("size " if words > 3 else "", palette.muted)
    if words > 1:
        text.append(sizes_text(price.dense_bytes, price.file_bytes), palette.bold)
    elif words > 0 or kind == "file_size":
        text.append(size_text(price.file_bytes, like=price.dense_bytes), palette.bold)
    if words > 5:
        text.append(f" ({change_text(price.dense_bytes, price.file_bytes)})", palette.muted)
    text.append_text(_goal("file_size", shown, palette))
    speedup, change = times_text(price.theoretical_speedup), change_text(price.macs, price.nonzero_macs)
    if kind == "theoretical_speedup":
        change = f"{change} = {speedup}" if words > 3 else speedup
    if words > 2 or kind == "theoretical_speedup":
        text.append("  MACs " if text else "MACs ", palette.muted).append(change, palette.bold)
    text.append_text(_goal("theoretical_speedup", shown, palette))
    if words > 3 or kind == "compression_ratio":
        text.append("  " if text else "").append("compression " if words > 4 else "", palette.muted)
        text.append(times_text(price.compression_ratio), palette.bold)
    text.append_text(_goal("compression_ratio", shown, palette))
    text.append("  est acc " if text else "est acc ", palette.muted)
    if price.accuracy is None or shown.dense_accuracy is None:
        return text.append("—", palette.muted).append_text(_goal("accuracy_drop", shown, palette))
    lost = shown.dense_accuracy - price.accuracy
    text.append(f"{price.accuracy * 100:.1f}", loss_style(lost, palette))
    if shown.error_points is not None:
        text.append(f" ±{shown.error_points:.1f}", palette.muted)
    is_tried = words > 6 and shown.error_points is not None
    tail = f", as {shown.num_tried} whole plans showed" if is_tried else ""
    text.append(f" before fine-tuning{tail}", palette.muted)
    return text.append_text(_goal("accuracy_drop", shown, palette))


def _goal(kind: TargetKind, shown: Totals, palette: Palette) -> Text:
    """Say what the goal is, beside the figure that it is about, and whether it is met."""
    if shown.target is None or shown.target.kind != kind:
        return Text()
    outcome = {True: "ok", False: "not met", None: "not known"}[shown.is_met]
    style = {True: palette.good, False: palette.bad, None: palette.warn}[shown.is_met]
    what = describe_target(shown.target).removesuffix(" fewer MACs")
    return Text.assemble((f" (goal {what} ", palette.muted), (outcome, style), (")", palette.muted))


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
