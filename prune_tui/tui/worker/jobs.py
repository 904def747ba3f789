"""What the worker is given to do, and the pieces the app and the worker share."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from prune_tui.storage import session_path

if TYPE_CHECKING:
    from prune_tui.core.planning.solving.polish import Polish
    from prune_tui.core.run.events import Event
    from prune_tui.core.run.view import View
    from prune_tui.core.session.decisions import Decision, Prune
    from prune_tui.core.session.draft import Draft
    from prune_tui.core.session.session import Session

Outcome = Literal["done", "stopped", "abandoned", "failed"]


class Runner(Protocol):
    """The engine as the app knows it: carries decisions out, one at a time."""

    @property
    def session(self) -> Session:
        """What has been decided and done so far."""

    @property
    def view(self) -> View:
        """All events so far, folded."""

    @property
    def path(self) -> Path | None:
        """The session's file, if it has one."""

    @property
    def is_saved(self) -> bool:
        """Whether all that was done is on disk."""

    def open(self) -> Iterator[Event]:
        """Load data and model, and restore what a resumed session had done."""

    def perform(self, decision: Decision, *, should_stop: Callable[[], bool]) -> Iterator[Event]:
        """Carry out a decision, and save what came of it."""

    def find_units(self) -> Iterator[Event]:
        """Find the units that can be removed, and what goes with them."""

    def measure_plan(self, decision: Prune, *, is_asked: bool) -> Iterator[Event]:
        """Measure the plan that may become the next decision, batch after batch."""

    def polish(self, polish: Polish) -> Iterator[Event]:
        """Improve a solved plan by evaluating others for the same target."""

    def measure_kernels(self) -> Iterator[Event]:
        """Measure what the network's layers take in C, kernel after kernel."""

    def save(self) -> None:
        """Save what could not be saved."""

    def keep_draft(self, draft: Draft) -> None:
        """Keep the plan that is being made; also between two events of a decision."""


@dataclass(frozen=True, slots=True)
class Opening:
    """A session to open: `weights` is a user's own dense baseline, `resumed_from` the session's file.

    `allow_code` lets it run the user's own files that it names. `is_read_only` shows its record alone: its
    checkpoints are not there.
    """

    session: Session
    weights: Path | None = None
    resumed_from: Path | None = None
    allow_code: bool = False
    is_read_only: bool = False

    def path(self, sessions_dir: Path) -> Path:
        """Return the session's file: in the folder it was found in, or else in `sessions_dir`."""
        if self.resumed_from is None:
            return session_path(sessions_dir, self.session.name)
        if self.is_read_only:
            return self.resumed_from
        return session_path(self.resumed_from.parent, self.session.name)


@dataclass(frozen=True, slots=True)
class Saving:
    """Another try to save what could not be saved."""


@dataclass(frozen=True, slots=True)
class UnitSearch:
    """A search for the units that can be removed, and for what goes with them."""


@dataclass(frozen=True, slots=True)
class Measuring:
    """A plan that is measured between decisions; one that takes long, only if it `is_asked` for."""

    decision: Prune
    is_asked: bool = False


@dataclass(frozen=True, slots=True)
class Polishing:
    """A solved plan that is improved between decisions."""

    polish: Polish

    @property
    def decision(self) -> Prune:
        """The plan that it begins with."""
        return self.polish.decision


@dataclass(frozen=True, slots=True)
class KernelTiming:
    """What the network's layers take in C on this machine, measured between decisions."""


if TYPE_CHECKING:
    Task = Opening | Decision | Saving | UnitSearch | Measuring | Polishing | KernelTiming
MakeRunner = Callable[[Opening], Runner]


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """One piece of work, with the switches that steer it from another thread."""

    task: Task
    stop: threading.Event = field(default_factory=threading.Event)
    abandon: threading.Event = field(default_factory=threading.Event)
    go: threading.Event = field(default_factory=threading.Event)

    @property
    def prunes(self) -> bool:
        """Whether it prunes or retrains the network."""
        from prune_tui.core.session.legal import RULES

        return self._decision is not None and RULES[self._decision.kind].changes_pruned

    @property
    def is_dropped(self) -> bool:
        """Whether it measures what nobody waits for: another session may be open by now."""
        return self.abandon.is_set() and isinstance(self.task, Measuring | Polishing | KernelTiming)

    @property
    def rewinds(self) -> bool:
        """Whether it retrains from an early epoch."""
        return self._decision is not None and self._decision.rewinds

    @property
    def _decision(self) -> Decision | None:
        if isinstance(self.task, Opening | Saving | UnitSearch | Measuring | Polishing | KernelTiming):
            return None
        return self.task

    def ask_to_stop(self) -> None:
        """Have it end at the next batch and keep what there is; loading can only be abandoned."""
        if isinstance(self.task, Opening):
            self.abandon.set()
        self.stop.set()
        self.go.set()

    def ask_to_abandon(self) -> None:
        """Have it end at the next event, as if it had never begun."""
        self.abandon.set()
        self.stop.set()
        self.go.set()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The newest that the worker knows."""

    view: View
    session: Session
    path: Path | None
    is_saved: bool
