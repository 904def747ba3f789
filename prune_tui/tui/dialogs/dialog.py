"""What dialogs share: a panel over the dimmed step, closed by Esc."""

from typing import ClassVar, Generic, TypeVar

from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

HEIGHTS = [(0, "-flat"), (18, "-tall")]
"""The classes of a dialog that leaves things out where there is no room for them."""

Answer = TypeVar("Answer")


class Dialog(ModalScreen[Answer], Generic[Answer]):
    """A question over a step; Esc closes it without an answer."""

    VERTICAL_BREAKPOINTS = HEIGHTS
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss_dialog", "close", show=False)]

    def action_dismiss_dialog(self) -> None:
        self.dismiss(None)
