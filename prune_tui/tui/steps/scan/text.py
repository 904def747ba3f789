"""The text of step 2: how far the scan is, what it shows, and what comes next."""

from rich.text import Text

from prune_tui.core.planning.groups import PruningGroup
from prune_tui.core.report import ScanFigures
from prune_tui.core.scanning.cells import images_seen, num_settled
from prune_tui.core.scanning.chance import chance_words
from prune_tui.core.scanning.curves import accuracy_half_width, explain
from prune_tui.core.terms import each_text
from prune_tui.core.workflow.steps import has_baseline, is_pruning
from prune_tui.reports.numbers import count_text, percent_text, size_text
from prune_tui.tui.palette import Palette
from prune_tui.tui.state import State
from prune_tui.tui.widgets.group_text import followers_words


def idle_words(state: State) -> str:
    """Say how complete the scan is, where none is running."""
    scan = state.scan
    if not has_baseline(state.session):
        return "no baseline yet"
    if scan is None:
        return "not scanned yet: r scans"
    num_cells = sum(len(curve.accuracies) for curve in scan.layers)
    unknown, unsettled = num_cells - scan.num_known, num_cells - num_settled(scan)
    if unknown:
        return f"stopped early, {unknown} of {num_cells} cells not scanned: r scans again"
    if unsettled:
        return f"stopped early, {unsettled} of {num_cells} cells not settled: r scans again"
    plans = f", {len(scan.joint)} plans measured" if scan.joint else ""
    return f"done, {num_cells} cells settled{plans}"


def facts(group: PruningGroup | None, state: State, palette: Palette) -> Text:
    """Say the dense accuracy and how sure it is, why the layer matters, and how cells are evaluated."""
    scan, other = state.scan, state.view.report.scan
    text = Text(no_wrap=True, overflow="ellipsis")
    if scan is None and other is not None:
        return text.append(
            f"scanned by {other.criterion}, {each_text(other.granularity)}; r scans with these options",
            palette.warn,
        )
    if scan is None:
        return text.append("the scan tells how far each layer can be pruned by itself", palette.muted)
    text.append(f"dense {percent_text(scan.dense_accuracy)}", palette.bold)
    if state.is_at_chance and state.view.chance is not None:
        text.append(f"  {chance_words(state.view.chance)}", palette.warn)
    else:
        text.append_text(_sureness(scan, palette))
    if group is not None:
        words = f"{group.name} stays whole: {group.locked_reason}"
        if group.is_free:
            words = explain(group.name, state.planner.share(group), scan)
        if state.is_at_chance:
            words = f"{group.name}: what it loses by itself says nothing"
        text.append("\n" + words, palette.text)
        text.append(f"  {followers_words(group)}", palette.muted)
    return text.append("\n").append_text(_evaluation(scan, palette))


def _sureness(scan: ScanFigures, palette: Palette) -> Text:
    """Say whether the scan is exact, and on how many images."""
    fewest, most = images_seen(scan)
    total = count_text(scan.num_images)
    spread = accuracy_half_width(scan.dense_accuracy, scan.num_images) * 100
    text = Text(f" ±{spread:.1f} ({total} images)", palette.muted)
    if scan.tolerance_points is None:
        text.append("  exact", palette.accent)
        seen = "every image" if fewest in (0, scan.num_images) else f"so far {count_text(fewest)} images"
        return text.append(f": {seen}", palette.muted)
    text.append("  quick", palette.accent)
    seen = count_text(most) if fewest == most else f"{count_text(fewest)}–{count_text(most)}"
    return text.append(f": ±{scan.tolerance_points:g} point on {seen} of them", palette.muted)


def _evaluation(scan: ScanFigures, palette: Palette) -> Text:
    """Say whether only the calls after a layer are re-executed, and how much memory that takes."""
    if not scan.is_reused:
        return Text(scan.note or "", palette.warn)
    if not scan.batch_size:
        return Text()
    size = size_text(scan.recorded_bytes)
    return Text(
        f"run from the pruned layer on: {count_text(scan.batch_size)} images at a time, {size} recorded",
        palette.muted,
    )


def next_words(state: State) -> tuple[str, bool]:
    """Say what Enter does, and whether it can be done now."""
    if state.is_running("scan") and state.view.report.scan is not None:
        is_whole = all(None not in curve.accuracies for curve in state.view.report.scan.layers)
        return f"make a plan now, from {'the curves' if is_whole else 'what is scanned'} so far", True
    if state.is_running("sweep"):
        return "make a plan; the sweep goes on, x stops it with the points so far", True
    if state.is_running("train_dense"):
        return "the baseline is training: space pauses, x stops, keeps the best epoch and scans", False
    if is_pruning(state.view) and state.is_busy:
        return "see the plan; 4 shows the pruning", True
    if not state.is_busy and not state.view.is_ready:
        return "data and model could not be loaded: esc goes back to pick others", False
    if not state.is_busy and not has_baseline(state.session):
        return "there is no baseline: r tries again, esc goes back", False
    if state.is_busy:
        return "the scan starts once the baseline is loaded", False
    if state.scan is None:
        return "make a plan without a scan, or scan first with r", True
    return "make a plan", True
