"""Asks for the name of a branch or of a renamed session, and before a session is deleted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input, Static

from prune_tui.core.session.decisions import Decision
from prune_tui.reports.numbers import printable
from prune_tui.tui.dialogs.dialog import Dialog
from prune_tui.tui.palette import palette_of
from prune_tui.tui.widgets.tables.columns import Column
from prune_tui.tui.widgets.tables.table import Table

WhyNot = Callable[[str], str]
"""Why a name can't be used; empty if it can."""


@dataclass(frozen=True, slots=True)
class Branching:
    """The name of a copy, and how many of the decisions it takes; None takes the whole session."""

    name: str
    num_decisions: int | None


class NewNameDialog(Dialog[str]):
    """Returns the new name of a session."""

    def __init__(self, name: str, *, why_not: WhyNot) -> None:
        super().__init__()
        self._session, self._why_not = name, why_not

    def compose(self) -> ComposeResult:
        with Vertical(classes="panel"):
            yield Static(Text(f"Rename {printable(self._session)}"), classes="heading")
            yield Static("its file, its checkpoints and its log move along", classes="hint")
            yield Input(self._session, compact=True, id="new-name", max_length=64)
            yield Static(id="reason")
            yield Static("enter rename   esc cancel", classes="hint")

    @on(Input.Changed)
    def _typed(self) -> None:
        self.query_one("#reason", Static).update("")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        name = event.value.strip()
        if name == self._session:
            self.dismiss(None)
        elif why := self._why_not(name):
            self.query_one("#reason", Static).update(Text(f"✗ {why}"))
        else:
            self.dismiss(name)


class BranchDialog(Dialog[Branching]):
    """Returns what a branch is called, and up to which decision it goes: the whole session, unless told."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "branch", "branch", show=False),
        Binding("tab,shift+tab", "other_field", "name or list", show=False, priority=True),
    ]

    def __init__(self, name: str, decisions: Sequence[Decision], *, suggested: str, why_not: WhyNot) -> None:
        super().__init__()
        self._session, self._decisions = name, tuple(decisions)
        self._suggested, self._why_not = suggested, why_not

    def compose(self) -> ComposeResult:
        with Vertical(classes="panel"):
            yield Static(Text(f"Branch {printable(self._session)}"), classes="heading")
            with Horizontal(classes="fields"):
                yield Static("new name", classes="label")
                name = Input(self._suggested, compact=True, id="new-name", max_length=64)
                name.styles.width = "1fr"
                yield name
            yield Static("a copy with files of its own, which goes on from:", classes="hint")
            table = Table(id="decisions")
            table.show_heading(False)
            table.styles.height = min(10, len(self._decisions) + 1)
            yield table
            yield Static(id="reason")
            yield Static("↑ ↓ from where   tab name   enter branch   esc cancel", classes="hint")

    def on_mount(self) -> None:
        palette = palette_of(self.app)
        table = self.query_one(Table)
        table.set_columns([Column("where", "", 8), Column("decision", "", 58)])
        rows = [("", (Text("its end", palette.bold), Text("the whole session", palette.bold)))]
        for number in range(len(self._decisions) - 1, 0, -1):
            said = self._decisions[number - 1].description
            rows.append((str(number), (Text(f"after {number}", palette.muted), Text(said, palette.text))))
        table.set_rows(rows)
        table.focus()

    def action_other_field(self) -> None:
        """Go from the list to the name, or back."""
        (self.query_one(Input) if self.query_one(Table).has_focus else self.query_one(Table)).focus()

    @on(Input.Changed)
    def _typed(self) -> None:
        self.query_one("#reason", Static).update("")

    @on(Input.Submitted)
    @on(Table.Activated)
    def action_branch(self) -> None:
        """Take the name and the decision under the cursor, if the name can be used."""
        name = self.query_one(Input).value.strip()
        if why := self._why_not(name):
            self.query_one("#reason", Static).update(Text(f"✗ {why}"))
            self.query_one(Input).focus()
            return
        chosen = self.query_one(Table).current
        self.dismiss(Branching(name, int(chosen) if chosen else None))


class DeleteDialog(Dialog[bool]):
    """Returns True if the session is to be deleted; Enter and Esc keep it, until told otherwise."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "delete", "delete", show=False),
        Binding("up,left,k,h", "app.focus_previous", "before", show=False),
        Binding("down,right,j,l", "app.focus_next", "next", show=False),
    ]

    def __init__(self, name: str, what: str) -> None:
        super().__init__()
        self._session, self._what = name, what

    def compose(self) -> ComposeResult:
        with Vertical(classes="panel"):
            yield Static(Text(f"Delete {printable(self._session)}?"), classes="heading -bad")
            yield Static(Text(self._what), classes="message")
            yield Static("It can't be undone.", classes="hint")
            yield Button("Keep it", id="keep", compact=True)
            yield Button("Delete it", id="delete", compact=True)
            yield Static("d delete   esc keep", classes="hint")

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.dismiss(event.button.id == "delete")

    def action_delete(self) -> None:
        self.dismiss(True)
