"""Asks which methods a sweep compares, and at which sparsities."""

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Static

from prune_tui.catalog.criteria import CRITERIA
from prune_tui.core.network import LayerInfo
from prune_tui.core.session.recipe import epochs
from prune_tui.core.typed_numbers import MAX_EPOCHS, whole_number
from prune_tui.core.workflow.completion import has_linear
from prune_tui.core.workflow.sweep_settings import SweepSettings, parse_percentages, percentages_text
from prune_tui.reports.numbers import about_text
from prune_tui.tui.dialogs.choice import Choice
from prune_tui.tui.dialogs.dialog import Dialog
from prune_tui.tui.dialogs.field import field
from prune_tui.tui.palette import palette_of
from prune_tui.tui.steps.scan.method_grid import MethodGrid


class SweepDialog(Dialog[SweepSettings]):
    """Returns what the sweep compares; Enter starts it.

    With `epoch_seconds`, what an epoch took so far, the time that all fine-tuning will take is said.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "app.focus_previous", "up", show=False),
        Binding("down,j", "app.focus_next", "down", show=False),
        Binding("enter", "take", "sweep", show=False),
    ]

    def __init__(
        self,
        settings: SweepSettings,
        *,
        layers: Sequence[LayerInfo],
        epoch_seconds: float | None = None,
    ) -> None:
        super().__init__()
        self._epoch_seconds = epoch_seconds
        self._settings = settings
        self._layers = layers

    def compose(self) -> ComposeResult:
        settings = self._settings
        with Vertical(classes="panel"):
            yield Static("Sweep: compare several methods on the whole network", classes="heading")
            yield MethodGrid(list(CRITERIA), settings.methods, id="methods")
            yield from field(
                "sparsities", percentages_text(settings.sparsities), "sparsities %", "", width=50
            )
            yield from field("epochs", str(settings.num_epochs), "fine-tune", "epochs per point; 0 for none")
            yield Choice(
                "from scratch",
                {"no": "", "yes": "also train the shrunk architecture from fresh weights"},
                "yes" if settings.has_from_scratch else "no",
                id="scratch",
            )
            yield Choice(
                "time them",
                {"no": "", "yes": "also measure latency: dense, sparse and shrunk"},
                "yes" if settings.is_timed else "no",
                id="timed",
            )
            yield Static(id="reason")
            yield Static("↑ ↓ ← → move   space tick or change   enter sweep   esc cancel", classes="hint")

    def on_mount(self) -> None:
        self.query_one(MethodGrid).focus()
        self._show_reason()

    def on_method_grid_changed(self) -> None:
        self._show_reason()

    def on_choice_changed(self) -> None:
        self._show_reason()

    def on_input_changed(self) -> None:
        if self.is_mounted:
            self._show_reason()

    def on_input_submitted(self) -> None:
        self.action_take()

    def action_take(self) -> None:
        settings = self._given()
        if isinstance(settings, str):
            self.app.bell()
            self._show_reason()
        else:
            self.dismiss(settings)

    def _given(self) -> SweepSettings | str:
        """Return the settings, or what is wrong with them."""
        methods = self.query_one(MethodGrid).methods
        num_epochs = whole_number(self.query_one("#epochs", Input).value)
        scratch, timed = (self.query_one(f"#{id}", Choice).value == "yes" for id in ("scratch", "timed"))
        try:
            sparsities = parse_percentages(self.query_one("#sparsities", Input).value)
        except ValueError as error:
            return str(error)
        if not methods:
            return "tick a method with space, in the table above"
        if num_epochs is None or num_epochs > MAX_EPOCHS:
            return "the number of epochs is a whole number from 0"
        granularities = {method.granularity for method in methods}
        if scratch and "unit" not in granularities:
            return "from scratch needs a unit method: only those can be shrunk"
        if timed and "unit" not in granularities and not has_linear(self._layers):
            return "nothing to time: no units are removed, and convolutions can't run sparse"
        return SweepSettings(methods, sparsities, num_epochs, scratch, timed)

    def _show_reason(self) -> None:
        palette, given = palette_of(self.app), self._given()
        grid = self.query_one(MethodGrid)
        text = Text(no_wrap=True, overflow="ellipsis")
        if grid.has_focus and grid.reason:
            text.append(f"· {grid.reason}", palette.warn)
        elif isinstance(given, str):
            text.append(f"✗ {given}", palette.bad)
        else:
            methods, sparsities = len(given.methods), len(given.sparsities)
            text.append(f"{methods} methods × {sparsities} sparsities", palette.bold)
            tuned = f", each fine-tuned for {epochs(given.num_epochs)}" if given.num_epochs else ""
            text.append(f" = {methods * sparsities} pruned networks{tuned}", palette.muted)
            num_epochs = methods * sparsities * given.num_epochs
            if num_epochs and self._epoch_seconds is not None:
                text.append(f", {about_text(num_epochs * self._epoch_seconds)}", palette.muted)
        self.query_one("#reason", Static).update(text)
