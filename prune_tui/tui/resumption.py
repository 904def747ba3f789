"""Goes on with the session in a file: reads it, and asks once before it runs code of the user's own.

A session whose checkpoints are not there is opened to be looked at: no code runs, and no data are read.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from textual.app import App

from prune_tui.catalog.names import check_names
from prune_tui.catalog.paths import is_file
from prune_tui.core.errors import PruneTuiError
from prune_tui.storage import read_session, resumed_name, session_path
from prune_tui.tui.messages import Failed
from prune_tui.tui.options import Options
from prune_tui.tui.state import State
from prune_tui.tui.worker.jobs import Opening

if TYPE_CHECKING:
    from prune_tui.core.session.session import CodeFile, Session


class Resumption:
    """Opens sessions from files, and remembers which files of the user's own were allowed to run."""

    def __init__(
        self,
        app: App[Any],
        state: State,
        *,
        open: Callable[[Opening], None],
        show_error: Callable[[Failed], None],
    ) -> None:
        self._app = app
        self._state = state
        self._open = open
        self._show_error = show_error
        self._allowed: set[CodeFile] = set()

    def resume(self, path: Path) -> None:
        """Go on with a session; ask first, if it runs files of the user's own that nobody has allowed yet."""
        from prune_tui.catalog.code.permission import check_code, code_to_confirm
        from prune_tui.runner.shelf import is_read_only

        try:
            session = read_session(path)
            check_names(session, source=str(path))
            if is_read_only(session, path):
                self._open(Opening(session, resumed_from=path, is_read_only=True))
                return
            check_code(session, allow_code=True, source=str(path))
            files = code_to_confirm(session)
        except PruneTuiError as error:
            self._show_error(Failed(str(error)))
            return
        if self._state.options.allow_code or self._allowed.issuperset(files):
            self._go_on(path, session, allow_code=bool(files))
            return

        def answered(runs: bool | None) -> None:
            if runs:
                self._allowed.update(files)
                self._go_on(path, session, allow_code=True)

        from prune_tui.tui.steps.pick.code_dialog import CodeDialog

        self._app.push_screen(CodeDialog(path.name, files), answered)

    def _go_on(self, path: Path, session: Session, *, allow_code: bool) -> None:
        """Open a session whose own code, if it has any, may run."""
        from prune_tui.catalog.recipes import recipe_of
        from prune_tui.core.workflow.baselines import baseline_to_train

        self._state.baseline = baseline_to_train(recipe_of(session))
        # A copy of a session under another file name is a session of that name, with its own files.
        name = resumed_name(path)
        if session_path(path.parent, name) != path:
            self._app.notify(f"{path.name} stays as it is", title=f"Goes on as {name}.json", markup=False)
        self._open(Opening(replace(session, name=name), resumed_from=path, allow_code=allow_code))


REPLAYED: Final = "replayed"
"""The folder in which a replay is told to save a session with its checkpoints."""


def replay_command(path: Path, options: Options, *, out: str | None = None, has_code: bool = False) -> str:
    """Return the command that replays a session, and saves it in the folder `out`.

    `has_code` says whether it runs files of the user's own.
    """
    words = ["prune-tui", "replay", str(path)]
    words += ["--out", out] if out is not None else []
    words += ["--data-dir", str(options.data_dir)] if options.data_dir is not None else []
    return shlex.join([*words, *(["--allow-code"] if has_code else [])])


def checkpoints_command(path: Path, options: Options, *, has_code: bool = False) -> str:
    """Return the command that makes the checkpoints of a session that has none."""
    return replay_command(path, options, out=REPLAYED, has_code=has_code)


def resume_command(path: Path, options: Options) -> str:
    """Return the command that goes on with a session."""
    words = ["prune-tui", "--resume", str(path)]
    if options.sessions_dir != Options().sessions_dir:
        words += ["--sessions-dir", str(options.sessions_dir)]
    if options.data_dir is not None:
        words += ["--data-dir", str(options.data_dir)]
    if options.num_threads is not None:
        words += ["--threads", str(options.num_threads)]
    return shlex.join(words)


def farewell(state: State) -> str:
    """Return where the open session is and how to go on with it; empty if it has nothing in it."""
    session, path = state.session, state.path
    if session is None or path is None or not session.decisions or not is_file(path):
        return ""
    if state.is_read_only:
        what, then = f"{session.name} was only looked at", "get its checkpoints with"
        command = checkpoints_command(path, state.options, has_code=bool(session.code))
    else:
        what = f"session {session.name} is in {path}" + ("" if state.is_saved else ", without what came last")
        then, command = "go on with", resume_command(path, state.options)
    return f"{what}\n{then}: {command}"
