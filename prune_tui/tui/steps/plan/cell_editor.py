"""An input laid over a table's cell, to edit one sparsity."""

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Offset, Region
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

from prune_tui.core.planning.plan_editor import parse_sparsity


class CellEditor(Input):
    """Edits one sparsity in place: posts every keystroke; Enter and Tab commit, Esc cancels."""

    DEFAULT_CSS = """
    CellEditor {
        layer: overlay; position: absolute; display: none; width: 8; height: 1;
        border: none; padding: 0 1; background: $primary 25%;
        &:focus { border: none; background: $primary 25%; }
        &.-wrong { background: $error 40%; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "cancel", show=False),
        Binding("tab", "commit", "commit", show=False),
        Binding("up,shift+tab", "commit_up", "commit, up", show=False),
        Binding("down", "commit", "commit, down", show=False),
    ]

    class Typed(Message):
        """What is typed so far: a sparsity, or the reason why it is not one."""

        def __init__(self, layer: str, sparsity: float | None, reason: str) -> None:
            self.layer = layer
            self.sparsity = sparsity
            self.reason = reason
            super().__init__()

    class Done(Message):
        """The editor has closed; nothing changes if `sparsity` is None.

        `is_left` if the focus has moved elsewhere by itself.
        """

        def __init__(
            self, layer: str, sparsity: float | None, *, move: int = 0, is_left: bool = False
        ) -> None:
            self.layer = layer
            self.sparsity = sparsity
            self.move = move
            self.is_left = is_left
            super().__init__()

    def __init__(self) -> None:
        super().__init__(id="editor", compact=True, select_on_focus=True, max_length=8)
        self.edited: str | None = None

    @property
    def is_open(self) -> bool:
        return self.edited is not None

    def open(self, room: Region, layer: str, value: str) -> None:
        """Begin over a cell, whose place on the screen is `room`."""
        corner = self.parent.content_region.offset if isinstance(self.parent, Widget) else Offset(0, 0)
        self.styles.offset = (room.x - corner.x, room.y - corner.y)
        self.styles.width = room.width
        self.edited = layer
        self.display = True
        with self.prevent(Input.Changed):
            self.value = value
        self.remove_class("-wrong")
        self.focus()

    def close(self) -> None:
        """Go away; the next `open` may be over another cell."""
        self.edited = None
        self.display = False

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if self.edited is None:
            return
        sparsity, reason = _parsed(event.value)
        self.set_class(bool(reason), "-wrong")
        self.post_message(self.Typed(self.edited, sparsity, reason))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_commit()

    def on_blur(self, _event: events.Blur) -> None:
        """Cancel when the focus moves elsewhere, but not when the terminal loses it: that may come back."""
        if self.screen.focused not in (None, self):
            self._cancel(is_left=True)

    def action_commit(self, move: int = 1) -> None:
        """Take a valid sparsity and close; else stay open and say what is wrong."""
        if self.edited is None:
            return
        sparsity, reason = _parsed(self.value)
        if reason:
            self.add_class("-wrong")
            self.post_message(self.Typed(self.edited, None, reason))
            return
        layer = self.edited
        self.close()
        self.post_message(self.Done(layer, sparsity, move=move))

    def action_commit_up(self) -> None:
        self.action_commit(-1)

    def action_cancel(self) -> None:
        self._cancel(is_left=False)

    def _cancel(self, *, is_left: bool) -> None:
        if self.edited is not None:
            layer = self.edited
            self.close()
            self.post_message(self.Done(layer, None, is_left=is_left))


def _parsed(text: str) -> tuple[float | None, str]:
    try:
        return parse_sparsity(text), ""
    except ValueError as error:
        return None, str(error)
