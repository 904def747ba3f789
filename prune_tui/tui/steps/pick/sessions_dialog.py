"""Lists the earlier sessions, to continue one."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from prune_tui.catalog.paths import is_file
from prune_tui.core.errors import SessionError
from prune_tui.core.run.attempts import last_measured
from prune_tui.core.session.session import Session
from prune_tui.reports.numbers import percent_text, printable, times_text
from prune_tui.storage import read_session, recorded_sessions
from prune_tui.tui.dialogs.dialog import Dialog
from prune_tui.tui.palette import palette_of
from prune_tui.tui.widgets.table import Column, Table

MAX_SESSIONS = 200


@dataclass(frozen=True, slots=True)
class Found:
    """A session file: the session, or why it can't be read."""

    path: Path
    session: Session | None
    problem: str


class SessionsDialog(Dialog[Path]):
    """Returns the file of the chosen session."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "choose", "open", show=False)]

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._found: dict[str, Found] = {}

    def compose(self) -> ComposeResult:
        with Vertical(classes="panel -large"):
            yield Static("Earlier sessions", classes="heading")
            yield Table()
            yield Static(Text(f"reading {self._folder} …"), id="reason")
            yield Static("enter open   esc cancel", classes="hint")

    async def on_mount(self) -> None:
        self.query_one(Table).focus()
        self.run_worker(self._fill(), group="sessions")

    async def _fill(self) -> None:
        found = await asyncio.to_thread(_read_all, self._folder)
        self._found = {one.path.name: one for one in found}
        table = self.query_one(Table)
        table.set_columns(
            [
                Column("name", "session", 22),
                Column("on", "model on images", 22),
                Column("accuracy", "accuracy", 8, True),
                Column("ratio", "compression", 11, True),
            ]
        )
        table.set_rows([(one.path.name, self._cells(one)) for one in found])
        nothing = f"no sessions in {self._folder} yet"
        self.query_one("#reason", Static).update(Text("" if found else nothing))

    def _cells(self, found: Found) -> tuple[Text, ...]:
        palette = palette_of(self.app)
        if found.session is None:
            return (
                Text(printable(found.path.stem), palette.faint),
                Text("can't be read", palette.bad),
                Text(""),
                Text(""),
            )
        report = found.session.record.report if found.session.record else None
        best = last_measured(report) if report else None
        return (
            Text(printable(found.path.stem), palette.text),
            Text(f"{found.session.model} on {found.session.dataset}", palette.muted),
            Text(percent_text(best.accuracy if best else None), palette.text),
            Text(
                times_text(best.compression_ratio if best and report and best is not report.dense else None),
                palette.text,
            ),
        )

    def action_choose(self) -> None:
        found = self._found.get(self.query_one(Table).current or "")
        if found is not None and found.session is None:
            self.query_one("#reason", Static).update(Text(printable(found.problem)))
        elif found is not None:
            self.dismiss(found.path)


def _read_all(folder: Path) -> list[Found]:
    return [_read(path) for path in recorded_sessions(folder)[:MAX_SESSIONS]]


def _read(path: Path) -> Found:
    # Reading a pipe or a device may never end.
    if not is_file(path):
        return Found(path, None, f"{path} is not a file that can be read")
    try:
        return Found(path, read_session(path), "")
    except SessionError as error:
        return Found(path, None, str(error))
