"""Asks before work is cut short, and goes on once it has ended as the person said."""

from collections.abc import Callable
from functools import partial
from typing import Any

from textual.app import App

from prune_tui.tui.state import State
from prune_tui.tui.steps.step_screen import StepScreen
from prune_tui.tui.worker.jobs import Opening

Then = Callable[[], object]


class Asking:
    """Holds what is to be done when the work under way has ended."""

    def __init__(self, app: App[Any], state: State, *, redraw: Callable[[], None]) -> None:
        self._app = app
        self._state = state
        self._redraw = redraw
        self._when_idle: Then | None = None

    def when_free(self, purpose: str, then: Then) -> None:
        """Do something that ends the work under way, once the person has said how."""
        if not self._state.jobs:
            then()
            return
        if not isinstance(self._app.screen, StepScreen):
            return
        from prune_tui.tui.dialogs.quit import QuitDialog

        task = self._state.jobs[0].task
        what = "loading" if isinstance(task, Opening) else task.description
        self._app.push_screen(QuitDialog(what, purpose=purpose), partial(self._answered, then))

    def goes_on(self) -> bool:
        """Do what waited for the work to end, and return whether anything did."""
        if self._state.jobs or self._when_idle is None:
            return False
        then, self._when_idle = self._when_idle, None
        then()
        return True

    def _answered(self, then: Then, answer: str | None) -> None:
        state = self._state
        if answer in (None, "stay"):
            return
        if not state.jobs:
            then()
            return
        first, *others = state.jobs
        for job in others:
            job.ask_to_abandon()
        if answer == "stop":
            first.ask_to_stop()
        else:
            first.ask_to_abandon()
        state.is_paused, state.is_stopping = False, True
        if answer == "discard" and then == self._app.exit:
            then()
            return
        self._when_idle = then
        self._redraw()
