"""Interrupts work: asks the person how it should end, and goes on with what they wanted after that."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.app import App

from prune_tui.tui.state import State
from prune_tui.tui.steps.step_screen import StepScreen
from prune_tui.tui.worker.jobs import KernelTiming, Measuring, Opening, Polishing, Saving, UnitSearch

if TYPE_CHECKING:
    from prune_tui.tui.worker.jobs import Task

Then = Callable[[], object]


class Interruption:
    """Asks how the work under way should end, and remembers what to do once it has ended."""

    def __init__(
        self, app: App[Any], state: State, *, redraw: Callable[[], None], save: Callable[[], None]
    ) -> None:
        self._app = app
        self._state = state
        self._redraw = redraw
        self._save = save
        self._when_idle: tuple[str, Then] | None = None

    def when_free(self, purpose: str, then: Then) -> None:
        """Do something that ends the session or the work under way; ask first if work could be lost."""
        state = self._state
        if not state.jobs and state.is_saved:
            then()
            return
        if not isinstance(self._app.screen, StepScreen):
            return
        from prune_tui.tui.dialogs.quit import about_unsaved, about_work

        if state.jobs:
            dialog = about_work(_task_name(state.jobs[0].task), purpose=purpose)
            self._app.push_screen(dialog, partial(self._work_answered, purpose, then))
        else:
            dialog = about_unsaved(purpose=purpose)
            self._app.push_screen(dialog, partial(self._unsaved_answered, purpose, then))

    def goes_on(self) -> bool:
        """Do what waited for the work to end, and return whether anything did; ask again if it is unsaved."""
        if self._state.jobs or self._when_idle is None:
            return False
        (purpose, then), self._when_idle = self._when_idle, None
        if not self._state.is_saved:
            self.when_free(purpose, then)
            return False
        then()
        return True

    def _work_answered(self, purpose: str, then: Then, answer: str | None) -> None:
        state = self._state
        if answer in (None, "stay"):
            return
        if not state.jobs:
            self.when_free(purpose, then)
            return
        first, *others = state.jobs
        for job in others:
            job.ask_to_abandon()
        if answer == "save":
            first.ask_to_stop()
        else:
            first.ask_to_abandon()
        state.is_paused, state.is_stopping = False, True
        if answer == "discard" and then == self._app.exit and state.is_saved:
            then()
            return
        self._when_idle = (purpose, then)
        self._redraw()

    def _unsaved_answered(self, purpose: str, then: Then, answer: str | None) -> None:
        if answer == "discard":
            then()
        elif answer == "save":
            self._when_idle = (purpose, then)
            self._save()


def _task_name(task: Task) -> str:
    if isinstance(task, Opening):
        return "loading"
    if isinstance(task, UnitSearch):
        return "finding units"
    if isinstance(task, Measuring | Polishing):
        return "measuring the plan"
    if isinstance(task, KernelTiming):
        return "measuring kernels"
    return "saving" if isinstance(task, Saving) else task.description
