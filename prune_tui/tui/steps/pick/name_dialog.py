"""Asks for the name of a model or of data that is in no table, and completes it."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.suggester import Suggester
from textual.widgets import Input, Static

from prune_tui.core.errors import PruneTuiError
from prune_tui.reports.numbers import printable
from prune_tui.tui.dialogs.dialog import Dialog
from prune_tui.tui.palette import palette_of
from prune_tui.tui.steps.pick.entries import (
    completions,
    dataset_names,
    model_names,
    read_dataset,
    read_model,
)

MOST_SHOWN = 4


class NameDialog(Dialog[str]):
    """Returns a name that `read` takes; what `read` raises is shown below the field."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "complete", "complete", show=False, priority=True)
    ]

    def __init__(
        self,
        question: str,
        forms: str,
        *,
        example: str,
        names: Sequence[str],
        read: Callable[[str], str],
    ) -> None:
        super().__init__()
        self._question, self._forms, self._example = question, forms, example
        self._names, self._read = names, read

    def compose(self) -> ComposeResult:
        with Vertical(classes="panel"):
            yield Static(self._question, classes="heading")
            yield Static(Text(self._forms), classes="hint")
            yield Input(
                placeholder=self._example, compact=True, id="typed-name", suggester=_Names(self._names)
            )
            yield Static(id="matches")
            yield Static(id="reason")
            yield Static("tab complete   enter choose   esc cancel", classes="hint")

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        found = [name for name in completions(event.value, self._names) if name != event.value]
        palette, text = palette_of(self.app), Text(no_wrap=False)
        for name in found[:MOST_SHOWN]:
            text.append(f"{name}\n", palette.muted)
        if len(found) > MOST_SHOWN:
            text.append(f"and {len(found) - MOST_SHOWN} more", palette.faint)
        self.query_one("#matches", Static).update(text)
        self.query_one("#reason", Static).update("")

    def action_complete(self) -> None:
        """Take the first name that the text may become."""
        field = self.query_one(Input)
        found = [name for name in completions(field.value, self._names) if name != field.value]
        if found:
            field.value = found[0]
            field.cursor_position = len(found[0])
        else:
            self.app.bell()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        typed = event.value.strip()
        try:
            problem = "type a name" if not typed else ""
            name = self._read(typed) if typed else ""
        except PruneTuiError as error:
            problem = str(error)
        if problem:
            self.query_one("#matches", Static).update("")
            self.query_one("#reason", Static).update(Text(f"✗ {printable(problem)}"))
        else:
            self.dismiss(name)


class _Names(Suggester):
    """Suggests the first name that begins with what is typed."""

    def __init__(self, names: Sequence[str]) -> None:
        # What a file defines may change from one key to the next.
        super().__init__(use_cache=False, case_sensitive=True)
        self._names = names

    async def get_suggestion(self, value: str) -> str | None:
        found = (name for name in completions(value, self._names) if name.startswith(value) and name != value)
        return next(found, None)


def model_dialog() -> NameDialog:
    """Ask for the name of any model."""
    return NameDialog(
        "Which model?",
        "torchvision:NAME, timm:NAME, path/to/net.py:factory, or an installed package's model",
        example="torchvision:resnet50",
        names=model_names(),
        read=lambda text: read_model(text).name,
    )


def data_dialog() -> NameDialog:
    """Ask for a function that returns data."""
    return NameDialog(
        "Which function returns your data?",
        "path/to/data.py:function, or an installed package's data (docs/YOUR-DATA.md)",
        example="path/to/data.py:function",
        names=dataset_names(),
        read=lambda text: read_dataset(text).name,
    )
