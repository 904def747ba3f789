"""Replays a session without a screen, and compares the result with its record."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from prune_tui.catalog.code.permission import check_code
from prune_tui.catalog.names import check_names
from prune_tui.core.comparison import DEFAULT_TOLERANCE_POINTS, Difference, compare
from prune_tui.core.errors import PruneTuiError, SessionError
from prune_tui.core.report import Report
from prune_tui.core.run.events import Event
from prune_tui.core.run.view import View
from prune_tui.core.session.json import json_data
from prune_tui.core.session.session import Session
from prune_tui.core.terms import Device
from prune_tui.engine.device import prepare_process
from prune_tui.runner.runner import Runner
from prune_tui.storage import checkpoints_folder, read_session, session_path


@dataclass(frozen=True, slots=True)
class Options:
    """How to replay; None takes the session's or the machine's own setting.

    `allow_code` lets the session run the user's own files that it names.
    """

    out: Path | None = None
    data_dir: Path | None = None
    device: Device | None = None
    num_threads: int | None = None
    tolerance_points: float = DEFAULT_TOLERANCE_POINTS
    allow_code: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """A replay's report beside the record; without a record, `reproduced` and `identical` are None."""

    session: Session
    report: Report
    record: Report | None
    differences: tuple[Difference, ...]

    @property
    def reproduced(self) -> bool | None:
        """Whether every figure is within tolerance."""
        return None if self.record is None else all(found.within_tolerance for found in self.differences)

    @property
    def identical(self) -> bool | None:
        """Whether every accuracy, loss, count and weight is the same to the bit."""
        return None if self.record is None else not self.differences


def replay(path: Path, options: Options, *, on_event: Callable[[Event, View], None]) -> Outcome:
    """Replay the session in a file; `on_event` is called with each event and the view after it.

    The checkpoints that the session names are checked first. With `options.out` the replayed session is saved
    there after every decision.

    Raises:
        PruneTuiError: the session, its checkpoints, the data or the device can't be used.
    """
    session = read_session(path)
    check_names(session, source=str(path))
    check_code(session, allow_code=options.allow_code, source=str(path))
    if not session.decisions:
        raise SessionError(f"{path}: has no decisions to replay")
    if options.out is not None and _are_same(session_path(options.out, session.name), path):
        raise SessionError(f"--out {options.out} would overwrite {path} itself: choose another folder")
    record = session.record.report if session.record else None
    prepare_process(options.num_threads or recorded_threads(record))
    runner = Runner(
        replace(session, decisions=(), draft=None, record=None, device=options.device or session.device),
        sessions_dir=options.out,
        data_dir=options.data_dir,
        source=checkpoints_folder(path),
        allow_code=options.allow_code,
    )
    for event in runner.open():
        on_event(event, runner.view)
    try:
        runner.check(session.decisions)
    except PruneTuiError as error:
        raise SessionError(f"{path}: {error}") from None
    if session.record is not None:
        runner.check_checkpoints(checkpoints_folder(path), session.record.checkpoints)
    for decision in session.decisions:
        for event in runner.perform(decision):
            on_event(event, runner.view)
    report = runner.view.report
    differences = compare(record, report, tolerance_points=options.tolerance_points) if record else ()
    return Outcome(session, report, record, differences)


def _are_same(one: Path, other: Path) -> bool:
    """Say whether two paths lead to the same file; neither need exist."""
    return os.path.realpath(one) == os.path.realpath(other)


def recorded_threads(record: Report | None) -> int | None:
    """Return the record's thread count, on which the last bits of a sum depend."""
    return record.environment.num_threads if record and record.environment else None


def document(outcome: Outcome) -> dict[str, object]:
    """Return what `replay --json` prints of one session."""
    return {
        "session": outcome.session.name,
        "reproduced": outcome.reproduced,
        "identical": outcome.identical,
        "differences": [json_data(found) for found in outcome.differences],
        "report": json_data(outcome.report),
        "record": json_data(outcome.record) if outcome.record else None,
    }
