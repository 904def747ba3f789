"""Step 2: how much each layer loses when it alone is pruned."""

from dataclasses import replace

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Container, Vertical

from prune_tui.catalog.criteria import CRITERIA
from prune_tui.core.decisions import Scan
from prune_tui.core.events import LayerInfo
from prune_tui.core.forecast import curve_of, explain, safe_sparsity, uncertainty
from prune_tui.core.plan import fixed_reason
from prune_tui.core.report import EpochFigures, ScanFigures
from prune_tui.core.view import epochs_of
from prune_tui.tui.messages import GoTo, Perform, StopWork
from prune_tui.tui.screens.step_screen import StepScreen
from prune_tui.tui.steps import Step, has_baseline
from prune_tui.tui.widgets.chart import Chart, Line, Plot, padded_range
from prune_tui.tui.widgets.fixed_text import FixedText
from prune_tui.tui.widgets.meter import Meter, progress_words
from prune_tui.tui.widgets.sparsity_ruler import ruler_label, sparsity_ruler
from prune_tui.tui.widgets.table import Cells, Column, Table
from prune_tui.tui.words import count_text, percent_text, shortened


class ScanScreen(StepScreen):
    """A row a layer, filled while the scan runs, and the chosen layer's curve."""

    step = Step.SCAN
    home = "#layers"

    def compose_body(self) -> ComposeResult:
        """Lay out progress, table and curve."""
        yield Meter(id="meter")
        with Container(classes="split"):
            yield Table(id="layers")
            with Vertical(classes="aside"):
                yield FixedText(id="curve-title")
                yield Chart(id="curve")
        yield FixedText(id="facts")

    def show(self) -> None:
        """Draw all of it."""
        state = self.state
        title, share, words = progress_words(state)
        shown = state.view.scan if state.is_running("scan") and state.view.scan else state.settings
        if state.is_running("scan") or not title:
            title = f"{title or 'scan'} by {shown.criterion}, each {shown.granularity}"
        self.query_one("#meter", Meter).show(title, share, words or self._idle_words())
        self._show_table()
        self._show_curve()
        self.query_one("#facts", FixedText).show(self._facts())
        self.next_bar.show(*self._next()[:1], is_ready=self._next()[1])

    @property
    def _scan(self) -> ScanFigures | None:
        """The scan as it stands: the curves on show are always those of the options on show."""
        return self.state.scan

    def _idle_words(self) -> str:
        if not has_baseline(self.state.session):
            return "no baseline yet"
        if self._scan is None:
            return "not scanned yet: r scans"
        unknown = sum(None in curve.accuracies for curve in self._scan.layers)
        return f"stopped early, {unknown} layers not whole: r scans again" if unknown else "done"

    def _show_table(self) -> None:
        table = self.query_one("#layers", Table)
        room = max(0, table.size.width - 70)
        name_width = 16 + min(room // 2, 24)
        kind_width = 20 + min(room - min(room // 2, 24), 16)
        table.set_columns(
            [
                Column("layer", "layer", name_width),
                Column("kind", "kind", kind_width),
                Column("parameters", "weights", 10, True),
                Column("curve", ruler_label(self._scan), 9),
                Column("safe", "safe", 5, True),
            ]
        )
        table.set_rows(
            [(layer.name, self._cells(layer, name_width, kind_width)) for layer in self.state.view.layers]
        )

    def _cells(self, layer: LayerInfo, name_width: int, kind_width: int) -> Cells:
        palette = self.palette
        reason = fixed_reason(layer, self.state.settings)
        curve = curve_of(self._scan, layer.name)
        has_cell = curve is not None and curve.accuracies[:1] != (None,)
        safe = f"{safe_sparsity(self._scan, layer.name):.2f}" if has_cell else ""
        return (
            Text(shortened(layer.name, name_width), palette.faint if reason else palette.text),
            Text(shortened(layer.kind, kind_width), palette.muted),
            Text(count_text(layer.parameters), palette.text),
            Text("locked", palette.faint) if reason else sparsity_ruler(self._scan, layer.name, palette),
            Text("" if reason else safe, palette.bold),
        )

    def _selected(self) -> LayerInfo | None:
        current = self.query_one("#layers", Table).current
        return next((layer for layer in self.state.view.layers if layer.name == current), None)

    def _show_curve(self) -> None:
        palette, view = self.palette, self.state.view
        title, chart = self.query_one("#curve-title", FixedText), self.query_one("#curve", Chart)
        layer = self._selected()
        running = self.state.running
        if running is not None and running.kind == "train_dense":
            title.show(Text("validation accuracy by epoch, %", palette.muted))
            num_epochs = running.batch.num_epochs if running.batch else 2
            chart.show(
                _training_plot(epochs_of(view, running.index), num_epochs),
                hint="the first epoch is under way…",
            )
            return
        if layer is None or self._scan is None or curve_of(self._scan, layer.name) is None:
            title.show(Text())
            chart.show(None)
            return
        text = Text(no_wrap=True, overflow="ellipsis")
        text.append(layer.name, palette.bold).append("  validation accuracy by sparsity, %", palette.muted)
        text.append("   ┄ one point below dense", palette.faint)
        title.show(text)
        chart.show(curve_plot(self._scan, layer.name), hint="")

    def _facts(self) -> Text:
        palette, scan = self.palette, self._scan
        layer = self._selected()
        text = Text(no_wrap=True, overflow="ellipsis")
        other = self.state.view.scan
        if scan is None and other is not None:
            return text.append(
                f"scanned by {other.criterion}, each {other.granularity}; r scans with these options",
                palette.warn,
            )
        if scan is None:
            return text.append("the scan tells how far each layer can go by itself", palette.muted)
        spread = uncertainty(scan.dense_accuracy, scan.num_images)
        text.append(f"dense {percent_text(scan.dense_accuracy)} ", palette.bold)
        text.append(
            f"± {spread * 100:.1f} points (95 %), {count_text(scan.num_images)} validation images",
            palette.muted,
        )
        if layer is not None:
            reason = fixed_reason(layer, self.state.settings)
            words = (
                f"{layer.name} stays whole: {reason}"
                if reason
                else explain(layer, self.state.view.layers, scan)
            )
            text.append("\n" + words, palette.text)
        return text

    def _next(self) -> tuple[str, bool]:
        state = self.state
        if state.is_running("scan") and state.view.scan is not None:
            return "make a plan now, from what is scanned so far", True
        if state.is_running("train_dense"):
            return "the baseline trains: space pauses, x keeps the best epoch so far and scans", False
        if not state.is_busy and not state.view.is_ready:
            return "no data and no model: esc goes back to pick others", False
        if not state.is_busy and not has_baseline(state.session):
            return "there is no baseline: r tries again, esc goes back", False
        if state.is_busy:
            return "the scan begins as soon as the baseline is here", False
        if self._scan is None:
            return "make a plan without a scan; r scans first", True
        return "make a plan", True

    @on(Table.Moved)
    def _moved(self) -> None:
        if self.is_drawable:
            self._show_curve()
            self.query_one("#facts", FixedText).show(self._facts())

    def action_go_on(self) -> None:
        """Go to the plan; a running scan ends with what it has."""
        if not self._next()[1]:
            self.app.bell()
            return
        if self.state.is_running("scan"):
            self.post_message(StopWork())
        self.post_message(GoTo(Step.PLAN))

    def action_rescan(self) -> None:
        """Scan with the options on show; or try the baseline again, if there is none."""
        if self.state.is_busy or not self.state.view.is_ready:
            self.app.bell()
        elif not has_baseline(self.state.session):
            self.post_message(Perform(self.state.baseline))
        else:
            settings = self.state.settings
            self.post_message(Perform(Scan(criterion=settings.criterion, granularity=settings.granularity)))

    def action_next_criterion(self) -> None:
        """Take the next criterion."""
        names = list(CRITERIA)
        now = names.index(self.state.settings.criterion) if self.state.settings.criterion in names else -1
        self.state.settings = replace(self.state.settings, criterion=names[(now + 1) % len(names)])
        self.show()

    def action_next_granularity(self) -> None:
        """Turn from weights to units or back."""
        is_weight = self.state.settings.granularity == "weight"
        self.state.settings = replace(self.state.settings, granularity="unit" if is_weight else "weight")
        self.show()


def curve_plot(scan: ScanFigures, layer: str, *, chosen: float | None = None) -> Plot:
    """Return a layer's curve as a plot, with the line one point below dense, and the chosen sparsity."""
    curve = curve_of(scan, layer)
    known = [
        (at, accuracy)
        for at, accuracy in zip(scan.sparsities, curve.accuracies if curve else (), strict=True)
        if accuracy is not None
    ]
    points = ((0.0, scan.dense_accuracy), *known)
    low, high = padded_range([accuracy for _, accuracy in points], least=0.04)
    floor = scan.dense_accuracy - 0.01
    return Plot(
        lines=(
            Line(((0.0, floor), (1.0, floor)), tone="muted", is_ghost=True),
            Line(points),
            *(
                ()
                if chosen is None
                else (Line(((chosen, low), (chosen, high)), tone="muted", is_ghost=True),)
            ),
        ),
        x_range=(0.0, 1.0),
        y_range=(low, high),
        x_labels=tuple((tenth / 10, f".{tenth}") for tenth in range(1, 10)),
    )


def _training_plot(epochs: tuple[EpochFigures, ...], num_epochs: int) -> Plot | None:
    if not epochs:
        return None
    points = tuple((float(epoch.epoch), epoch.accuracy) for epoch in epochs)
    return Plot(
        lines=(Line(points),),
        x_range=(1.0, max(2.0, num_epochs, points[-1][0])),
        y_range=padded_range([accuracy for _, accuracy in points], least=0.04),
        x_labels=tuple((float(at), str(at)) for at in range(1, num_epochs + 1)),
    )
