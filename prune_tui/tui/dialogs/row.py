"""Everything about one row of a table of layers: all layers of its groups, with their shapes and counts."""

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from prune_tui.core.planning.groups import PruningGroup
from prune_tui.reports.numbers import count_text, macs_text, shortened
from prune_tui.tui.dialogs.dialog import Dialog
from prune_tui.tui.palette import Palette, palette_of

MIN_NAME = 12
LEAST_WIDTH = 38
"""What a line takes besides the name and the kind."""
LEAST_KIND = 15
"""Where the kind has no more, MACs are rounded."""


class RowDialog(Dialog[None]):
    """Lists the layers of some pruning groups, the leader of each first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("i,q,enter", "dismiss_dialog", "close", show=False),
        Binding("down,j", "scroll(2)", "down", show=False),
        Binding("up,k", "scroll(-2)", "up", show=False),
    ]

    def __init__(self, title: str, groups: Sequence[PruningGroup], *, facts: Sequence[str] = ()) -> None:
        super().__init__()
        self._title = title
        self._groups = groups
        self._facts = facts

    def compose(self) -> ComposeResult:
        with Vertical(classes="panel -large"):
            yield Static(Text(self._title), classes="heading")
            with VerticalScroll(can_focus=False):
                yield Static(id="row")
            yield Static("↑ ↓ scroll   esc close", classes="hint")

    def on_mount(self) -> None:
        self._show()

    def on_resize(self) -> None:
        self.call_after_refresh(self._show)

    def _show(self) -> None:
        width = self.query_one("#row").size.width
        self.query_one("#row", Static).update(
            row_text(self._groups, self._facts, palette_of(self.app), width=width or 60)
        )

    def action_scroll(self, by: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)


def row_text(groups: Sequence[PruningGroup], facts: Sequence[str], palette: Palette, *, width: int) -> Text:
    """Return the facts, a line for each layer, and why what is locked is locked."""
    text = Text(no_wrap=True, overflow="ellipsis")
    for fact in facts:
        text.append(f"  {fact}\n", palette.text)
    text.append("\n" if facts else "")
    layers = [(layer, layer is not group.leader) for group in groups for layer in group.layers]
    name_width = min(max(MIN_NAME, *(len(layer.name) + 2 for layer, _ in layers)), max(MIN_NAME, width - 58))
    # The kind gives way first, then the shape: neither is worth a second line.
    kind = min(27, max(0, width - name_width - LEAST_WIDTH))
    has_shape = width >= name_width + LEAST_WIDTH
    macs_words, macs_width = (count_text, 14) if kind >= LEAST_KIND else (macs_text, 9)
    kind -= macs_width - 9
    shape = "  output" if has_shape else ""
    heading = f"  {'layer':<{name_width}}  {'kind':<{kind}}"[: name_width + 4 + kind]
    text.append(f"{heading}{'weights':>11}{'MACs':>{macs_width}}{shape}\n", palette.muted)
    for layer, is_follower in layers:
        name = ("+ " if is_follower else "") + shortened(layer.name, name_width - 2 * is_follower)
        text.append(f"  {name:<{name_width}}", palette.text)
        shown_kind = shortened(layer.kind, kind - 1) if kind > 1 else ""
        text.append(f"  {shown_kind:<{kind}}", palette.muted)
        text.append(f"{count_text(layer.parameters):>11}{macs_words(layer.macs):>{macs_width}}", palette.text)
        shape = "×".join(str(size) for size in layer.output_shape) or "—"
        text.append(f"  {shape}\n" if has_shape else "\n", palette.muted)
    if len(layers) > 1:
        text.append(f"  {'together':<{name_width}}  {f'{len(layers)} layers'[:kind]:<{kind}}", palette.muted)
        weights, macs = (sum(one.parameters for one, _ in layers), sum(one.macs for one, _ in layers))
        text.append(f"{count_text(weights):>11}{macs_words(macs):>{macs_width}}\n", palette.bold)
    if any(is_follower for _, is_follower in layers):
        text.append("\n  + loses the same units as the layer above it\n", palette.muted)
    for group in groups:
        if group.locked_reason:
            text.append(f"\n  {group.name} is locked: {group.locked_reason}", palette.muted)
    return text
