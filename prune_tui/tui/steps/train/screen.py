"""Step 4: carries out the plan, with live accuracy, weights and log."""

import time

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Container, Vertical

from prune_tui.core.network import LayerInfo
from prune_tui.core.report import EpochFigures
from prune_tui.core.run.attempts import accuracy_at, pruning_runs
from prune_tui.core.workflow.completion import completion_text, decisions_to_complete
from prune_tui.core.workflow.step import Step
from prune_tui.core.workflow.steps import is_pruning
from prune_tui.reports.numbers import count_text, percent_text, points_text, size_text, times_text
from prune_tui.tui.dialogs.distributions_text import bars
from prune_tui.tui.messages import GoTo, Perform
from prune_tui.tui.state import State
from prune_tui.tui.steps.step_screen import READ_ONLY_WORDS, StepScreen
from prune_tui.tui.steps.stopped_text import stopped_short_words
from prune_tui.tui.widgets.chart import Chart, Line, Plot, padded_range
from prune_tui.tui.widgets.fixed_text import FixedText
from prune_tui.tui.widgets.meter import Meter, progress_words
from prune_tui.tui.widgets.weight_histogram import WeightHistogram

Run = tuple[EpochFigures, ...]
MAX_LABELS = 20
LEAST_RANGE = 0.02
"""The accuracies that the picture of a run covers at least."""


class TrainScreen(StepScreen):
    """Accuracy by epoch over the previous run's dotted curve, one layer's live weights, and the log."""

    step = Step.TRAIN

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self._layer_at = 0

    def compose_body(self) -> ComposeResult:
        yield Meter(id="meter")
        yield FixedText(id="now")
        with Container(classes="split"):
            with Vertical(classes="main"):
                yield Chart(id="accuracy")
            with Vertical(classes="aside"):
                yield WeightHistogram(id="weights")
                yield FixedText(id="live")
                yield FixedText(id="kept")
        yield FixedText(id="log")

    def show(self) -> None:
        state = self.state
        title, share, words = progress_words(state)
        if not title:
            title, words = self._idle_title(), stopped_short_words(state)
        self.query_one("#meter", Meter).show(title, share, words)
        run, ghost = self._runs()
        self.query_one("#now", FixedText).show(self._now(run, ghost))
        self.query_one("#accuracy", Chart).show(
            run_plot(run, ghost, num_points=self._num_points()),
            hint=f"\n  the first {self.state.score_name} is measured right after pruning",
        )
        self._show_layer()
        self.query_one("#log", FixedText).show(self._log())
        self._show_next()

    def _idle_title(self) -> str:
        return "pruned" if self.state.view.counted is not None else "nothing has been pruned yet"

    def _runs(self) -> tuple[Run, Run]:
        """The run on show and the previous one."""
        state = self.state
        running = state.view.running.index if state.view.running and is_pruning(state.view) else None
        decisions = state.session.decisions if state.session else ()
        runs = pruning_runs(decisions, state.view.report.epochs, running=running)
        return (runs[-1] if runs else ()), (runs[-2] if len(runs) > 1 else ())

    def _num_points(self) -> int:
        """How many points the running curve will have: each round's epochs, and one right after pruning."""
        running = self.state.running
        batch = running.batch if running is not None else None
        return batch.num_rounds * (batch.num_epochs + 1) if batch is not None else 0

    def _now(self, run: Run, ghost: Run) -> Text:
        palette = self.palette
        text = Text(no_wrap=True, overflow="ellipsis")
        if not run:
            return text.append(f"validation {self.state.score_name}", palette.muted)
        now = run[-1].accuracy
        name = self.state.score_name
        text.append("now " if name == "accuracy" else f"{name} now ", palette.muted).append(
            percent_text(now), palette.bold
        )
        before = accuracy_at(ghost, len(run) - 1)
        if before is not None:
            text.append(f"  previous run {percent_text(before)} ({points_text(now - before)})", palette.muted)
        if cut := cut_words(run, ghost):
            text.append(f"  {cut}", palette.muted)
        if len(run) > 1:
            text.append(f"  best {percent_text(max(epoch.accuracy for epoch in run))}", palette.muted)
        scan = self.state.view.report.scan
        if scan is not None:
            text.append(f"  dense {percent_text(scan.dense_accuracy)}", palette.muted)
        return text

    def _show_layer(self) -> None:
        palette, view = self.palette, self.state.view
        layer = self._layer
        widget = self.query_one("#weights", WeightHistogram)
        if layer is None:
            widget.show(None, Text("live weights", palette.muted))
            return
        histogram = view.pruned_histograms.get(layer.name) or view.dense_histograms.get(layer.name)
        title = Text(no_wrap=True, overflow="ellipsis")
        title.append(layer.name, palette.bold).append(" live |w|", palette.muted)
        widget.show(histogram, title)
        self.query_one("#live", FixedText).show(self._live(layer))
        self._show_kept(layer)

    def _show_kept(self, layer: LayerInfo) -> None:
        """Draw what every layer keeps, where there is room for at least some."""
        kept, counts = self.query_one("#kept", FixedText), self.state.view.counted
        width, height = kept.content_size
        layers = counts.layers if counts is not None else ()
        chosen = next((at for at, one in enumerate(layers) if one.name == layer.name), 0)
        if layers and height > 2:
            lines = bars(layers, chosen, self.palette, width=width, room=height - 1)
            kept.show(Text("\n").join(lines))

    def _live(self, layer: LayerInfo) -> Text:
        palette, view = self.palette, self.state.view
        counts = view.counted
        text = Text(no_wrap=True, overflow="ellipsis")
        if counts is None:
            return text.append("dense", palette.muted)
        figures = next((one for one in counts.layers if one.name == layer.name), None)
        if figures is not None:
            text.append(
                f"{count_text(figures.nonzero)} of {count_text(figures.parameters)} kept", palette.text
            )
            text.append(f"  {percent_text(figures.sparsity)}\n", palette.muted)
        if view.mask is None:
            text.append(f"sparsity {percent_text(counts.sparsity)}\n", palette.text)
        elif view.mask.held:
            text.append(f"sparsity held {percent_text(view.mask.sparsity)} ✓\n", palette.good)
        else:
            text.append("pruned weights are nonzero again ✗\n", palette.bad)
        text.append(f"size {size_text(counts.counts.file_bytes)}\n", palette.text)
        text.append(f"compression {times_text(counts.counts.compression_ratio)}", palette.muted)
        return text

    def _log(self) -> Text:
        palette = self.palette
        room = max(1, self.query_one("#log").content_size.height)
        text = Text(no_wrap=True, overflow="ellipsis")
        for line in self.state.view.log[-room:]:
            text.append("\n" if text else "")
            text.append(time.strftime("%H:%M:%S  ", time.localtime(line.at)), palette.faint)
            text.append(line.text, palette.muted)
        return text

    def _show_next(self) -> None:
        state = self.state
        if is_pruning(state.view) and state.is_busy:
            verb = "space goes on" if state.is_paused else "space pauses"
            self.next_bar.show(
                f"{self._work_words()}: {verb}, x stops and keeps the best epoch", is_ready=False
            )
        elif state.is_busy:
            what = f"the {state.running.kind}" if state.running is not None else "what runs"
            self.next_bar.show(
                f"waiting for {what} to end; x stops it and keeps what is done", is_ready=False
            )
        elif state.view.counted is None:
            self.next_bar.show("nothing has been pruned yet: esc goes back to the plan", is_ready=False)
        elif state.view.report.pruned is None and state.is_read_only:
            self.next_bar.show(READ_ONLY_WORDS)
        elif state.view.report.pruned is None:
            self.next_bar.show(completion_text(decisions_to_complete(state.session, state.view)))
        else:
            self.next_bar.show("see the result")

    def _work_words(self) -> str:
        job = self.state.jobs[0] if self.state.jobs else None
        return "training after rewinding" if job is not None and job.rewinds else "fine-tuning"

    @property
    def _layer(self) -> LayerInfo | None:
        layers = self.state.view.prunable
        return layers[self._layer_at % len(layers)] if layers else None

    @property
    def layer_in_sight(self) -> str | None:
        return self._layer.name if self._layer is not None else None

    def action_next_layer(self, by: int) -> None:
        self._layer_at += by
        self._show_layer()

    def action_enter_table(self) -> None:
        """There is no table: up watches the previous layer."""
        self.action_next_layer(-1)

    def action_go_on(self) -> None:
        """Shrink and measure what has not been, and go to the result."""
        state = self.state
        if state.is_busy or state.view.counted is None:
            self.app.bell()
            return
        left = decisions_to_complete(state.session, state.view)
        if left and self.refuses_work():
            return
        for decision in left:
            self.post_message(Perform(decision))
        self.post_message(GoTo(Step.SAVE))


def cut_words(run: Run, ghost: Run) -> str:
    """Say what lies below the picture of a run; empty if all of it and of the previous one is in sight."""
    plot = run_plot(run, ghost)
    if plot is None:
        return ""
    low, _ = plot.y_range
    own, behind = (min((epoch.accuracy for epoch in epochs), default=1.0) for epochs in (run, ghost))
    words = [f"{own * 100:.1f} right after pruning"] if own < low else []
    words += [f"{behind * 100:.1f} of the previous run"] if behind < low else []
    return f"↓ below the picture: {', '.join(words)}" if words else ""


def round_step(right: float) -> int:
    """Return the smallest round step that labels an axis from 0 to `right` at most 20 times."""
    power = 1
    while True:
        for step in (power, 2 * power, 5 * power):
            if right / step <= MAX_LABELS:
                return step
        power *= 10


def run_plot(run: Run, ghost: Run, *, num_points: int = 0) -> Plot | None:
    """Return accuracy by epoch as a plot with room for `num_points`; the previous run lies behind.

    The scale is that of the run on show, after its first epoch: what lies further below than half of it is
    cut, whether it was right after pruning or in the previous run.
    """
    if not run:
        return None
    points = tuple((float(at), epoch.accuracy) for at, epoch in enumerate(run))
    behind = tuple((float(at), epoch.accuracy) for at, epoch in enumerate(ghost))
    # Right after pruning the accuracy may be next to nothing: it would flatten the curve that follows.
    tuned = [epoch.accuracy for epoch in run if epoch.epoch > 0] or [epoch.accuracy for epoch in run]
    floor = min(tuned) - max(LEAST_RANGE, max(tuned) - min(tuned)) / 2
    others = [epoch.accuracy for epoch in (*run, *ghost) if epoch.accuracy >= floor]
    right = max(2.0, num_points - 1.0, points[-1][0], behind[-1][0] if behind else 0.0)
    return Plot(
        lines=(Line(behind, tone="muted", is_ghost=True), Line(points)),
        x_range=(0.0, right),
        y_range=padded_range([*tuned, *others], least=LEAST_RANGE),
        x_labels=tuple((float(at), str(at)) for at in range(0, int(right) + 1, round_step(right))),
    )
