"""Shows histograms of a layer's weights and units, dense above pruned, and how large each layer is."""

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult, RenderResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import Static

from prune_tui.tui.dialogs import distributions_text
from prune_tui.tui.dialogs.dialog import Dialog
from prune_tui.tui.palette import palette_of
from prune_tui.tui.state import State

TOP_SHARE = "top share: how many of a unit's weights are among the layer's largest tenth"


class Histograms(Widget):
    """Draws one layer's histograms above the sizes of all layers."""

    DEFAULT_CSS = "Histograms { height: 1fr; text-wrap: nowrap; padding: 0 1; }"

    def __init__(self, state: State) -> None:
        super().__init__(id="histograms")
        self._state = state
        self._drawn: object = None
        self.position = 0

    @property
    def shown(self) -> str:
        layers = self._state.view.prunable
        return layers[self.position % len(layers)].name

    def show(self) -> None:
        """Draw the newest distributions, if they have changed."""
        view = self._state.view
        drawn = (self.position, view.report.distributions, view.report.layers)
        if drawn != self._drawn:
            self._drawn = drawn
            self.refresh()

    def render(self) -> RenderResult:
        palette, view = palette_of(self.app), self._state.view
        width, height = self.size.width, self.size.height
        num_bars = min(len(view.prunable), max(3, height // 4))
        lines = distributions_text.histograms(
            view.report.distributions, self.shown, palette, width=width, height=height - num_bars - 2
        )
        bars = distributions_text.bars(
            view.report.layers, self.position % len(view.prunable), palette, width=width, room=num_bars
        )
        return Text("\n").join([*lines, Text(), *bars])


class DistributionsDialog(Dialog[None]):
    """Up and down switch the layer; while a run goes on, the histograms follow it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d,q,enter", "dismiss_dialog", "close", show=False),
        Binding("down,j,right,l", "next_layer(1)", "next layer", show=False),
        Binding("up,k,left,h", "next_layer(-1)", "previous layer", show=False),
    ]

    def __init__(self, state: State, *, layer: str | None) -> None:
        super().__init__()
        self._state = state
        names = [one.name for one in state.view.prunable]
        self._first = names.index(layer) if layer in names else 0

    def compose(self) -> ComposeResult:
        with Vertical(classes="panel -whole"):
            yield Static(id="layer", classes="heading")
            yield Histograms(self._state)
            yield Static(TOP_SHARE, classes="hint -close")
            yield Static("↑ ↓ another layer   esc close", classes="hint -close")

    def on_mount(self) -> None:
        self._histograms.position = self._first
        self._show()
        self.set_interval(0.5, self._show)

    @property
    def _histograms(self) -> Histograms:
        return self.query_one(Histograms)

    def _show(self) -> None:
        layers = self._state.view.prunable
        if not layers:
            return
        layer = layers[self._histograms.position % len(layers)]
        number = f"{self._histograms.position % len(layers) + 1} of {len(layers)}"
        self.query_one("#layer", Static).update(Text(f"{layer.name}  {layer.kind}  ({number})"))
        self._histograms.show()

    def action_next_layer(self, by: int) -> None:
        self._histograms.position += by
        self._show()
