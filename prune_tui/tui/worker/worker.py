"""The one thread that owns the engine: takes jobs from a queue and publishes the newest view."""

from __future__ import annotations

import threading
import traceback
from collections import deque
from collections.abc import Callable, Generator
from contextlib import suppress
from queue import SimpleQueue
from typing import TYPE_CHECKING, Literal

from textual.message import Message

from prune_tui.core.errors import PruneTuiError, StorageError
from prune_tui.storage import logged
from prune_tui.tui.messages import EngineLoaded, Failed, JobFinished
from prune_tui.tui.worker.jobs import (
    Job,
    KernelTiming,
    MakeRunner,
    Measuring,
    Opening,
    Outcome,
    Polishing,
    Runner,
    Saving,
    Snapshot,
    UnitSearch,
)

if TYPE_CHECKING:
    from prune_tui.core.session.draft import Draft


class Worker:
    """Carries jobs out in order, in a daemon thread; it touches no widget.

    Views are published by replacing `latest`, which the app looks at three times a second: a thousand events
    a second cost no more than three.
    """

    def __init__(
        self,
        *,
        post: Callable[[Message], object],
        make_runner: MakeRunner,
        warm_up: Callable[[], None],
        settle: Callable[[], None],
    ) -> None:
        self.latest: Snapshot | None = None
        self._post = post
        self._make_runner = make_runner
        self._warm_up = warm_up
        self._settle = settle
        self._runner: Runner | None = None
        self._jobs: SimpleQueue[Job | Literal["draft"] | None] = SimpleQueue()
        self._drafts: deque[Draft] = deque(maxlen=1)
        self._thread = threading.Thread(target=self._main, name="engine", daemon=True)

    def start(self) -> None:
        """Start the thread; it imports the engine first."""
        self._thread.start()

    def submit(self, job: Job) -> None:
        job.go.set()
        self._jobs.put(job)

    def keep(self, draft: Draft) -> None:
        """Have the plan that is being made written before the next job, or between two events of this one."""
        self._drafts.append(draft)
        self._jobs.put("draft")

    def close(self, *, timeout_seconds: float = 1.0) -> None:
        """End the thread after its job, and wait a moment for it; it can't keep the process alive."""
        self._jobs.put(None)
        if self._thread.is_alive():
            self._thread.join(timeout_seconds)

    def _main(self) -> None:
        try:
            self._warm_up()
            self._tell(EngineLoaded())
            self._settle()
        except Exception as error:  # noqa: BLE001 - whatever the engine's import raises is shown, not lost
            self._report_bug(error)
        while (job := self._jobs.get()) is not None:
            self._keep_draft()
            if job != "draft":
                self._tell(JobFinished(job, self._outcome_of(job)))

    def _keep_draft(self) -> None:
        """Write the newest draft, if there is one; one that can't be written is, with what is saved next."""
        if self._drafts and self._runner is not None:
            with suppress(StorageError):
                self._runner.keep_draft(self._drafts.pop())

    def _outcome_of(self, job: Job) -> Outcome:
        try:
            self._carry_out(job)
        except PruneTuiError as error:
            # A plan is measured unasked: its prune says why it can't be carried out.
            if not isinstance(job.task, Measuring | Polishing):
                self._publish()
                self._tell(Failed(str(error)))
            return "failed"
        except Exception as error:  # noqa: BLE001 - a bug must not end the app or lose the session
            self._report_bug(error)
            return "failed"
        finally:
            if not job.is_dropped:
                self._publish()
        if job.abandon.is_set():
            return "abandoned"
        return "stopped" if job.stop.is_set() else "done"

    def _carry_out(self, job: Job) -> None:
        if job.abandon.is_set():
            return
        if isinstance(job.task, Saving):
            if self._runner is not None:
                self._runner.save()
            return
        if isinstance(job.task, Opening):
            self._runner = None
            self._drafts.clear()
            self._runner = self._make_runner(job.task)
            events = self._runner.open()
        elif self._runner is None:
            raise PruneTuiError("no session is open: pick a model and a dataset first")
        elif isinstance(job.task, UnitSearch):
            events = self._runner.find_units()
        elif isinstance(job.task, Measuring):
            events = self._runner.measure_plan(job.task.decision, is_asked=job.task.is_asked)
        elif isinstance(job.task, Polishing):
            events = self._runner.polish(job.task.polish)
        elif isinstance(job.task, KernelTiming):
            events = self._runner.measure_kernels()
        else:
            events = self._runner.perform(job.task, should_stop=job.stop.is_set)
        try:
            while True:
                if not job.is_dropped:
                    self._publish()
                job.go.wait()
                self._keep_draft()
                if job.abandon.is_set() or next(events, None) is None:
                    break
        finally:
            if isinstance(events, Generator):
                events.close()

    def _publish(self) -> None:
        if (runner := self._runner) is not None:
            self.latest = Snapshot(runner.view, runner.session, runner.path, runner.is_saved)

    def _report_bug(self, error: Exception) -> None:
        trace = "".join(traceback.format_exception(error))
        last = traceback.format_exception_only(error)[-1].strip()
        self._tell(Failed(last, trace=trace, log=logged(error)))

    def _tell(self, message: Message) -> None:
        with suppress(RuntimeError):  # the app has left; there is no one to tell
            self._post(message)
