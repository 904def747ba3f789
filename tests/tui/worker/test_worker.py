"""The worker carries jobs out in order, tells how each ended, and survives whatever they raise."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.message import Message

from prune_tui.core.session.decisions import Decision, LoadDense, Prune, Scan
from prune_tui.core.session.recipe import Training
from prune_tui.core.session.session import Session
from prune_tui.tui.messages import EngineLoaded, Failed, JobFinished
from prune_tui.tui.worker.jobs import Job, Opening
from prune_tui.tui.worker.worker import Worker
from tests.tui.fake_runner import Script, maker, user_error


class Office:
    """A worker without an app: what it posts is kept."""

    def __init__(
        self, script: Script, folder: Path | None = None, *, warm_up: Callable[[], None] | None = None
    ) -> None:
        self.posted: list[Message] = []
        self.ended = threading.Event()
        self.worker = Worker(
            post=self._take,
            make_runner=maker(script, folder),
            warm_up=warm_up or (lambda: None),
            settle=lambda: None,
        )
        self.worker.start()

    def _take(self, message: Message) -> None:
        self.posted.append(message)
        if isinstance(message, JobFinished):
            self.ended.set()

    def begin(self, task: Opening | Decision) -> Job:
        job = Job(task)
        self.ended.clear()
        self.worker.submit(job)
        return job

    def do(self, task: Opening | Decision) -> str:
        self.begin(task)
        return self.wait()

    def wait(self) -> str:
        assert self.ended.wait(10)
        last = self.posted[-1]
        assert isinstance(last, JobFinished)
        return last.outcome

    @property
    def num_decisions(self) -> int:
        assert self.worker.latest is not None
        return len(self.worker.latest.session.decisions)


OPENING = Opening(Session(name="x", model="lenet5", dataset="digits"))


def test_jobs_end_in_order() -> None:
    office = Office(Script())
    assert [office.do(task) for task in (OPENING, LoadDense(), Scan())] == ["done", "done", "done"]
    assert office.num_decisions == 2
    assert isinstance(office.posted[0], EngineLoaded)
    office.worker.close()


def test_a_stopped_job_keeps_what_there_is() -> None:
    script = Script()
    script.hold("scan", after=3)
    office = Office(script)
    office.do(OPENING)
    office.do(LoadDense())
    job = office.begin(Scan())
    job.ask_to_stop()
    assert office.wait() == "stopped"
    assert office.num_decisions == 2
    office.worker.close()


def test_an_abandoned_job_leaves_no_trace() -> None:
    script = Script()
    gate = script.hold("scan", after=3)
    office = Office(script)
    office.do(OPENING)
    office.do(LoadDense())
    job = office.begin(Scan())
    job.ask_to_abandon()
    gate.release(100)
    assert office.wait() == "abandoned"
    assert office.num_decisions == 1
    assert office.worker.latest is not None
    assert office.worker.latest.view.running is None
    office.worker.close()


def test_a_job_that_is_called_off_before_it_begins_never_begins() -> None:
    office = Office(Script())
    office.do(OPENING)
    job = Job(LoadDense())
    job.ask_to_abandon()
    office.ended.clear()
    office.worker.submit(job)
    assert office.wait() == "abandoned"
    assert office.num_decisions == 0
    office.worker.close()


@pytest.mark.parametrize(
    ("error", "is_bug"),
    [(user_error("mend it"), False), (RuntimeError("a bug"), True), (MemoryError(), True)],
)
def test_errors_are_told_and_the_worker_goes_on(error: Exception, is_bug: bool) -> None:
    script = Script()
    office = Office(script)
    office.do(OPENING)
    script.errors["load"] = error
    assert office.do(LoadDense()) == "failed"
    failed = next(message for message in office.posted if isinstance(message, Failed))
    assert (failed.trace is not None) is is_bug
    assert office.do(LoadDense()) == "done"
    office.worker.close()


def test_deciding_before_a_session_is_open_is_an_error() -> None:
    office = Office(Script())
    assert office.do(LoadDense()) == "failed"
    office.worker.close()


def test_an_engine_that_cannot_be_imported_is_told() -> None:
    def no_torch() -> None:
        raise ImportError("No module named 'torch'")

    office = Office(Script(), warm_up=no_torch)
    office.worker.close(timeout_seconds=5)
    assert [type(message) for message in office.posted] == [Failed]


def test_the_thread_keeps_no_process_alive() -> None:
    script = Script()
    script.hold("prune")
    office = Office(script)
    office.do(OPENING)
    office.do(LoadDense())
    office.begin(Prune(plan=0.5, finetune=Training(num_epochs=1)))
    engines = [thread for thread in threading.enumerate() if thread.name == "engine"]
    assert engines
    assert all(thread.daemon for thread in engines)
    office.worker.close(timeout_seconds=0.01)
    script.let_go("prune")
