"""Lists the earlier sessions: to open one, branch it, rename it, or delete it."""

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from prune_tui.core.errors import PruneTuiError
from prune_tui.reports.numbers import printable, size_text
from prune_tui.runner import shelf
from prune_tui.storage import checkpoints_folder, unused_name
from prune_tui.tui.dialogs.dialog import Dialog
from prune_tui.tui.palette import palette_of
from prune_tui.tui.resumption import checkpoints_command
from prune_tui.tui.state import State
from prune_tui.tui.steps.pick.sessions import rows
from prune_tui.tui.steps.pick.sessions.keeping import BranchDialog, Branching, DeleteDialog, NewNameDialog
from prune_tui.tui.steps.pick.sessions.reading import Found, found_in, read
from prune_tui.tui.widgets.filter_bar import FilterBar
from prune_tui.tui.widgets.tables.table import Table

LEAST_HEIGHT_TO_EXPLAIN = 18


class SessionsDialog(Dialog[Path]):
    """Returns the file of the chosen session. The open session is never renamed or deleted."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "open", show=False),
        Binding("b", "branch", "branch", show=False),
        Binding("r", "rename", "rename", show=False),
        Binding("d,delete", "delete", "delete", show=False),
        Binding("s", "next_order", "sort", show=False),
    ]

    def __init__(self, state: State) -> None:
        super().__init__()
        self._state, self._folder = state, state.options.sessions_dir
        self._found: dict[Path, Found] = {}
        self._is_read = False
        self._is_working = False
        self._order: rows.Order = "date"
        self._paths: dict[str, Path] = {}
        self._note, self._noted_at = "", ""

    def compose(self) -> ComposeResult:
        with Vertical(classes="panel -whole"):
            yield Static("Earlier sessions", classes="heading", id="title")
            yield Table(id="sessions")
            yield FilterBar()
            yield Static(id="reason")
            yield Static(id="about")
            yield Static(id="keys", classes="hint")

    def on_mount(self) -> None:
        self.query_one(Table).focus()
        self.run_worker(self._fill(), group="sessions")

    def on_resize(self) -> None:
        """Draw again: columns depend on the width, and a low terminal has room for the list alone."""
        self.query_one("#about").display = self.size.height >= LEAST_HEIGHT_TO_EXPLAIN
        self.call_after_refresh(self._show)

    async def _fill(self) -> None:
        async for found in found_in(self._folder):
            self._found.update((one.path, one) for one in found)
            self._show()
        self._is_read = True
        self._show()

    # --- what is drawn ------------------------------------------------------------------------------------

    def _show(self) -> None:
        if not self.is_mounted:
            return
        table, palette = self.query_one(Table), palette_of(self.app)
        current = self._path
        columns = rows.columns(table.size.width, self._order)
        table.set_columns(columns)
        shown = rows.in_order(self._found.values(), self._order)
        self._paths = {rows.key_of(one): one.path for one in shown}
        opened = self._open_path
        table.set_rows(
            [
                (rows.key_of(one), rows.cells(one, columns, palette, is_open=one.path == opened))
                for one in shown
            ]
        )
        if current in self._found:
            table.go_to(rows.key_of(self._found[current]))
        self._show_title()
        self._show_about()

    def _show_title(self) -> None:
        palette, number = palette_of(self.app), len(self._found)
        text = Text("Earlier sessions", no_wrap=True, overflow="ellipsis")
        is_partly = not self._is_read and any(one.summary is None for one in self._found.values())
        words = f"   {number} in {self._folder}" + (", reading …" if is_partly else "")
        self.query_one("#title", Static).update(text.append(words if number else "", palette.muted))
        keys = "enter open   b branch   r rename   d delete   s sort   / find   esc close"
        self.query_one("#keys", Static).update(Text(keys if number else "esc close"))

    def _show_about(self) -> None:
        found, palette = self._current, palette_of(self.app)
        if not self._found:
            nothing = f"no sessions in {self._folder} yet" if self._is_read else f"reading {self._folder} …"
            self.query_one("#about", Static).update(Text(nothing, palette.muted))
        elif found is not None:
            has_code = found.summary is not None and found.summary.has_code
            command = checkpoints_command(found.path, self._state.options, has_code=has_code)
            self.query_one("#about", Static).update(rows.about(found, palette, get_checkpoints=command))
        else:
            self.query_one("#about", Static).update(Text("none has such words", palette.muted))
        self.query_one("#reason", Static).update(Text(self._note, palette.warn))
        self.query_one("#reason", Static).display = bool(self._note)

    def _say(self, note: str) -> None:
        self._note, self._noted_at = printable(note), self.query_one(Table).current or ""
        self._show_about()

    @property
    def _current(self) -> Found | None:
        return self._found.get(self._path) if self._path is not None else None

    @property
    def _path(self) -> Path | None:
        """The file under the cursor."""
        return self._paths.get(self.query_one(Table).current or "")

    @property
    def _open_path(self) -> Path | None:
        return self._state.path if self._state.open_session is not None else None

    @on(Table.Moved)
    def _moved(self) -> None:
        """Forget what was said of another row."""
        if self.is_mounted:
            is_elsewhere = self.query_one(Table).current != self._noted_at
            self._say("" if is_elsewhere else self._note)

    @on(Table.FilterAsked)
    def _filter_asked(self, message: Table.FilterAsked) -> None:
        self.query_one(FilterBar).open(message.table)

    # --- what a person does -------------------------------------------------------------------------------

    def action_dismiss_dialog(self) -> None:
        """Show all rows, where a filter hides some; else close."""
        table = self.query_one(Table)
        if table.filter_text:
            self.query_one(FilterBar).close()
            table.focus()
        else:
            self.dismiss(None)

    def action_next_order(self) -> None:
        self._order = rows.ORDERS[(rows.ORDERS.index(self._order) + 1) % len(rows.ORDERS)]
        self._show()

    @on(Table.Activated)
    def action_choose(self) -> None:
        """Open the session under the cursor."""
        found = self._current
        if found is None or found.summary is None or self._is_working:
            self.app.bell()
        else:
            self.dismiss(found.path)

    def action_branch(self) -> None:
        """Copy the session under the cursor, after asking for a name and from where."""
        found = self._chosen(is_changed=False)
        if found is None or found.summary is None:
            return
        path, name = found.path, found.path.stem

        def given(branching: Branching | None) -> None:
            if branching is not None:
                copy = partial(shelf.branch, path, branching.name, num_decisions=branching.num_decisions)
                self._work(f"copying {name} …", copy, f"{branching.name} is made: enter opens it")

        suggested = unused_name(self._folder, name)
        decisions = found.summary.decisions
        self.app.push_screen(BranchDialog(name, decisions, suggested=suggested, why_not=self._why_not), given)

    def action_rename(self) -> None:
        """Give the session under the cursor another name."""
        found = self._chosen(is_changed=True)
        if found is None:
            return
        path, name = found.path, found.path.stem

        def given(new: str | None) -> None:
            if new is not None:
                move = partial(shelf.rename, path, new)
                self._work(f"renaming {name} …", move, f"{name} is now {new}", gone=path)

        self.app.push_screen(NewNameDialog(name, why_not=self._why_not), given)

    def action_delete(self) -> None:
        """Delete the session under the cursor, after asking."""
        found = self._chosen(is_changed=True, is_readable=False)
        if found is None:
            return
        path, name = found.path, found.path.stem

        def given(is_deleted: bool | None) -> None:
            if is_deleted:
                self._work(f"deleting {name} …", partial(shelf.delete, path), f"{name} is deleted", gone=path)

        self.app.push_screen(DeleteDialog(name, _what_goes(path)), given)

    def _why_not(self, name: str) -> str:
        return shelf.why_no_name(self._folder, name)

    def _chosen(self, *, is_changed: bool, is_readable: bool = True) -> Found | None:
        """Return the session under the cursor, or say why nothing can be done with it now."""
        found = self._current
        if found is None or self._is_working:
            self.app.bell()
            return None
        name = found.path.stem
        if is_changed and found.path == self._open_path:
            why = f"{name} is open: open or begin another session first"
        elif is_readable and found.summary is None:
            why = (
                f"{name} can't be read: only d, delete, is left for it" if found.problem else "still reading"
            )
        else:
            return found
        self.app.bell()
        self._say(why)
        return None

    def _work(
        self, doing: str, work: Callable[[], Path | None], done: str, *, gone: Path | None = None
    ) -> None:
        """Do something with files in a thread, and show what came of it; it returns the file that it made."""
        self._is_working = True
        self._say(doing)
        self.run_worker(self._worked(work, done, gone), group="keeping")

    async def _worked(self, work: Callable[[], Path | None], done: str, gone: Path | None) -> None:
        try:
            path = await asyncio.to_thread(work)
            made = await asyncio.to_thread(read, path) if path is not None else None
        except PruneTuiError as error:
            self._say(f"✗ {error}")
            return
        finally:
            self._is_working = False
        if gone is not None:
            self._found.pop(gone, None)
        if made is not None:
            self._found[made.path] = made
        self._show()
        if made is not None:
            self.query_one(Table).go_to(rows.key_of(made))
        self._say(done)


def _what_goes(path: Path) -> str:
    """Say what deleting a session takes away."""
    files = shelf.own_files(path)
    if not files:
        return f"{path.name} in {path.parent}"
    number = sum(file.suffix == ".safetensors" for file in files)
    size = size_text(sum(file.stat().st_size for file in files if file.exists()))
    folder = checkpoints_folder(path).name
    checkpoints = f"{number} checkpoint{'' if number == 1 else 's'}"
    return f"{path.name}, and {folder}/ with {checkpoints} and the log, {size}, in {path.parent}"
