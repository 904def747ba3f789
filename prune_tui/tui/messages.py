"""What screens ask of the app, and what the worker tells it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from textual.message import Message

from prune_tui.core.workflow.step import Step
from prune_tui.tui.worker.jobs import Job, KernelTiming, Measuring, Outcome, Polishing

if TYPE_CHECKING:
    from prune_tui.core.session.decisions import Decision
    from prune_tui.core.session.session import Session


class GoTo(Message):
    """Show a step."""

    def __init__(self, step: Step) -> None:
        self.step = step
        super().__init__()


class StartSession(Message):
    """Begin a new session with a baseline, in the place of the one that is open."""

    def __init__(self, session: Session, baseline: Decision, *, weights: Path | None) -> None:
        self.session = session
        self.baseline = baseline
        self.weights = weights
        super().__init__()


class PickAnother(Message):
    """Show the picker, to begin another session and not go on with the open one."""


class ResumeSession(Message):
    """Go on with the session in a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__()


class Perform(Message):
    """Carry out a decision."""

    def __init__(self, decision: Decision) -> None:
        self.decision = decision
        super().__init__()


class MeasurePlan(Message):
    """Measure or polish the plan on show, or measure kernels, between decisions; None ends it."""

    def __init__(self, task: Measuring | Polishing | KernelTiming | None) -> None:
        self.task = task
        super().__init__()


class CheckpointsWanted(Message):
    """Say how to get the checkpoints of a session that can only be looked at without them."""


class UnitsWanted(Message):
    """Find out which units go together, if units are to be pruned and it is not known."""


class PauseWork(Message):
    """Pause what runs at the next batch, or go on with it."""


class StopWork(Message):
    """End what runs at the next batch, and keep what there is."""


class SaveAgain(Message):
    """Try again to save what could not be saved."""


class EngineLoaded(Message):
    """The engine is imported: decisions are carried out from now on."""


class JobFinished(Message):
    """A job has ended, one way or another; the worker's snapshot shows what came of it."""

    def __init__(self, job: Job, outcome: Outcome) -> None:
        self.job = job
        self.outcome = outcome
        super().__init__()


class Failed(Message):
    """Something went wrong: `trace` is None for what the user can mend, and whole for a bug of ours."""

    def __init__(self, text: str, *, trace: str | None = None, log: Path | None = None) -> None:
        self.text = text
        self.trace = trace
        self.log = log
        super().__init__()
