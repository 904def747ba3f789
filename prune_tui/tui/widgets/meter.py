"""One line about running work: its name, a bar, how far it is, and the time left."""

from rich.text import Text
from textual.app import RenderResult
from textual.widget import Widget

from prune_tui.core.run.view import Running
from prune_tui.core.scanning.cells import scan_progress_text
from prune_tui.reports.numbers import duration_text, percent_text
from prune_tui.tui.palette import palette_of
from prune_tui.tui.state import State


class Meter(Widget):
    """Draws `training the dense baseline ━━━━━━━────── epoch 2/5 · 0:12 left`."""

    DEFAULT_CSS = "Meter { height: 1; padding: 0 2; text-wrap: nowrap; text-overflow: ellipsis; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._drawn: tuple[str, float | None, str] = ("", None, "")

    def show(self, title: str, share: float | None, words: str) -> None:
        """Draw a new state; no bar if `share` is None."""
        if (title, share, words) != self._drawn:
            self._drawn = (title, share, words)
            self.refresh()

    def render(self) -> RenderResult:
        palette = palette_of(self.app)
        title, share, words = self._drawn
        text = Text(title, palette.bold, no_wrap=True, overflow="ellipsis")
        text = Text.assemble(text, "  ", no_wrap=True, overflow="ellipsis")
        width = min(60, self.size.width - text.cell_len - len(words) - 2)
        if share is not None and width >= 6:
            full = round(min(1.0, share) * width)
            text.append("━" * full, palette.accent)
            text.append("─" * (width - full), palette.faint)
            text.append("  ")
        text.append(words, palette.muted)
        return text


def progress_words(state: State) -> tuple[str, float | None, str]:
    """Return the title of running work, how much of it is done (None: not known), and details."""
    view, running = state.view, state.running
    if state.is_saving:
        return "saving", None, ""
    if running is None:
        progress = view.data_progress
        if state.is_busy and progress is not None:
            share = progress.done / progress.total if progress.total else None
            words = percent_text(share, 0) if share is not None else f"{progress.done:,}"
            return progress.what, share, words
        return ("loading", None, "data and model…") if state.is_busy else ("", None, "")
    words_left = f"{duration_text(running.seconds_left)} left" if running.seconds_left is not None else ""
    if running.batch is not None and running.kind in ("train_dense", "prune", "finetune", "rewind"):
        batch = running.batch
        rounds = f"round {batch.round}/{batch.num_rounds}  " if batch.num_rounds > 1 else ""
        where = f"{rounds}epoch {batch.epoch}/{batch.num_epochs}  batch {batch.batch}/{batch.num_batches}"
    elif running.kind == "scan" and view.report.scan is not None:
        where = scan_progress_text(view.report.scan)
    elif running.kind == "sweep":
        where = _points_words(state, running)
    else:
        where = ""
    title = {
        "train_dense": "training the baseline",
        "load_dense": "loading the baseline",
        "scan": "scanning",
        "sweep": "sweeping",
        "prune": "pruning",
        "finetune": "fine-tuning",
        "rewind": "rewinding",
        "shrink": "shrinking",
        "measure": "measuring",
    }.get(running.kind, running.kind)
    paused = "paused" if state.is_paused else "stopping…" if state.is_stopping else ""
    if running.step:
        return title, None, "  ".join(word for word in (running.step, paused) if word)
    return title, running.done, "  ".join(word for word in (where, words_left, paused) if word)


def _points_words(state: State, running: Running) -> str:
    done = sum(len(curve.points) for curve in state.view.report.curves if curve.decision == running.index)
    points = f"{done}/{round(done / running.done)} points" if done and running.done else "first point"
    batch = running.batch
    return f"{points}  epoch {batch.epoch}/{batch.num_epochs}" if batch is not None else points
