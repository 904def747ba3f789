"""Goes on with the session in a file: reads it, and asks once before it runs code of the user's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.app import App

from prune_tui.catalog.names import check_names
from prune_tui.core.errors import PruneTuiError
from prune_tui.storage import read_session, resumed_name, session_path
from prune_tui.tui.messages import Failed
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

        try:
            session = read_session(path)
            check_names(session, source=str(path))
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
