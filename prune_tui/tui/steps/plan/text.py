"""The text of step 3: the table's cells, the histogram's title, the settings line and the totals."""

from rich.style import Style
from rich.text import Text

from prune_tui.catalog.criteria import criterion_entry
from prune_tui.core.network import LayerInfo
from prune_tui.core.planning.groups import PruningGroup
from prune_tui.core.planning.histograms import num_bins_pruned
from prune_tui.core.planning.plan_editor import EditablePlan
from prune_tui.core.planning.settings import (
    PlanSettings,
    describe_settings,
)
from prune_tui.core.run.events import WeightsBinned
from prune_tui.core.scanning.chance import chance_words
from prune_tui.core.scanning.curves import explain
from prune_tui.core.session.recipe import epochs
from prune_tui.core.terms import BLOCK_ROWS, GRANULARITY_NAMES, each_text
from prune_tui.core.workflow.baselines import describe_rewinding
from prune_tui.reports.numbers import share_text, sparsity_text
from prune_tui.tui.palette import Palette
from prune_tui.tui.state import State
from prune_tui.tui.steps.plan.units_text import padding_text
from prune_tui.tui.widgets.group_text import followers_words


def pruned_bins(layer: LayerInfo, sparsity: float, state: State) -> tuple[WeightsBinned | None, float]:
    """Return the histogram of what is pruned, and how many of its bins are.

    It is of L2 norms for units, else of |w|; 0 bins where what goes is not decided by either, as for blocks.
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
        is_near = is_unit and criterion_entry(state.settings.criterion).units_by_norm == "about"
        below = f"norm < {'about ' if is_near else ''}{border:.3f}" if is_unit else f"|w| < {border:.3f}"
        text.append(f"  ░ {share_text(sparsity)} pruned: {below}", palette.muted)
    elif state.settings.granularity in BLOCK_ROWS and sparsity > 0:
        name = GRANULARITY_NAMES[state.settings.granularity]
        text.append(f"  {share_text(sparsity)} pruned, a {name} at a time", palette.muted)
    kind = f"   {layer.kind}"
    return text.append(kind, palette.faint) if text.cell_len + len(kind) <= width else text


def explanation(
    group: PruningGroup,
    sparsity: float,
    state: State,
    palette: Palette,
    *,
    note: str = "",
    is_arrival: bool = False,
    measured_loss: float | None = None,
) -> Text:
    """Say what the last key did, or what can be done here, or why the layer matters."""
    text = Text(no_wrap=True, overflow="ellipsis")
    if note:
        return text.append(note, tone_of(note, palette))
    if group.locked_reason:
        return text.append(f"{group.name} stays whole: {group.locked_reason}", palette.text)
    if state.scan is None and state.view.report.scan is not None:
        other = state.view.report.scan
        by = f"scanned by {other.criterion}, {each_text(other.granularity)}"
        return text.append(f"{by}: no prediction; 2 then r scans this way", palette.warn)
    if state.is_at_chance and state.view.chance is not None:
        return text.append(f"the baseline is {chance_words(state.view.chance)}", palette.warn)
    if is_arrival and state.scan is not None:
        tolerance = f"{state.settings.tolerance_points:g} point"
        tolerance += "" if state.settings.tolerance_points == 1 else "s"
        if measured_loss is not None and measured_loss * 100 > state.settings.tolerance_points:
            lost = f"measured to lose {measured_loss * 100:.1f} points"
            return text.append(f"{lost}: b, then {tolerance}, finds a plan that holds", palette.warn)
        return text.append(
            f"suggested to lose {tolerance}: enter prunes, b sets a budget, ↑ changes a layer", palette.text
        )
    text.append(explain(group.name, state.planner.share(group), state.scan), palette.text)
    text.append(f"; {followers_words(group)}" if group.followers else "", palette.muted)
    return text.append(padding_text(group, sparsity, state), palette.muted)


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
            shown = f"global {sparsity_text(state.planner.overall(plan))}"
            num_locked = state.planner.num_locked_globally(plan)
            shown += f", {num_locked} locked" if num_locked else ""
        text.append(" · " if text else "", palette.faint).append(shown, palette.text)
    return text.append("   s", palette.selected).append(" changes", palette.muted)


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
