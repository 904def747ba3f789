"""Gives the worker what it is to do, one thing after another, and goes on with what follows by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from textual.app import App

from prune_tui.core.workflow.step import Step
from prune_tui.tui.state import State
from prune_tui.tui.worker.jobs import (
    Job,
    KernelTiming,
    Measuring,
    Opening,
    Outcome,
    Polishing,
    Saving,
    UnitSearch,
)
from prune_tui.tui.worker.worker import Worker

if TYPE_CHECKING:
    from prune_tui.tui.worker.jobs import Task


class Work:
    """The jobs of the open session, and the plan that is measured between them.

    `show` goes to a step; `look_only` says how to get the checkpoints of a session that has none.
    """

    def __init__(
        self,
        app: App[Any],
        state: State,
        worker: Worker,
        *,
        redraw: Callable[[], None],
        show: Callable[[Step], None],
        look_only: Callable[[], None],
    ) -> None:
        self._app = app
        self._state = state
        self._worker = worker
        self._redraw = redraw
        self._show = show
        self._look_only = look_only

    def take_newest(self) -> None:
        """Show the newest view, if there is a newer one than that on show."""
        newest, state = self._worker.latest, self._state
        if newest is not None and newest.view is not state.view:
            state.take(newest)
            self._redraw()

    def submit(self, task: Task) -> None:
        """Have something done after all that waits; a plan that is being measured is dropped."""
        self.drop_measuring()
        job = Job(task)
        self._state.jobs.append(job)
        self._worker.submit(job)
        self._redraw()

    def drop_measuring(self) -> None:
        """Measure no plan any more."""
        if self._state.measuring is not None:
            self._state.measuring.ask_to_abandon()
            self._state.measuring = None

    def measure(self, task: Measuring | Polishing | KernelTiming | None) -> None:
        """Measure a plan or kernels while nothing else runs, in place of what is being measured."""
        state = self._state
        self.drop_measuring()
        can_run = state.view.is_ready and not (state.is_busy or state.is_read_only)
        if task is not None and can_run:
            state.measuring = Job(task)
            self._worker.submit(state.measuring)

    def find_units(self) -> None:
        """Look for units while nothing else runs; a decision that prunes units looks for itself."""
        if self._state.lacks_units and not self._state.is_busy:
            self.submit(UnitSearch())

    def save_again(self) -> None:
        """Save what could not be saved."""
        if self._state.is_saved or self._state.is_busy:
            self._app.bell()
        else:
            self.submit(Saving())

    def pause(self) -> None:
        """Pause what runs, or go on with it."""
        state = self._state
        if not state.jobs:
            self._app.bell()
            return
        state.is_paused = not state.is_paused
        if state.is_paused:
            state.jobs[0].go.clear()
        else:
            state.jobs[0].go.set()
        self._redraw()

    def stop(self) -> None:
        """End what runs, and keep what there is."""
        if not self._state.jobs:
            self._app.bell()
            return
        self._state.is_paused, self._state.is_stopping = False, True
        self._state.jobs[0].ask_to_stop()
        self._redraw()

    def keep_draft(self) -> None:
        """Have the worker write the plan that is being made, if it has changed."""
        draft = self._state.current_draft()
        if draft is not None and draft != self._state.kept_draft:
            self._state.kept_draft = draft
            self._worker.keep(draft)

    def finished(self, job: Job) -> None:
        """Take a job off the list, with the last that it showed."""
        state = self._state
        if job in state.jobs:
            state.jobs.remove(job)
        state.is_paused = state.is_stopping = False
        if self._worker.latest is not None:
            state.take(self._worker.latest)

    def measured(self, job: Job, task: Measuring | Polishing | KernelTiming, outcome: Outcome) -> None:
        """Show a plan's last figures; one that can't be measured is not tried again."""
        state = self._state
        if job is state.measuring:
            state.measuring = None
        if outcome != "abandoned" and isinstance(task, Measuring):
            state.tried = task.decision
        if not state.is_busy and self._worker.latest is not None:
            state.take(self._worker.latest)
        if outcome == "done" and isinstance(task, Polishing):
            state.adopt_polished()
        self._redraw()

    def go_on(self, task: Task, outcome: Outcome) -> None:
        """Go on with what follows a job by itself."""
        from prune_tui.core.workflow.steps import follows_by_itself, resume_step

        state = self._state
        if outcome in ("failed", "abandoned") or state.jobs or state.session is None:
            return
        if isinstance(task, Saving):
            self._app.notify(f"saved at {state.path}", title="All is on disk", markup=False)
            return
        if isinstance(task, UnitSearch | Measuring | Polishing | KernelTiming):
            return
        if isinstance(task, Opening):
            for note in state.view.notes:
                self._app.notify(note, title=state.session.model, markup=False, timeout=15)
        if isinstance(task, Opening) and state.session.decisions:
            self._show(resume_step(state.session, state.view))
        if state.is_read_only:
            if isinstance(task, Opening):
                self._look_only()
            self.find_units()
            return
        follows = follows_by_itself(
            None if isinstance(task, Opening) else task,
            state.session,
            state.view,
            baseline=state.baseline,
            scan=state.offered_scan,
        )
        if follows is not None:
            self.submit(follows)
        else:
            self.find_units()

    def release(self) -> None:
        """End the worker, as far as it can be ended; leaving never waits for more than a moment."""
        self.keep_draft()
        for job in (*self._state.jobs, self._state.measuring):
            if job is not None:
                job.ask_to_abandon()
        self._worker.close()
