"""The line that `b` opens in the plan, to type a budget for the whole network."""

from typing import ClassVar

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input, Static

from prune_tui.tui.widgets.fixed_text import FixedText


class BudgetInput(Input):
    """A field that changes nothing if it is left by Esc, or by moving the focus elsewhere."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "cancel", show=False)]

    class Cancelled(Message):
        """Nothing changes; `is_left` if the focus has moved elsewhere by itself."""

        def __init__(self, *, is_left: bool) -> None:
            self.is_left = is_left
            super().__init__()

    def action_cancel(self) -> None:
        self.post_message(self.Cancelled(is_left=False))

    def on_blur(self, _event: events.Blur) -> None:
        """Cancel when the focus moves elsewhere, but not when the terminal loses it: that may come back."""
        if self.screen.focused not in (None, self):
            self.post_message(self.Cancelled(is_left=True))


class BudgetBar(Vertical):
    """A line to type in, and one below it that says what the budget would do."""

    DEFAULT_CSS = """
    BudgetBar { display: none; height: 2; padding: 0 2; }
    BudgetBar Horizontal { height: 1; }
    BudgetBar .name { width: 8; text-style: bold; }
    BudgetBar BudgetInput { width: 32; }
    BudgetBar .keys { width: 1fr; padding: 0 2; color: $foreground 60%; }
    BudgetBar FixedText { height: 1; text-wrap: nowrap; }
    """

    class Typed(Message):
        """What is typed so far."""

        def __init__(self, text: str) -> None:
            self.text = text
            super().__init__()

    class Taken(Message):
        """The budget is taken."""

        def __init__(self, text: str) -> None:
            self.text = text
            super().__init__()

    class Cancelled(Message):
        """Nothing changes, and the bar is to close; `is_left` if the focus has moved elsewhere."""

        def __init__(self, *, is_left: bool) -> None:
            self.is_left = is_left
            super().__init__()

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Static("budget", classes="name")
            yield BudgetInput(
                placeholder="20x, or 0.1 MB and 1 point", id="budget", compact=True, max_length=60
            )
            yield Static("enter apply   esc cancel", classes="keys")
        yield FixedText(id="budget-hint")

    @property
    def is_open(self) -> bool:
        return bool(self.display)

    @property
    def _field(self) -> BudgetInput:
        return self.query_one(BudgetInput)

    def open(self, text: str) -> None:
        self.display = True
        with self.prevent(Input.Changed):
            self._field.value = text
        self._field.focus()
        self._field.select_all()

    def close(self) -> None:
        """Make room; what stands there otherwise is to be shown at once, so that nothing else moves."""
        self.display = False

    def say(self, hint: Text, *, is_wrong: bool) -> None:
        """Say below the field what the budget would do, or what is wrong with it."""
        self._field.set_class(is_wrong, "-invalid")
        self.query_one("#budget-hint", FixedText).show(hint)

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        if self.is_open:
            self.post_message(self.Typed(event.value))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if self.is_open:
            self.post_message(self.Taken(event.value))

    @on(BudgetInput.Cancelled)
    def _cancelled(self, event: BudgetInput.Cancelled) -> None:
        event.stop()
        if self.is_open:
            self.post_message(self.Cancelled(is_left=event.is_left))
